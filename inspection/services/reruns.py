"""What was touched, judged again by another version: to compare, while the judgement of record stays as it is."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core import jobs
from core.actors import Actor
from core.errors import Invalid
from inspection.models import InspectionImage, InspectionJob, InspectionRun, JobItem
from inspection.selectors.results import images_of_all
from inspection.selectors.touched import Selection, runs_touched
from inspection.services import batches, inference, job_progress, runs
from inspection.services.allowance import count_images
from inspection.services.uploads import Context

MOST_RUNS = 500
IN_BATCH = 2


@transaction.atomic
def rerun_touched(
    *, selection: Selection, model: str, version: str, label: str, actor: Actor, now: datetime
) -> InspectionJob:
    """Queue a run by a named version over what each touched run of that model has judged, by the same recipe version.

    The runs count for nothing: no standing of a wafer changes, and nobody is asked to review what they find. Of runs
    over the same images only the newest is judged again.

    Raises:
        Invalid: the version is not loaded; nothing was touched, too much was, or at several sites.
        TooMuch: the account has had its share of images of this minute.
    """
    originals = _newest_of_each(
        runs_touched(selection, actor=actor)
        .filter(model_version__model__name=model)
        .select_related("site", "wafer__lot__product", "layer", "tool", "recipe_version__recipe")[: MOST_RUNS + 1]
    )
    _check_amount(len(originals), model=model)
    if len({run.site_id for run, _ in originals}) > 1:
        raise Invalid("The wafers belong to different sites.", fields={"tool": ["Make one job for each site."]})
    count_images(sum(len(images) for _, images in originals), actor=actor, now=now)
    first = originals[0][0]
    version_id = inference.requested_version(model=model, version=version, recipe_version=first.recipe_version)
    job = job_progress.open_job(
        site_id=first.site_id,
        total=len(originals),
        label=label or f"Re-run on {model} {version}",
        recipe_version_id=None,
        rerun_version_id=version_id,
        rerun_of=selection.told(),
        actor=actor,
        now=now,
    )
    items = [
        _queue(original, images, job=job, ordinal=ordinal, version_id=version_id, actor=actor, now=now)
        for ordinal, (original, images) in enumerate(originals)
    ]
    JobItem.objects.bulk_create(items)
    jobs.enqueue_on_commit(runs.DRAIN)
    return batches.close_if_over(job_id=job.pk, actor=actor, now=now)


def _check_amount(count: int, *, model: str) -> None:
    if not count:
        raise Invalid(f"Nothing that {model} has judged is among it.", fields={"model": ["Nothing to judge again."]})
    if count > MOST_RUNS:
        raise Invalid(
            f"More than {MOST_RUNS} runs are among it; so many are judged again at once at most.",
            fields={"since": ["Choose a shorter time, or one tool."]},
        )


def _newest_of_each(
    newest_first: Iterable[InspectionRun],
) -> list[tuple[InspectionRun, list[InspectionImage]]]:
    """The runs with their images, without those whose images newer ones among them have judged, all of them."""
    found = list(newest_first)
    seen: set[UUID] = set()
    kept = []
    for run, covered in zip(found, images_of_all(found).values(), strict=True):
        images = [image for _, image in covered]
        if not {image.pk for image in images} <= seen:
            kept.append((run, images))
        seen |= {image.pk for image in images}
    return kept


def _queue(
    original: InspectionRun,
    images: list[InspectionImage],
    *,
    job: InspectionJob,
    ordinal: int,
    version_id: int | None,
    actor: Actor,
    now: datetime,
) -> JobItem:
    context = Context(
        site=original.site,
        product=original.wafer.lot.product,
        layer=original.layer,
        tool=original.tool,
        recipe_version=original.recipe_version,
        requested_version_id=version_id,
    )
    run = runs.new_run(
        wafer=original.wafer, context=context, job=job, priority=IN_BATCH, use_cache=False, actor=actor, now=now
    )
    run.rerun_of, run.counts = original, False
    runs.queue_run(run, images=images, wake=False, actor=actor, now=now)
    return JobItem(job=job, ordinal=ordinal, run=run, image=images[0], file_name=images[0].file_name)
