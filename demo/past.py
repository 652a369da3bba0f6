"""A past for the demonstration fab: a lot that several people have reviewed over some weeks, all through the services.

The people are simulated: each sees what was really drawn, with an eye, a hand and a pace of their own.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import cv2
import numpy as np

from accounts import services as accounts
from accounts.models import Site, User
from accounts.selectors import actor_for_user
from annotations import services as annotations
from annotations.choices import TaskKind, Verdict
from annotations.models import ReviewTask
from annotations.selectors import Selection
from core.actors import Actor
from core.errors import Conflict
from core.ids import derived_uuid7
from core.roles import Role
from demo.site import ACTOR, LAYERS, PIXEL_UM, PRODUCT, SITE, TOOLS
from demo.synthetic.scene import draw_scene
from demo.synthetic.types import CLASS_CODES, Scene
from domain.detection.boxes import pairwise_iou
from inspection import services as inspection
from inspection.models import Detection
from inspection.services import WaferImage

LOT, RECIPE, QUEUE = "Q1", "QUALIFY", "QUALIFY"
WAFERS, IMAGES_PER_WAFER, SIDE_PX = 20, 4, 768
WEEKS = 7
PHASES = (range(1, 11), range(11, WAFERS + 1))
"""Slots: what is settled of the first gives the known answers among the second."""
KNOWN = 30
SEED = 20_261_001
SEEN_IOU = 0.25


@dataclass(frozen=True)
class Habits:
    """How somebody decides.

    Attributes:
        slips: share of defects they take for another class of their own confusions, at first; it halves in the weeks.
        waves_through: share of defects they call a nuisance.
        sees_ghosts: share of false alarms they call a defect.
        unsteady: how far their boxes are off, as a share of a side.
        pace_s: median look.
    """

    slips: float
    waves_through: float
    sees_ghosts: float
    unsteady: float
    pace_s: float


PEOPLE: dict[str, Habits] = {
    "reviewer": Habits(slips=0.06, waves_through=0.03, sees_ghosts=0.10, unsteady=0.04, pace_s=1.6),
    "reviewer2": Habits(slips=0.10, waves_through=0.05, sees_ghosts=0.15, unsteady=0.06, pace_s=2.1),
    "mira": Habits(slips=0.03, waves_through=0.02, sees_ghosts=0.06, unsteady=0.03, pace_s=2.4),
    "jon": Habits(slips=0.28, waves_through=0.12, sees_ghosts=0.30, unsteady=0.10, pace_s=1.1),
}
CONFUSED = {
    "scratch": "crack", "crack": "scratch", "particle": "pit", "pit": "particle", "stain": "particle",
    "edge_chip": "crack", "bridge": "open", "open": "bridge",
}  # fmt: skip


@lru_cache(maxsize=WAFERS * IMAGES_PER_WAFER)
def scene_of(slot: int, number: int) -> Scene:
    """What is drawn on an image of the lot, and truly there."""
    look = "sem" if slot % len(TOOLS) == 2 else "brightfield"
    return draw_scene(seed=[SEED, slot, number], size_px=(SIDE_PX, SIDE_PX), look=look, rim=False, crowding=1.5)


def make_people(*, site: Site, password: str, now: datetime) -> dict[str, Actor]:
    """Whoever of the people is not there yet; all of them and the lead as actors."""
    for username in PEOPLE:
        if not User.objects.filter(username=username).exists():
            accounts.create_user(
                username=username, password=password, roles=[Role.REVIEWER], sites=[site],
                full_name=username.title(), actor=ACTOR, now=now,
            )  # fmt: skip
    users = User.objects.filter(username__in=[*PEOPLE, "lead"])
    return {user.username: actor_for_user(user) for user in users}


def make_queue(*, site: Site, now: datetime) -> None:
    """A recipe of its own, so that the lot flows into one queue, whose defects three people see."""
    inspection.create_recipe(
        site=site, code=RECIPE, name="Qualification of reviewers", pixel_um=PIXEL_UM, actor=ACTOR, now=now
    )
    annotations.create_queue(
        site=site, code=QUEUE, name="Qualification: seen by three", selection=Selection(recipes=(RECIPE,)),
        overlap_share=1.0, overlap_reviewers=3, audit_rate=0.5, gold_rate=0.12, repeat_rate=0.12, actor=ACTOR, now=now,
    )  # fmt: skip


def found_at(slot: int, *, now: datetime) -> datetime:
    """When the wafer of a slot was inspected: evenly over the weeks."""
    return now - timedelta(weeks=WEEKS) * (1 - (slot - 0.5) / WAFERS)


def feed(slot: int, *, now: datetime) -> object:
    """Queue the wafer of a slot as of its day; the key of its run."""
    images = [_image(slot, number) for number in range(1, IMAGES_PER_WAFER + 1)]
    upload = inspection.Upload(
        site=SITE, lot=LOT, slot=slot, product=PRODUCT, layer=LAYERS[slot % len(LAYERS)],
        tool=TOOLS[slot % len(TOOLS)], recipe=RECIPE,
    )  # fmt: skip
    return inspection.queue_wafer(images=images, upload=upload, actor=ACTOR, now=found_at(slot, now=now)).pk


def _image(slot: int, number: int) -> WaferImage:
    is_written, encoded = cv2.imencode(".png", scene_of(slot, number).pixels)
    if not is_written:
        raise RuntimeError("a drawn image could not be written as PNG")
    return WaferImage(name=f"Q{slot:02d}_{number}.png", data=encoded.tobytes(), origin_um=None)


def word_of(task: ReviewTask, *, who: str, age: float) -> annotations.Word:
    """What somebody says of a task.

    Args:
        task: with its image.
        age: 0..1 how long ago it was; everybody gets better.
    """
    habits = PEOPLE[who]
    rng = np.random.default_rng([task.pk.int % 2**63, sum(who.encode())])
    scene = scene_of(*_place_of(task))
    box_px = np.array([task.x_px, task.y_px, task.width_px, task.height_px])
    overlap = pairwise_iou(box_px[None], scene.boxes_px.reshape(-1, 4))[0]
    took_ms = int(1000 * habits.pace_s * rng.lognormal(0, 0.45))
    is_real = bool(len(overlap)) and overlap.max() >= SEEN_IOU
    chance = rng.random()
    if not is_real and chance >= habits.sees_ghosts:
        return annotations.Word(verdict=Verdict.NUISANCE, took_ms=took_ms)
    if is_real and chance < habits.waves_through * (0.5 + age):
        return annotations.Word(verdict=Verdict.NUISANCE, took_ms=took_ms)
    truth = CLASS_CODES[scene.class_index[int(overlap.argmax())]] if is_real else _called(task)
    said = CONFUSED[truth] if is_real and rng.random() < habits.slips * (0.5 + age) else truth
    return annotations.Word(
        verdict=Verdict.DEFECT, class_code=said, bbox_px=_drawn(box_px, habits, rng), took_ms=took_ms
    )


def _called(task: ReviewTask) -> str:
    assert task.defect_class is not None
    return task.defect_class.code


def _drawn(box_px: np.ndarray, habits: Habits, rng: np.random.Generator) -> tuple[float, float, float, float] | None:
    """The box as they draw it: most leave it as it is."""
    if rng.random() > 0.3:
        return None
    off_px = rng.normal(0, habits.unsteady, 4) * np.tile(box_px[2:], 2)
    x, y, width, height = box_px + off_px
    x, y = max(0.0, x), max(0.0, y)
    width, height = max(2.0, min(width, SIDE_PX - x)), max(2.0, min(height, SIDE_PX - y))
    return float(x), float(y), float(width), float(height)


def give_opinions(queue_id: UUID, people: dict[str, Actor], *, now: datetime) -> Iterator[int]:
    """Let everybody decide by turns what the queue hands them, until nobody gets anything; how many at each turn."""
    names = list(PEOPLE)
    rng = np.random.default_rng(SEED)
    is_more = True
    while is_more:
        is_more = False
        for who in rng.permutation(names):
            _, keys = annotations.next_tasks(queue_id=queue_id, count=6, actor=people[who], now=now)
            tasks = ReviewTask.objects.select_related("image", "defect_class").in_bulk(keys)
            for key in keys:
                # Somebody at a screen may have been faster.
                with contextlib.suppress(Conflict):
                    _decide(tasks[key], who=who, actor=people[who], now=now, rng=rng)
            is_more |= bool(keys)
            yield len(keys)


def _decide(task: ReviewTask, *, who: str, actor: Actor, now: datetime, rng: np.random.Generator) -> None:
    at = min(now, said_at(task, now=now) + timedelta(hours=float(rng.uniform(0.5, 30))))
    age = (now - at) / timedelta(weeks=WEEKS)
    if task.kind == TaskKind.IMAGE:
        _add_missed(task, who=who, actor=actor, now=at)
        word = annotations.Word(verdict=Verdict.COMPLETE, took_ms=int(rng.uniform(4000, 9000)))
    else:
        word = word_of(task, who=who, age=age)
    annotations.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=actor, now=at)


def _add_missed(task: ReviewTask, *, who: str, actor: Actor, now: datetime) -> None:
    """Put down what is drawn on an image and the model has not found; some pass by it."""
    scene = scene_of(*_place_of(task))
    found = Detection.objects.filter(run=task.run_id, image=task.image_id)
    boxes_px = np.array(found.values_list("x_px", "y_px", "width_px", "height_px"), float).reshape(-1, 4)
    for box_px, code in zip(scene.boxes_px.reshape(-1, 4), scene.class_index, strict=True):
        is_found = pairwise_iou(box_px[None], boxes_px).max(initial=0.0) >= SEEN_IOU
        key = derived_uuid7(parent=task.pk, label=f"missed {box_px.tolist()}")
        if is_found or key.int % 100 < 100 * PEOPLE[who].waves_through:
            continue
        x, y, width, height = (float(side) for side in box_px)
        word = annotations.Word(
            verdict=Verdict.DEFECT, class_code=CLASS_CODES[code], bbox_px=(x, y, max(2.0, width), max(2.0, height))
        )
        annotations.add_missed(beside=task.pk, new_task=key, word=word, actor=actor, now=now)


def _place_of(task: ReviewTask) -> tuple[int, int]:
    """Slot and number of a task's image, of its name."""
    slot, number = task.image.file_name[1:-4].split("_")
    return int(slot), int(number)


def said_at(task: ReviewTask, *, now: datetime) -> datetime:
    """When the wafer of a task was inspected."""
    return found_at(_place_of(task)[0], now=now)
