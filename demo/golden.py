"""A lot by which versions are measured: inspected, settled whole with what the model missed, frozen and registered.

Its reviewer says what the painter drew, so here it is truly known what is on the images.
"""

import contextlib
from collections.abc import Iterator
from datetime import datetime

import numpy as np
from django.db.models import QuerySet

from accounts.models import Site, User
from accounts.selectors import actor_for_user
from annotations import services as annotations
from annotations.choices import BuildState, TaskKind, TaskState, Verdict
from annotations.models import DatasetSnapshot, ReviewTask
from annotations.selectors import DatasetSelection
from core.actors import Actor
from core.errors import Conflict
from core.ids import derived_uuid7
from core.roles import Role
from demo.lot import SIDE_PX, DemoWafer, place_on_wafer, png_of
from demo.site import LAYERS, SITE, TOOLS
from demo.synthetic.scene import draw_scene
from demo.synthetic.types import CLASS_CODES, Scene
from domain.datasets.records import Split
from domain.detection.boxes import pairwise_iou
from inspection.models import Detection
from inspection.services import WaferImage
from models_admin import selectors as models_admin
from models_admin import services as models
from models_admin.models import GoldenSet, ValidationRun

LOT, WAFERS, IMAGES_PER_WAFER = "G01", 3, 10
NAME, MODEL = "GOLDEN", "visual_defects"
SEED = 20_261_130
_MEETS_IOU = 0.3
# Every image has some defects, so that every class is there often enough to say something of it.
_STEPS = (0, 1, 3)


def draw_wafers() -> Iterator[DemoWafer]:
    """The wafers of the lot."""
    for slot in range(1, WAFERS + 1):
        rng = np.random.default_rng([SEED, slot])
        images = [
            WaferImage(name=_name(slot, number), data=png_of(_scene(slot, number)), origin_um=place_on_wafer(rng))
            for number in range(1, IMAGES_PER_WAFER + 1)
        ]
        yield DemoWafer(slot=slot, layer=LAYERS[slot % len(LAYERS)], tool=TOOLS[slot % 2], images=images)


def is_awaited() -> bool:
    """Whether something of the lot has still to be inspected, or to become a task."""
    return _tasks().values("wafer").distinct().count() < WAFERS


def settle(*, now: datetime) -> int:
    """Decide and accept everything on the lot, and add what the model has missed.

    Returns:
        How many defects and nuisances were said.
    """
    reviewer, lead = _person(Role.REVIEWER), _person(Role.LEAD)
    said = 0
    for task in _tasks().filter(state=TaskState.OPEN, kind=TaskKind.DETECTION).select_related("image").order_by("id"):
        # Somebody at a screen may have been faster.
        with contextlib.suppress(Conflict):
            decided = annotations.decide(
                task_id=task.pk, word=_word(task), seen_revision=task.revision, actor=reviewer, now=now
            )
            said += _accept(decided, lead=lead, now=now)
    first_of_image = _tasks().filter(kind=TaskKind.DETECTION).select_related("image").order_by("image_id", "id")
    for task in first_of_image.distinct("image_id"):
        for missed in _missed(task, reviewer=reviewer, now=now):
            said += _accept(missed, lead=lead, now=now)
    return said


def freeze(*, now: datetime) -> DatasetSnapshot:
    """The data set of the lot, all of it to test by; workers build it."""
    snapshot, _ = annotations.freeze_dataset(
        site=Site.objects.get(code=SITE), code=NAME, name="What versions are measured by", shares=(0.0, 0.0, 1.0),
        selection=DatasetSelection(lots=(LOT,)), actor=_person(Role.MODEL_ENGINEER), now=now,
    )  # fmt: skip
    return snapshot


def is_frozen() -> bool:
    return DatasetSnapshot.objects.filter(site__code=SITE, code=NAME, state=BuildState.READY).exists()


