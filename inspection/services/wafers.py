"""A wafer's images taken in together: one run judges them all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.errors import Invalid
from inspection.models import InspectionRun
from inspection.services import predict, runs
from inspection.services.uploads import Upload

MOST_IMAGES = 100


@dataclass(frozen=True)
class WaferImage:
    """One field of view.

    Attributes:
        origin_um: wafer frame, of the image's top left corner, in µm; None when nobody knows.
    """

    name: str
    data: bytes
    origin_um: tuple[float, float] | None = None


def queue_wafer(*, images: Sequence[WaferImage], upload: Upload, actor: Actor, now: datetime) -> InspectionRun:
    """Store a wafer's images and queue one run over them. Images this wafer has already are judged again.

    Raises:
        UnusableImage, TooLarge: one of the files is refused; no row was written for any of them.
        Invalid: none, or more than 100.
    """
    if not 1 <= len(images) <= MOST_IMAGES:
        raise Invalid(f"A wafer is judged by 1 to {MOST_IMAGES} images at a time, not {len(images)}.")
    taken = []
    for image in images:
        origin_x_um, origin_y_um = image.origin_um or (None, None)
        one = replace(upload, origin_x_um=origin_x_um, origin_y_um=origin_y_um)
        taken.append(predict.take_image(data=image.data, file_name=image.name, upload=one, actor=actor, now=now))
    run = runs.new_run(
        wafer=taken[0].wafer,
        context=taken[0].context,
        job=None,
        priority=upload.priority,
        use_cache=upload.use_cache,
        actor=actor,
        now=now,
    )
    with transaction.atomic():
        for one_taken in taken:
            predict.save_taken(one_taken, run=run, now=now)
        runs.queue_run(run, images=[one_taken.image for one_taken in taken], actor=actor, now=now)
    return run
