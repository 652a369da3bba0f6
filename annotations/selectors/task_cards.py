"""Tasks as reviewers see them: the finding, its image, what else is there, and what people said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from annotations.choices import TaskKind, TaskState
from annotations.models import Annotation, ReviewHold, ReviewStep, ReviewTask
from annotations.selectors.access import IS_PART_OF_BLIND
from annotations.selectors.opinions import standing_opinions
from annotations.selectors.words_shown import annotation_of, annotations_on, blind_among, head_of, may_see
from core.actors import Actor
from core.questions import Question, where
from inspection import selectors as inspection
from inspection.choices import Band
from inspection.models import DefectClass, InspectionRun

# Two questions, since to plan one join of nine tables takes longer than to answer it.
RELATIONS = ("image", "wafer__lot")
RELATIONS_OF_RUN = ("layer", "tool", "recipe_version__recipe")
# Long values that no card shows.
UNSHOWN = ("summary", "timings_ms", "provenance", "recipe_version__preprocessing")
MOST_OTHERS = 200
_TASKS = Question(
    lambda: where(ReviewTask.objects.select_related(*RELATIONS).order_by(), "review_task.id = ANY(%s)", "tasks")
)
_RUNS = Question(
    lambda: where(
        InspectionRun.objects.select_related(*RELATIONS_OF_RUN).defer(*UNSHOWN).order_by(),
        "inspection_run.id = ANY(%s)",
        "runs",
    )
)
_STEPS = Question(
    lambda: where(
        ReviewStep.objects.select_related("author").order_by("task_id", "number"),
        "review_step.task_id = ANY(%s)",
        "tasks",
    )
)
_ADDED = Question(
    lambda: where(
        ReviewTask.objects.filter(kind=TaskKind.MISSED, original=None)
        .exclude(state=TaskState.WITHDRAWN)
        .order_by("id"),
        f"review_task.image_id = ANY(%s) AND NOT {IS_PART_OF_BLIND}",
        *("images", "actor", "actor"),
    )
)
_HOLDS = Question(
    lambda: where(
        ReviewHold.objects.filter(ending="").order_by(), "task_id = ANY(%s) AND reviewer_id = %s", "tasks", "reviewer"
    )
)


def cards_of(keys: Sequence[UUID], *, actor: Actor) -> list[dict[str, Any]]:
    """Tasks with all that a reviewer needs to decide, in the order of `keys`. Ten queries at most, however many.

    Of a task that wants more opinions, who holds it or may still get it sees nobody's but their own: nor
    what those made parts of it or merged into it.
    """
    tasks = sorted(_TASKS.all(tasks=list(keys)), key=lambda task: keys.index(task.pk))
    runs = {run.pk: run for run in _RUNS.all(runs=[task.run_id for task in tasks])}
    for task in tasks:
        task.run = runs[task.run_id]
    classes = inspection.classes_by_id()
    history: dict[UUID, list[Annotation]] = defaultdict(list)
    # Whatever is said of a task gives it another revision.
    talked_of = [task.pk for task in tasks if task.revision > 1]
    for row in annotations_on(talked_of) if talked_of else ():
        history[row.task_id].append(row)
    steps: dict[UUID, list[ReviewStep]] = defaultdict(list)
    for step in _STEPS.all(tasks=talked_of) if talked_of else ():
        steps[step.task_id].append(step)
    blind = blind_among((row for rows in history.values() for row in rows), actor=actor)
    holds = {hold.task_id: hold for hold in _HOLDS.all(tasks=list(keys), reviewer=actor.user_id)}
    own = {row.pk: row for row in _detections_of(tasks, actor=actor)}
    around = _found_around(tasks, actor=actor)
    added = _added_on(tasks, actor=actor)
    return [
        _card(
            task,
            hold=holds.get(task.pk),
            history=[row for row in history[task.pk] if may_see(row, task, blind=blind, actor=actor)],
            steps=steps[task.pk],
            own=own.get(task.detection_id),
            around=around[task.run_id, task.image_id],
            added=added.get(task.image_id, []) if task.kind == TaskKind.IMAGE else [],
            classes=classes,
        )
        for task in tasks
    ]


def _detections_of(tasks: Iterable[ReviewTask], *, actor: Actor) -> list[Any]:
    keys = [task.detection_id for task in tasks if task.detection_id]
    return inspection.detections_named(keys, actor=actor) if keys else []


def _found_around(tasks: Iterable[ReviewTask], *, actor: Actor) -> dict[tuple[UUID, UUID], list[inspection.Found]]:
    """Everything the tasks' runs found on their images."""
    places = {(task.run_id, task.image_id) for task in tasks}
    runs, images = {run for run, _ in places}, {image for _, image in places}
    around: dict[tuple[UUID, UUID], list[inspection.Found]] = defaultdict(list)
    for row in inspection.places_found_on(runs=runs, images=images, actor=actor):
        around[row.run_id, row.image_id].append(row)
    return around