def register(*, now: datetime) -> GoldenSet:
    """The golden set of the frozen lot."""
    snapshot = DatasetSnapshot.objects.get(site__code=SITE, code=NAME)
    golden_set, _ = models.register_golden_set(
        site=snapshot.site, model_name=MODEL, name=NAME, sha256=snapshot.manifest_sha256, splits={Split.TEST},
        actor=_person(Role.MODEL_ENGINEER), now=now,
    )  # fmt: skip
    return golden_set


def validate(golden_set: GoldenSet, *, now: datetime) -> list[ValidationRun]:
    """Have every shipped version measured that was not yet: each beside the one in force."""
    asked = []
    for version in models_admin.versions().filter(model__name=MODEL):
        if not version.validations.exists():
            run, _ = models.request_validation(
                model_name=MODEL, version=version.version, golden_set=golden_set,
                actor=_person(Role.MODEL_ENGINEER), now=now,
            )  # fmt: skip
            asked.append(run)
    return asked


def _missed(task: ReviewTask, *, reviewer: Actor, now: datetime) -> Iterator[ReviewTask]:
    """What is drawn on an image, and no finding of the model meets."""
    scene = _scene_of(task)
    found = Detection.objects.filter(run=task.run_id, image=task.image_id)
    boxes_px = np.array(found.values_list("x_px", "y_px", "width_px", "height_px"), float).reshape(-1, 4)
    for box_px, code in zip(scene.boxes_px.reshape(-1, 4), scene.class_codes, strict=True):
        if pairwise_iou(box_px[None].astype(float), boxes_px).max(initial=0.0) >= _MEETS_IOU:
            continue
        x, y, width, height = (float(side) for side in box_px)
        key = derived_uuid7(parent=task.pk, label=f"missed {box_px.tolist()}")
        box = (x, y, max(2.0, width), max(2.0, height))
        word = annotations.Word(Verdict.DEFECT, class_code=code, bbox_px=box)
        yield annotations.add_missed(beside=task.pk, new_task=key, word=word, actor=reviewer, now=now)


def _accept(task: ReviewTask, *, lead: Actor, now: datetime) -> int:
    annotations.advance(task_id=task.pk, to=TaskState.ACCEPTED, seen_revision=task.revision, actor=lead, now=now)
    return 1


def _word(task: ReviewTask) -> annotations.Word:
    scene = _scene_of(task)
    box = np.array([[task.x_px, task.y_px, task.width_px, task.height_px]], np.float64)
    overlap = pairwise_iou(box, scene.boxes_px.astype(np.float64))[0]
    if not len(overlap) or overlap.max() < _MEETS_IOU:
        return annotations.Word(Verdict.NUISANCE)
    best = int(overlap.argmax())
    x, y, width, height = (float(side) for side in scene.boxes_px[best])
    # The box as it is drawn: the model's own would agree with itself.
    return annotations.Word(
        Verdict.DEFECT, class_code=scene.class_codes[best], bbox_px=(x, y, max(2.0, width), max(2.0, height))
    )


def _tasks() -> QuerySet[ReviewTask]:
    return ReviewTask.objects.filter(site__code=SITE, wafer__lot__code=LOT, wants=1)


def _scene_of(task: ReviewTask) -> Scene:
    slot, number = task.image.file_name.removesuffix(".png").removeprefix(f"{LOT}_W").split("_")
    return _scene(int(slot), int(number))


def _scene(slot: int, number: int) -> Scene:
    first = (slot * IMAGES_PER_WAFER + number) * len(_STEPS)
    defects = tuple(CLASS_CODES[(first + step) % len(CLASS_CODES)] for step in _STEPS)
    return draw_scene(seed=[SEED, slot, number], size_px=(SIDE_PX, SIDE_PX), look="brightfield", defects=defects)


def _name(slot: int, number: int) -> str:
    return f"{LOT}_W{slot:02d}_{number}.png"


def _person(role: Role) -> Actor:
    return actor_for_user(User.objects.get(username=role.value), auth="system")
