"""Queues by what versions of the model disagree about, and by how unlike what was decided something is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations import selectors, services
from annotations.choices import Verdict
from annotations.models import QueueEntry, ReviewTask
from annotations.selectors import Selection
from annotations.services import Word
from core.ids import derived_uuid7, uuid7
from core.roles import Role
from inspection.models import Detection, InspectionRun, RunImage
from models_admin.models import Model, ModelVersion
from tests.factories import AT, make_class, make_inspected, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db
HERE, THERE, ELSEWHERE = (10, 10, 20, 20), (100, 10, 20, 20), (10, 100, 20, 20)
EAST, NEARLY_EAST, NORTH = [1.0, 0.0], [0.8, 0.6], [0.0, 1.0]


def version(number):
    model, _ = Model.objects.get_or_create(name="visual_defects", defaults={"kind": "visual", "created_at": AT})
    values = {"sha256": f"{number:064}", "bytes": 1, "metadata": {}, "created_at": AT, "created_by": "test"}
    return ModelVersion.objects.get_or_create(model=model, version=f"{number}.0.0", defaults=values)[0]


def look(inspected, number, *found, after_min, state="done"):
    """A run of a version of the model over the image, with what it found: box, class, confidence."""
    run = InspectionRun.objects.get(pk=inspected.run.pk)
    run.pk, run.job, run.state = uuid7(at=AT + timedelta(minutes=after_min)), None, state
    run.model_version = version(number)
    run._state.adding = True
    run.save(force_insert=True)
    RunImage.objects.create(run=run, image=inspected.image, ordinal=0)
    return [
        Detection.objects.create(
            id=derived_uuid7(parent=run.pk, label=f"{ordinal}"), run=run, image=inspected.image,
            wafer=inspected.wafer, ordinal=ordinal, defect_class=make_class(code), confidence=confidence,
            raw_score=confidence, top3_class_ids=[], top3_confidences=[], severity="major", band="review",
            x_px=x, y_px=y, width_px=w, height_px=h,
        )
        for ordinal, ((x, y, w, h), code, confidence) in enumerate(found)
    ]  # fmt: skip


def ranks(queue):
    entries = QueueEntry.objects.filter(queue=queue, generation=queue.generation)
    return dict(entries.values_list("task__detection_id", "rank"))


def pointing(direction):
    return [*direction, *[0.0] * 62]


class TestWhatVersionsDisagreeAbout:
    def test_comes_first(self, inspected, queue_of, ann, ask):
        look(inspected, 1, (HERE, "scratch", 0.9), (THERE, "pit", 0.6), after_min=1)
        same, renamed, added = look(
            inspected, 2, (HERE, "scratch", 0.8), (THERE, "scratch", 0.5), (ELSEWHERE, "pit", 0.3), after_min=2
        )

        queue = queue_of(order="disagreement")

        assert ranks(queue) == {same.pk: 0.1, renamed.pk: 0.6, added.pk: 0.3}
        assert [task.detection_id for task in ask(queue, ann, 3)] == [renamed.pk, added.pk, same.pk]

    def test_is_nothing_while_one_version_has_looked(self, inspected, queue_of):
        look(inspected, 1, (HERE, "pit", 0.2), after_min=1)
        (found,) = look(inspected, 1, (HERE, "scratch", 0.8), after_min=2)

        assert ranks(queue_of(order="disagreement")) == {found.pk: 0.0}

    def test_is_of_the_last_run_by_another_version_that_came_to_an_end(self, inspected, queue_of):
        look(inspected, 1, (HERE, "pit", 0.9), after_min=1)
        look(inspected, 2, (HERE, "scratch", 0.3), after_min=2)
        look(inspected, 4, after_min=3, state="failed")
        look(inspected, 3, (HERE, "scratch", 0.1), after_min=4)
        (found,) = look(inspected, 3, (HERE, "scratch", 0.8), after_min=5)

        assert ranks(queue_of(order="disagreement")) == {found.pk: 0.5}

    def test_is_everything_that_another_version_did_not_find(self, inspected, queue_of):
        look(inspected, 1, after_min=1)
        (found,) = look(inspected, 2, (HERE, "scratch", 0.8), after_min=2)

        assert ranks(queue_of(order="disagreement")) == {found.pk: 0.8}

    def test_is_chosen_from_a_bound_on(self, inspected, queue_of):
        look(inspected, 1, (HERE, "scratch", 0.9), (THERE, "scratch", 0.4), after_min=1)
        _, disputed = look(inspected, 2, (HERE, "scratch", 0.8), (THERE, "scratch", 0.7), after_min=2)

        assert set(ranks(queue_of("SOME", selection=Selection(min_disagreement=0.3)))) == {disputed.pk}
        assert ranks(queue_of("NONE", selection=Selection(min_disagreement=0.31))) == {}

    def test_is_what_known_answers_are_asked_of_there(self, inspected, queue_of, site, ann, bob, ask):
        lead = actor_of(make_user(Role.LEAD, site=site, username="lea"))
        look(inspected, 1, (HERE, "scratch", 0.9), after_min=1)
        _, disputed = look(inspected, 2, (HERE, "scratch", 0.9), (THERE, "scratch", 0.8), after_min=2)
        for task in ask(queue_of(), bob, 2):
            seen = {"task_id": task.pk, "actor": lead, "now": AT}
            decided = decide(task, bob)
            accepted = services.advance(to="accepted", seen_revision=decided.revision, **seen)
            services.make_gold(seen_revision=accepted.revision, **seen)
        waiting = make_inspected(site)
        look(waiting, 1, after_min=1)
        (open_one,) = look(waiting, 2, (HERE, "pit", 0.9), after_min=2)
        queue = queue_of("SOME", selection=Selection(min_disagreement=0.5), gold_rate=0.5)

        _, keys = services.next_tasks(queue_id=queue.pk, count=2, actor=ann, now=AT, chance=lambda: 0.0)

        asked = ReviewTask.objects.in_bulk(keys)
        assert [(asked[key].kind, asked[key].detection_id) for key in keys] == [
            ("gold", disputed.pk), ("detection", open_one.pk),
        ]  # fmt: skip


class TestWhatIsNewestInKind:
    def test_comes_first_and_what_has_no_embedding_last(self, find, queue_of, ann, bob, ask):
        (known,) = find(embedding=pointing(EAST), severity="critical", confidence=0.99)
        decide_first(queue_of, ask, bob, known)
        (alike,) = find(embedding=pointing(NEARLY_EAST))
        (unlike,) = find(embedding=pointing(NORTH))
        (unknown,) = find()

        queue = queue_of(order="novelty", selection=Selection(bands=("review",)))

        found = ranks(queue)
        assert {key: found[key] for key in (alike.pk, unlike.pk, unknown.pk)} == {
            alike.pk: pytest.approx(0.2, abs=1e-3), unlike.pk: pytest.approx(1.0, abs=1e-3), unknown.pk: -1.0,
        }  # fmt: skip
        assert [task.detection_id for task in ask(queue, ann, 3)] == [unlike.pk, alike.pk, unknown.pk]

    def test_is_not_told_by_what_another_version_sees(self, inspected, find, queue_of, bob, ask):
        InspectionRun.objects.filter(pk=inspected.run.pk).update(model_version=version(1))
        (known,) = find(embedding=pointing(EAST), severity="critical", confidence=0.99)
        decide_first(queue_of, ask, bob, known)
        other = make_inspected(inspected.site)
        InspectionRun.objects.filter(pk=other.run.pk).update(model_version=version(2))
        alike = Detection.objects.create(
            id=derived_uuid7(parent=other.run.pk, label="1"), run=other.run, image=other.image, wafer=other.wafer,
            ordinal=1, defect_class=make_class(), confidence=0.5, raw_score=0.5, top3_class_ids=[],
            top3_confidences=[], severity="major", band="review", x_px=1, y_px=2, width_px=3, height_px=4,
            embedding=pointing(EAST),
        )  # fmt: skip

        assert ranks(queue_of(order="novelty"))[alike.pk] == 1.0

    def test_is_compared_with_every_class_alike(self, monkeypatch, find, queue_of, bob, ask):
        monkeypatch.setattr("annotations.selectors.novelties.MOST_COMPARED", 2)
        (rare,) = find(code="pit", embedding=pointing(NORTH), band="reject", confidence=0.01)
        find(2, embedding=pointing(EAST), band="reject", confidence=0.01)
        everything = queue_of("FIRST", order="oldest", selection=Selection(max_confidence=0.05))
        tasks = ask(everything, bob, 3)
        for task in sorted(tasks, key=lambda task: task.detection_id != rare.pk):
            decide(task, bob)
        (found,) = find(embedding=pointing(NORTH))

        assert ranks(queue_of(order="novelty"))[found.pk] == pytest.approx(0.0, abs=1e-3)


class TestWhatItCosts:
    @pytest.mark.parametrize("order", ["disagreement", "novelty"])
    def test_is_the_same_for_one_image_and_for_several(self, inspected, queue_of, order):
        queue = queue_of(order=order)
        one = statements(queue)
        for _ in range(3):
            make_inspected(inspected.site)

        assert len(statements(queue)) == len(one)

    def test_is_nothing_where_no_queue_asks(self, inspected, queue_of):
        said = statements(queue_of())

        assert not [one for one in said if "model_version_id <>" in one or "embedding" in one]


def statements(queue):
    """What is sent to fill a queue once more."""
    selectors.forget_novelties()
    type(queue).objects.filter(pk=queue.pk).update(fill_before="f" * 32)
    with CaptureQueriesContext(connection) as seen:
        services.fill_queues(now=AT)
    return [one["sql"] for one in seen.captured_queries]


def decide_first(queue_of, ask, actor, detection):
    (task,) = ask(queue_of("FIRST", order="severity"), actor)
    assert task.detection_id == detection.pk
    decide(task, actor)


def decide(task, actor):
    return services.decide(task_id=task.pk, word=Word(Verdict.DEFECT), seen_revision=1, actor=actor, now=AT)
