"""Lots from before the demonstration begins: inspected, reviewed, accepted and frozen, for data sets to show.

Their reviewer says what the painter drew: where a detection meets nothing drawn it is a nuisance.
"""

import contextlib
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from accounts.models import Site, User
from accounts.selectors import actor_for_user
from annotations import services as annotations
from annotations.choices import TaskKind, TaskState, Verdict
from annotations.models import DatasetSnapshot, ReviewTask
from core.actors import Actor
from core.errors import Conflict
from core.roles import Role
from demo.lot import SEED, SIDE_PX, DemoWafer, place_on_wafer, png_of
from demo.site import LAYERS, SITE, TOOLS
from demo.synthetic.scene import draw_scene
from demo.synthetic.types import Scene
from domain.detection.boxes import pairwise_iou
from inspection.services import WaferImage

LOTS, WAFERS, IMAGES_PER_WAFER = ("A07", "A08", "A09", "A10", "A11"), 1, 3
SNAPSHOT = "BASELINE"
_MEETS_IOU = 0.3


def draw_wafers() -> Iterator[tuple[str, DemoWafer]]:
    """Every wafer of the earlier lots, with its lot."""
    for at, lot in enumerate(LOTS):
        rng = np.random.default_rng([SEED, 1000 + at])
        images = [
            WaferImage(name=_name(lot, number), data=png_of(_scene(lot, number)), origin_um=place_on_wafer(rng))
            for number in range(1, IMAGES_PER_WAFER + 1)
        ]
        yield lot, DemoWafer(slot=1, layer=LAYERS[at % len(LAYERS)], tool=TOOLS[at % 2], images=images)


def is_awaited() -> bool:
    """Whether something of these lots has still to be inspected, or to become a task."""
    return ReviewTask.objects.filter(site__code=SITE, wafer__lot__code__in=LOTS).values("wafer").distinct().count() < (
        len(LOTS) * WAFERS
    )


def settle(*, now: datetime) -> int:
    """Decide and accept what waits of these lots.

    Returns:
        How many tasks were accepted.
    """
    reviewer, lead = _person(Role.REVIEWER), _person(Role.LEAD)
    truth = {_name(lot, number): _scene(lot, number) for lot in LOTS for number in range(1, IMAGES_PER_WAFER + 1)}
    waiting = ReviewTask.objects.filter(
        site__code=SITE, wafer__lot__code__in=LOTS, state=TaskState.OPEN, wants=1, kind=TaskKind.DETECTION
    )
    tasks = list(waiting.select_related("image").order_by("id"))
    for task in tasks:
        word = _word(task, truth[task.image.file_name])
        # Somebody at a screen may have been faster.
        with contextlib.suppress(Conflict):
            said = annotations.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=reviewer, now=now)
            annotations.advance(
                task_id=task.pk, to=TaskState.ACCEPTED, seen_revision=said.revision, actor=lead, now=now
            )
    return len(tasks)


def freeze(*, now: datetime) -> DatasetSnapshot:
    """The data set of these lots; workers build it."""
    site = Site.objects.get(code=SITE)
    snapshot, _ = annotations.freeze_dataset(
        site=site, code=SNAPSHOT, name="What the first model is measured by", shares=(0.6, 0.2, 0.2),
        actor=_person(Role.MODEL_ENGINEER), now=now,
    )  # fmt: skip
    return snapshot


def _word(task: ReviewTask, scene: Scene) -> annotations.Word:
    box = np.array([[task.x_px, task.y_px, task.width_px, task.height_px]], np.float64)
    overlap = pairwise_iou(box, scene.boxes_px.astype(np.float64))[0]
    if not len(overlap) or overlap.max() < _MEETS_IOU:
        return annotations.Word(Verdict.NUISANCE)
    return annotations.Word(Verdict.DEFECT, class_code=scene.class_codes[int(overlap.argmax())])


def _scene(lot: str, number: int) -> Scene:
    return draw_scene(
        seed=[SEED, LOTS.index(lot) + 1000, number], size_px=(SIDE_PX, SIDE_PX), look="brightfield", rim=False
    )


def _name(lot: str, number: int) -> str:
    return f"{lot}_W01_{number}.png"


def _person(role: Role) -> Actor:
    return actor_for_user(User.objects.get(username=role.value), auth="system")