def _added_on(tasks: Iterable[ReviewTask], *, actor: Actor) -> dict[UUID, list[ReviewTask]]:
    """What people have added on images that are looked at as a whole: nobody is to add it a second time."""
    images = {task.image_id for task in tasks if task.kind == TaskKind.IMAGE}
    added: dict[UUID, list[ReviewTask]] = defaultdict(list)
    for task in _ADDED.all(images=list(images), actor=actor.user_id) if images else ():
        added[task.image_id].append(task)
    return added


def _card(
    task: ReviewTask,
    *,
    hold: ReviewHold | None,
    history: list[Annotation],
    steps: list[ReviewStep],
    own: Any | None,
    around: Sequence[inspection.Found],
    added: Sequence[ReviewTask],
    classes: Mapping[int, DefectClass],
) -> dict[str, Any]:
    said = next((row for row in history if row.number == task.annotation_number), None)
    beside: list[inspection.Found | ReviewTask] = [*around, *added]
    version = task.run.recipe_version
    code = classes[task.defect_class_id].code if task.defect_class_id else None
    return {
        **head_of(task, said, classes),
        "queue": str(hold.queue_id) if hold and hold.queue_id else None,
        "held_until": hold.held_until.isoformat() if hold else None,
        "why": why(task),
        "detection": inspection.listed_detection_of(own, classes=classes) if own else None,
        "class_code": code,
        "bbox_px": [task.x_px, task.y_px, task.width_px, task.height_px],
        "shape": task.shape,
        "image": inspection.image_of(task.image),
        "die_pitch_px": inspection.die_pitch_px(task.image, inspection.product_by_id(task.wafer.lot.product_id)),
        "wafer": {
            "id": str(task.wafer_id),
            "code": task.wafer.code,
            "slot": task.wafer.slot,
            "hold": inspection.hold_of(task.wafer),
        },
        "lot": {"id": task.wafer.lot_id, "code": task.wafer.lot.code},
        "layer": task.run.layer.code,
        "tool": task.run.tool.code if task.run.tool else None,
        "recipe": {"code": version.recipe.code, "version": version.number},
        "threshold": version.thresholds.get(code) if code else None,
        "bands": {"review_from": version.review_from, "reject_from": version.reject_from},
        "others": [_other(row, classes) for row in beside if row.pk != task.detection_id][:MOST_OTHERS],
        "draft": hold.draft or None if hold else None,
        "wants": task.wants,
        "opinions": [
            annotation_of(row, classes=classes) for row in standing_opinions(history, counts_from=task.counts_from)
        ],
        "history": [annotation_of(row, classes=classes) for row in history],
        "steps": [_step_of(step) for step in steps],
    }


def _step_of(step: ReviewStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "state": step.state,
        "author": step.author.username,
        "reason": step.reason,
        "made_at": step.made_at.isoformat(),
    }


def why(task: ReviewTask) -> str:
    """Why a person is asked, in one sentence."""
    if task.state == TaskState.DISPUTED:
        return "Reviewers differ about this."
    if task.kind == TaskKind.IMAGE:
        return "Drawn by chance: is anything missing here?"
    if task.kind == TaskKind.MISSED:
        return "A person found this; the model had not."
    if task.kind == TaskKind.IMPORTED:
        return "It came with a file of labels; the model may not have found it."
    if task.band == Band.REVIEW:
        return f"The model is {task.confidence:.0%} sure: too little to act on."
    if task.band == Band.REJECT:
        return f"The model would reject the wafer for this, {task.confidence:.0%} sure."
    return f"The model would let this pass, {task.confidence:.0%} sure that it is real."


def _other(row: inspection.Found | ReviewTask, classes: Mapping[int, DefectClass]) -> dict[str, Any]:
    # Only whole images have no class, and none of them is beside another.
    assert row.defect_class_id is not None
    return {
        "id": str(row.pk),
        "class_code": classes[row.defect_class_id].code,
        "confidence": None if row.confidence is None else round(row.confidence, 4),
        "severity": row.severity,
        "bbox_px": [round(side_px, 2) for side_px in (row.x_px, row.y_px, row.width_px, row.height_px)],
    }
