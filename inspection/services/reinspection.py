"""Images that are stored already, judged again as one job: by another recipe, the model in force, or a named one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.errors import Invalid
from inspection.choices import ItemState
from inspection.models import InspectionImage, InspectionJob, JobItem
from inspection.selectors.access import images_visible_to
from inspection.services import batches, job_progress, runs
from inspection.services.uploads import Context, Upload, resolve


@transaction.atomic
def reinspect_images(
    *, image_ids: Sequence[UUID], upload: Upload, label: str, actor: Actor, now: datetime
) -> InspectionJob:
    """Queue a run over each of the images. An id that leads nowhere is a failed item and harms no other.

    Args:
        upload: its site, recipe, model, version and cache count; everything else is known from the images.

    Raises:
        Invalid: no image, more than 100, or one of another site than the job.
        UnknownRecipe, UnknownSite: see `uploads.resolve`.
    """
    if not 1 <= len(image_ids) <= batches.MOST_IMAGES:
        raise Invalid(f"Name 1 to {batches.MOST_IMAGES} images.", fields={"ids": [f"{len(image_ids)} were named."]})
    context = resolve(upload, actor=actor, now=now)
    found = images_visible_to(actor).filter(pk__in=image_ids).select_related("wafer__lot__product", "layer", "tool")
    images = {image.pk: image for image in found}
    if any(image.site_id != context.site.pk for image in images.values()):
        raise Invalid("The images belong to different sites.", fields={"ids": ["Make one job for each site."]})
    job = job_progress.open_job(
        site_id=context.site.pk,
        total=len(image_ids),
        label=label,
        recipe_version_id=context.recipe_version.pk,
        actor=actor,
        now=now,
    )
    for ordinal, image_id in enumerate(image_ids):
        item = JobItem(job=job, ordinal=ordinal)
        _queue(item, images.get(image_id), context=context, upload=upload, actor=actor, now=now)
        item.save(force_insert=True)
    return batches.close_if_over(job_id=job.pk, actor=actor, now=now)


def _queue(
    item: JobItem, image: InspectionImage | None, *, context: Context, upload: Upload, actor: Actor, now: datetime
) -> None:
    if image is None:
        item.state, item.error_code = ItemState.FAILED, "unknown_image"
        item.error_detail = "There is no such image, or it belongs to another site."
        return
    placed = replace(context, product=image.wafer.lot.product, layer=image.layer, tool=image.tool)
    run = runs.new_run(
        wafer=image.wafer,
        context=placed,
        job=item.job,
        priority=upload.priority,
        use_cache=upload.use_cache,
        actor=actor,
        now=now,
    )
    runs.queue_run(run, images=[image], actor=actor, now=now)
    item.run, item.image, item.file_name = run, image, image.file_name
