"""The random audit: images drawn by chance from all that is inspected, whatever was found on them.

An image has one number between 0 and 1, which follows from its key. A queue audits it when the number is below the
queue's rate, so the image is drawn with the highest rate of the queues that are for it. That probability is written
down with the draw: a rate that is changed later changes what is drawn later.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from annotations.choices import TaskKind, TaskState
from annotations.models import AuditedImage, QueueEntry, ReviewQueue, ReviewTask
from annotations.selectors import Selection
from annotations.services.places import LAST_RANK, insert_tasks, write_entries
from core.ids import derived_uuid7
from inspection.models import InspectionImage, InspectionRun

_PARTS = 2**60


def number_of(image_id: UUID) -> float:
    """Where an image lies between 0 and 1, for ever; over images the numbers are uniform."""
    return (derived_uuid7(parent=image_id, label="audit").int % _PARTS) / _PARTS


def draw_images(
    newest: Mapping[UUID, InspectionRun], *, queues: Sequence[ReviewQueue], now: datetime
) -> dict[UUID, list[ReviewQueue]]:
    """Draw of images that have just been inspected those that are audited, and ask about each as a whole.

    Args:
        newest: for each image the run that counts; layer, tool and recipe should be loaded.
        queues: of the images' site.

    Returns:
        Images that were drawn, with the queues that look at them.
    """
    drawn: dict[UUID, list[ReviewQueue]] = {}
    records = []
    for image_id, run in newest.items():
        concerned = [queue for queue in queues if queue.audit_rate > 0 and _is_for(queue, run)]
        number = number_of(image_id)
        auditing = [queue for queue in concerned if number < queue.audit_rate]
        if not auditing:
            continue
        drawn[image_id] = auditing
        records.append(
            AuditedImage(
                id=derived_uuid7(parent=run.pk, label=f"audit {image_id}"),
                site_id=run.site_id,
                run_id=run.pk,
                image_id=image_id,
                inclusion=max(queue.audit_rate for queue in concerned),
                drawn_at=now,
            )
        )
    if records:
        AuditedImage.objects.bulk_create(records, ignore_conflicts=True)
        _enlist_images(newest, drawn, now=now)
    return drawn


def _is_for(queue: ReviewQueue, run: InspectionRun) -> bool:
    """Whether an image belongs where the queue looks; what was found on it does not matter."""
    return Selection.of(queue.selection).takes_image(
        recipe=run.recipe_version.recipe.code, layer=run.layer.code, tool=run.tool.code if run.tool else None
    )


def _enlist_images(
    newest: Mapping[UUID, InspectionRun], drawn: Mapping[UUID, Sequence[ReviewQueue]], *, now: datetime
) -> None:
    tasks, entries = [], []
    for image in InspectionImage.objects.filter(pk__in=list(drawn)):
        task = _image_task(image, newest[image.pk], now=now)
        tasks.append(task)
        entries += [
            QueueEntry(
                queue=queue, task_id=task.pk, generation=queue.generation, rank=LAST_RANK, is_open=True, is_audit=True
            )
            for queue in drawn[image.pk]
        ]
    insert_tasks(tasks)
    write_entries(entries)


def _image_task(image: InspectionImage, run: InspectionRun, *, now: datetime) -> ReviewTask:
    return ReviewTask(
        id=derived_uuid7(parent=run.pk, label=f"image {image.pk}"),
        site_id=run.site_id,
        kind=TaskKind.IMAGE,
        run_id=run.pk,
        image_id=image.pk,
        wafer_id=image.wafer_id,
        x_px=0.0,
        y_px=0.0,
        width_px=image.width_px,
        height_px=image.height_px,
        state=TaskState.OPEN,
        made_at=now,
    )
