"""Items with a known answer and blind repeats: they look like any other, and touch nothing but their own figures."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from rest_framework.utils.encoders import JSONEncoder

from annotations import selectors, services
from annotations.choices import ExampleKind, TaskState, Verdict
from annotations.errors import NotGold
from annotations.models import BookExample, DatasetWord, GoldItem, QueueEntry, ReviewHold, ReviewTask
from annotations.selectors import Selection
from annotations.services import Part, Word
from annotations.services.dataset_building import _COLLECT_WORDS
from core.errors import IllegalTransition, Invalid, NotFound
from core.ids import uuid7
from core.roles import Role
from tests.factories import AT, client_of, make_class, make_user
from tests.integration.annotations.conftest import actor_of
from tests.integration.annotations.test_joining import image_task, others_on

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=5)
CLIENT = uuid7(at=AT)
DEFECT, NUISANCE = Word(Verdict.DEFECT, took_ms=900), Word(Verdict.NUISANCE, took_ms=700)


@pytest.fixture
def lead(site):
    return replace(actor_of(make_user(Role.LEAD, site=site, username="lea")), roles=frozenset({Role.LEAD}))


@pytest.fixture
def settle(lead):
    """Decides a task and accepts it."""

    def settle(task, actor, word=DEFECT):
        decided = services.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=actor, now=AT)
        return services.advance(
            task_id=task.pk, to=TaskState.ACCEPTED, seen_revision=decided.revision, actor=lead, now=AT
        )

    return settle


@pytest.fixture
def gold(inspected, find, queue_of, bob, lead, settle, ask):
    """A queue that asks for known answers whenever chance says 0, with one that Bob has decided."""
    find(band="review", confidence=0.31)
    queue = queue_of(gold_rate=0.5)
    (first,) = ask(queue, bob)
    accepted = settle(first, bob, Word(Verdict.DEFECT, "pit", (2, 2, 6, 6)) if make_class("pit") else DEFECT)
    services.make_gold(task_id=first.pk, seen_revision=accepted.revision, actor=lead, now=AT)
    return queue, first


def handed(queue, actor, *, count=1, at=LATER, chance=0.0):
    _, keys = services.next_tasks(queue_id=queue.pk, count=count, actor=actor, now=at, chance=lambda: chance)
    return keys


def show(task):
    """In the defect book."""
    names = ("site_id", "defect_class_id", "image_id", "x_px", "y_px", "width_px", "height_px")
    shown = {name: getattr(task, name) for name in names}
    BookExample.objects.create(id=uuid7(at=AT), kind="example", task=task, author="lea", rank=1.0, added_at=AT, **shown)


def talk_of(task, actor):
    return services.start_thread(
        thread_id=uuid4(), comment_id=uuid4(), image_id=task.image_id, task_id=task.pk,
        place_px=(1.0, 2.0, 3.0, 4.0), text="A pit, surely.", actor=actor, now=AT,
    )  # fmt: skip


def make_spoiler(task):
    return actor_of(make_user(Role.REVIEWER, site=task.site, username="cid"))


def decide(key, actor, word=NUISANCE, at=LATER):
    return services.decide(task_id=key, word=word, seen_revision=1, actor=actor, now=at)


def decide_as(task, actor, word):
    return services.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=actor, now=LATER)


class TestAKnownAnswer:
    def test_is_asked_in_a_task_of_its_own(self, gold, ann):
        queue, original = gold

        (key,) = handed(queue, ann)

        check = ReviewTask.objects.get(pk=key)
        assert (check.kind, check.original_id, check.asked.username) == ("gold", original.pk, "ann")
        assert (check.detection_id, check.x_px, check.wants) == (original.detection_id, original.x_px, 1)

    def test_is_asked_of_each_once(self, gold, ann):
        queue, _ = gold
        (key,) = handed(queue, ann)
        decide(key, ann)

        (after,) = handed(queue, ann)

        assert ReviewTask.objects.get(pk=after).kind == "detection"

    def test_is_asked_by_chance_only(self, gold, ann):
        (key,) = handed(gold[0], ann, chance=0.51)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    def test_is_not_asked_of_who_gave_it(self, gold, bob, lead):
        kinds = {ReviewTask.objects.get(pk=key).kind for who in (bob, lead) for key in handed(gold[0], who)}

        assert kinds == {"detection"}

    def test_is_not_asked_where_the_queue_takes_others(self, gold, ann, queue_of):
        other = queue_of("REJECT", selection=Selection(bands=("reject",)), gold_rate=0.5)

        (key,) = handed(other, ann)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    def test_is_not_asked_once_it_is_retired(self, gold, ann, lead):
        queue, original = gold
        services.retire_gold(task_id=original.pk, reason="The edge is not clear", actor=lead, now=AT)

        (key,) = handed(queue, ann)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    def test_is_listed_for_leads_of_the_tasks_they_name(self, gold, site):
        _, original = gold
        client = client_of(make_user(Role.LEAD, site=site, username="kim"))

        def listed(tasks):
            return client.get("/api/v1/review/gold/", {"tasks": tasks})

        assert [one["task"] for one in listed([uuid7(at=AT), original.pk]).json()["results"]] == [str(original.pk)]
        assert listed([uuid7(at=AT)]).json()["results"] == []
        assert listed(["1", "2"]).json()["code"] == "invalid"

    def test_is_written_once_and_the_same_again_is_the_same(self, gold, lead):
        _, original = gold
        revision = ReviewTask.objects.get(pk=original.pk).revision

        again = services.make_gold(task_id=original.pk, seen_revision=revision, actor=lead, now=LATER)

        assert (again.number, again.made_at) == (1, AT)
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            GoldItem.objects.update(verdict="nuisance")

    def test_that_is_another_leaves_the_one_before_as_it_was(self, gold, bob, lead, site):
        _, original = gold
        revision = ReviewTask.objects.get(pk=original.pk).revision
        opened = services.reopen(task_id=original.pk, reason="No", seen_revision=revision, actor=lead, now=LATER)
        decide_as(opened, bob, NUISANCE)
        opened.refresh_from_db()
        services.advance(task_id=opened.pk, to="accepted", seen_revision=opened.revision, actor=lead, now=LATER)
        services.make_gold(task_id=opened.pk, seen_revision=opened.revision + 1, actor=lead, now=LATER)

        client = client_of(make_user(Role.LEAD, site=site, username="kim"))
        versions = client.get(f"/api/v1/review/tasks/{original.pk}/gold/").json()["results"]
        listed = client.get("/api/v1/review/gold/").json()["results"]

        said = [(one["version"], one["verdict"], one["reason"]) for one in versions]
        assert said == [(2, "nuisance", ""), (1, "defect", "Opened again: No")]
        assert [one["version"] for one in listed] == [2]

    def test_is_retired_when_its_task_is_opened_again(self, gold, lead):
        _, original = gold
        revision = ReviewTask.objects.get(pk=original.pk).revision

        services.reopen(task_id=original.pk, reason="Wrong", seen_revision=revision, actor=lead, now=AT)

        assert GoldItem.objects.get().reason == "Opened again: Wrong"

    def test_is_not_asked_of_an_empty_queue(self, gold, ann):
        queue, _ = gold
        QueueEntry.objects.filter(queue=queue).update(is_open=False)

        assert handed(queue, ann) == []

    def test_is_not_asked_of_what_the_book_shows(self, gold, ann):
        queue, original = gold
        show(original)

        (key,) = handed(queue, ann)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    def test_is_not_asked_of_what_people_talk_about(self, gold, ann, bob):
        queue, original = gold
        talk_of(original, bob)

        (key,) = handed(queue, ann)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    def test_is_not_talked_about_to_who_holds_it(self, gold, ann, bob):
        queue, original = gold
        (key,) = handed(queue, ann)
        thread = talk_of(original, bob)

        seen = selectors.threads_visible_to(ann).filter(pk=thread.pk)
        assert not seen.exists()
        decide(key, ann)
        assert seen.exists()

    def test_is_talked_about_by_who_is_asked_apart_from_others(self, gold, ann, bob, lead, site):
        queue, _ = gold
        cid = actor_of(make_user(Role.REVIEWER, site=site, username="cid"))
        (of_ann,), (of_cid,) = handed(queue, ann), handed(queue, cid)
        thread = talk_of(ReviewTask.objects.get(pk=of_ann), ann)

        def sees(who):
            return selectors.threads_visible_to(who).filter(pk=thread.pk).exists()

        assert ReviewTask.objects.get(pk=of_cid).original == ReviewTask.objects.get(pk=of_ann).original
        assert [sees(who) for who in (ann, bob, cid, lead)] == [True, False, False, True]

    def test_is_in_the_book_as_its_original_with_the_word_of_who_put_it_there(self, gold, ann):
        queue, original = gold
        (key,) = handed(queue, ann)
        decide(key, ann, NUISANCE)
        put = {"task_id": key, "class_code": "pit", "kind": ExampleKind.EXAMPLE, "why": "", "actor": ann, "now": AT}

        example, is_new = services.add_to_book(example_id=uuid7(at=AT), **put)

        assert (example.task_id, example.truth, is_new) == (original.pk, "nuisance", True)
        assert services.add_to_book(example_id=uuid7(at=AT), **put) == (example, False)

    def test_is_known_of_what_is_accepted_only(self, inspected, queue_of, lead):
        queue_of()
        task = ReviewTask.objects.get()

        with pytest.raises(NotGold):
            services.make_gold(task_id=task.pk, seen_revision=1, actor=lead, now=AT)

    def test_is_retired_for_a_reason(self, gold, lead):
        with pytest.raises(Invalid):
            services.retire_gold(task_id=gold[1].pk, reason=" ", actor=lead, now=AT)


class TestARepeat:
    @pytest.fixture
    def queue(self, inspected, find, queue_of, ann):
        find(2, band="review", confidence=0.31)
        queue = queue_of(repeat_rate=0.5)
        (key,) = handed(queue, ann, at=AT, chance=0.99)
        decide(key, ann, DEFECT, at=AT)
        return queue

    def test_is_asked_hours_later_and_once(self, queue, ann):
        (soon,) = handed(queue, ann, at=AT + timedelta(hours=1))
        decide(soon, ann, at=AT + timedelta(hours=4))
        (key,) = handed(queue, ann)
        decide(key, ann)
        (after,) = handed(queue, ann)

        kinds = [ReviewTask.objects.get(pk=one).kind for one in (soon, key, after)]
        assert kinds == ["detection", "repeat", "detection"]

    def test_is_not_asked_of_anybody_else(self, queue, bob):
        (key,) = handed(queue, bob)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    @pytest.mark.parametrize("spoil", [show, lambda task: talk_of(task, make_spoiler(task))])
    def test_is_not_asked_of_what_the_book_shows_or_people_talk_about(self, queue, ann, spoil):
        spoil(ReviewTask.objects.get(state="decided"))

        (key,) = handed(queue, ann)

        assert ReviewTask.objects.get(pk=key).kind == "detection"

    def test_is_not_asked_of_what_was_taken_back(self, queue, ann):
        said = ReviewTask.objects.get(state="decided")
        services.take_back(task_id=said.pk, actor=ann, now=AT)
        services.give_back(task_id=said.pk, ending="released", reason="", actor=ann, now=AT)

        (key,) = handed(queue, ann)

        assert ReviewTask.objects.get(pk=key).kind == "detection"


class TestWhatAReviewerSees:
    def shape(self, value):
        """What a value is made of, without what differs between any two tasks."""
        if isinstance(value, dict):
            return {name: self.shape(one) for name, one in value.items() if name not in ("id", "others", "detection")}
        return type(value).__name__

    @pytest.fixture
    def two(self, gold, ann, find):
        """A check and an ordinary task, handed out together."""
        queue, _ = gold
        _, keys = services.next_tasks(
            queue_id=queue.pk, count=2, actor=ann, now=LATER, chance=iter([0.0, 0.9]).__next__
        )
        assert [ReviewTask.objects.get(pk=key).kind for key in keys] == ["gold", "detection"]
        return keys

    def test_is_the_same_of_both(self, two, ann):
        check, other = selectors.cards_of(two, actor=ann)

        assert self.shape(check) == self.shape(other)
        for name in (
            "kind",
            "revision",
            "state",
            "queue",
            "held_until",
            "wants",
            "opinions",
            "history",
            "steps",
            "draft",
        ):
            assert check[name] == other[name]
        text = JSONEncoder().encode(check).lower()
        assert not [word for word in ("gold", "repeat", "original", "asked") if word in text]
        assert "ann" not in [row["author"] for row in check["history"]]

    def test_is_told_the_same_of_what_they_said(self, two, ann):
        edit = {"seq": 1, "kind": "decide", "seen_revision": 1, "verdict": "nuisance"}
        heads = [
            services.take_edit(
                client=uuid7(at=AT), edit={**edit, "task": key}, content={"task": str(key)}, actor=ann, now=LATER
            )
            for key in two
        ]

        said = heads[0]["task"]
        assert (said["kind"], said["revision"], said["state"]) == ("detection", 2, "decided")
        assert self.shape(heads[0]) == self.shape(heads[1])

    def test_keys_tell_the_time_of_the_detection(self, two):
        check = ReviewTask.objects.get(pk=two[0])

        assert check.pk.int >> 80 == check.detection_id.int >> 80

    def test_fewer_wait_with_each_that_is_handed_out(self, gold, ann, find, queue_of):
        queue, _ = gold
        before = selectors.waiting_in(queue, user_id=ann.user_id)["open"]
        handed(queue, ann)

        assert selectors.waiting_in(queue, user_id=ann.user_id)["open"] == before - 1
        assert selectors.queue_of(queue, user_id=ann.user_id, now=LATER)["open"] == before - 1

    def test_wants_as_many_opinions_as_the_original(self, gold, ann):
        queue, original = gold
        ReviewTask.objects.filter(pk=original.pk).update(wants=2)
        (key,) = handed(queue, ann)

        assert decide(key, ann).state == "open"

    def test_can_be_undone_skipped_and_drawn_on(self, two, ann):
        check, _ = two
        decide(check, ann)

        assert services.take_back(task_id=check, actor=ann, now=LATER).state == "open"
        services.give_back(task_id=check, ending="skipped", reason="", actor=ann, now=LATER)
        assert ReviewHold.objects.get(task=check).ending == "skipped"


class TestWhoElseComesToIt:
    def test_is_no_other_reviewer_however_many_opinions_it_wants(self, gold, ann, bob):
        queue, original = gold
        ReviewTask.objects.filter(pk=original.pk).update(wants=2)
        (key,) = handed(queue, ann)

        with pytest.raises(NotFound):
            selectors.task_visible_to(bob, key)
        with pytest.raises(NotFound):
            decide(key, bob)
        decide(key, ann)
        with pytest.raises(NotFound):
            services.make_appeal(task_id=key, kind="ruling", reason="Mine.", actor=bob, now=LATER)
        assert [said.author_id for said in ReviewTask.objects.get(pk=key).annotations.all()] == [ann.user_id]

    def test_is_a_lead_to_read_and_not_to_decide_while_it_is_open(self, gold, ann, lead):
        (key,) = handed(gold[0], ann)

        assert selectors.task_visible_to(lead, key).pk == key
        with pytest.raises(NotFound):
            decide(key, lead)


class TestWhatCanBeDoneWithIt:
    """Each of these works with an ordinary task; one that does not would tell that it is a check."""

    @pytest.fixture
    def check(self, gold, ann):
        (key,) = handed(gold[0], ann)
        return ReviewTask.objects.get(pk=key)

    def bulk(self, check, actor, *, seq=1, **word):
        edit = {
            "seq": seq, "kind": "bulk", "wafer": check.wafer_id, "verdict": "nuisance",
            "tasks": [{"task": check.pk, "seen_revision": 1}], **word,
        }  # fmt: skip
        (came,) = self.edit(edit, actor)["results"]
        return came

    def edit(self, edit, actor):
        return services.take_edit(client=CLIENT, edit=edit, content={"seq": edit["seq"]}, actor=actor, now=LATER)

    def test_is_a_merge_that_is_kept_with_it_alone(self, check, inspected, ann, find):
        (other,) = find(x_px=30, y_px=12, width_px=10, height_px=6)

        services.merge(task_id=check.pk, detections=[other.pk], word=DEFECT, seen_revision=1, actor=ann, now=LATER)

        said = check.annotations.get()
        assert (said.change, said.x_px + said.width_px) == ("joined", 40)
        assert not ReviewTask.objects.filter(detection=other.pk).exists()

    def test_is_a_split_and_its_undo(self, check, ann):
        part = services.Part(uuid7(at=AT), Word(Verdict.DEFECT, class_code="scratch", bbox_px=(3.0, 2.0, 2.0, 4.0)))
        first = Word(Verdict.DEFECT, bbox_px=(1.0, 2.0, 2.0, 4.0))
        services.split(task_id=check.pk, word=first, parts=[part], seen_revision=1, actor=ann, now=LATER)

        services.take_back(task_id=check.pk, actor=ann, now=LATER)

        assert ReviewTask.objects.get(pk=part.new_task).state == "withdrawn"

    def test_is_a_word_about_many_and_its_undo(self, check, ann):
        assert self.bulk(check, ann)["state"] == "done"

        (undone,) = self.edit({"seq": 2, "kind": "undo_bulk", "of": 1}, ann)["results"]

        assert (undone["state"], undone["task"]["state"]) == ("done", "open")

    def test_is_refused_for_the_same_reason(self, check, ann, find):
        refused = self.bulk(check, ann, verdict="defect", class_code="nothing")

        assert refused["problem"]["code"] == "invalid"

    def test_is_for_no_other_reviewer(self, check, bob, find):
        (other,) = find(x_px=30)

        assert self.bulk(check, bob)["problem"]["code"] == "not_found"
        with pytest.raises(NotFound):
            services.merge(task_id=check.pk, detections=[other.pk], word=DEFECT, seen_revision=1, actor=bob, now=LATER)


class TestWhatAnswersForWhoIsAsked:
    """Nothing of what people said of the original is shown while a check of it is in hand."""

    @pytest.fixture
    def split_gold(self, inspected, find, queue_of, bob, lead, ask):
        """A known answer that says: these are two."""
        make_class("pit")
        find()
        queue = queue_of(gold_rate=0.5)
        (first,) = ask(queue, bob)
        part = Part(uuid7(at=AT), Word(Verdict.DEFECT, "pit", (3.0, 2.0, 2.0, 4.0)))
        word = Word(Verdict.DEFECT, bbox_px=(1.0, 2.0, 2.0, 4.0))
        services.split(task_id=first.pk, word=word, parts=[part], seen_revision=1, actor=bob, now=AT)
        services.advance(task_id=first.pk, to=TaskState.ACCEPTED, seen_revision=2, actor=lead, now=AT)
        services.make_gold(task_id=first.pk, seen_revision=3, actor=lead, now=AT)
        return queue, first, part.new_task

    def test_parts_of_it_are_not_on_the_whole_image(self, split_gold, inspected, ann):
        queue, _, part = split_gold
        image = image_task(inspected)
        assert str(part) in others_on(image, ann)

        (key,) = handed(queue, ann)
        assert str(part) not in others_on(image, ann)

        decide(key, ann)
        assert str(part) in others_on(image, ann)

    def test_neither_it_nor_its_parts_are_listed(self, split_gold, ann, bob):
        queue, first, part = split_gold
        (key,) = handed(queue, ann)

        def listed(actor):
            return {first.pk, part} & set(selectors.tasks_visible_to(actor).values_list("pk", flat=True))

        assert (listed(ann), listed(bob)) == (set(), {first.pk, part})
        decide(key, ann)
        assert listed(ann) == {first.pk, part}

    def test_the_wafer_shows_the_check_in_its_place(self, gold, inspected, ann, bob):
        queue, original = gold
        (key,) = handed(queue, ann)

        def shown(actor):
            items = selectors.items_of_wafer(inspected.wafer, layer=None, actor=actor)["items"]
            item = next(one for one in items if one["detection"] == str(original.detection_id))
            return (
                item["task"],
                item["state"],
                item["revision"],
                item["is_taken"],
                item["said"] and item["said"]["author"],
            )

        assert shown(ann) == (str(key), "open", 1, False, None)
        assert shown(bob) == (str(original.pk), "accepted", 3, False, "bob")
        decide(key, ann)
        assert shown(ann)[1] == "accepted"

    def test_the_wafer_shows_nobody_their_own_earlier_word(self, inspected, find, queue_of, ann):
        find()
        queue = queue_of(repeat_rate=0.5)
        (first,) = handed(queue, ann, at=AT, chance=0.99)
        decide(first, ann, DEFECT, at=AT)

        (key,) = handed(queue, ann)

        items = selectors.items_of_wafer(inspected.wafer, layer=None, actor=ann)["items"]
        assert [one["said"] for one in items] == [None, None]
        assert str(key) in {one["task"] for one in items}


class TestWhatItNeverTouches:
    def test_is_the_original_lists_and_agreement(self, gold, ann):
        queue, original = gold
        before = ReviewTask.objects.filter(pk=original.pk).values().get()
        (key,) = handed(queue, ann)
        decide(key, ann)

        assert ReviewTask.objects.filter(pk=original.pk).values().get() == before
        assert original.annotations.count() == 1
        assert key not in set(selectors.tasks_visible_to(ann).values_list("pk", flat=True))

    def test_is_a_data_set(self, gold, ann, lead, site):
        queue, original = gold
        (key,) = handed(queue, ann)
        decide(key, ann, DEFECT)
        services.add_missed(
            beside=key, new_task=uuid7(at=AT), word=Word(Verdict.DEFECT, "pit", (20, 20, 5, 5)), actor=ann, now=LATER
        )

        snapshot, _ = services.freeze_dataset(
            site=site, code="D1", name="", seed=0, actor=lead, now=LATER,
            selection=selectors.DatasetSelection(states=("decided", "validated", "accepted")),
        )  # fmt: skip
        with connection.cursor() as cursor:
            values = {name: [] for name in ("recipes", "layers", "tools", "lots", "classes", "bands")}
            cursor.execute(
                _COLLECT_WORDS,
                {**values, "snapshot": snapshot.pk, "site": site.pk, "states": ["decided", "validated", "accepted"],
                 "any_confidence": True, "min_confidence": 0, "max_confidence": 1, "since": None, "until": None},
            )  # fmt: skip

        assert set(DatasetWord.objects.filter(snapshot=snapshot).values_list("task_id", flat=True)) == {original.pk}

    def test_is_what_was_missed(self, gold, ann):
        queue, _ = gold
        (key,) = handed(queue, ann)
        missed = services.add_missed(
            beside=key, new_task=uuid7(at=AT), word=Word(Verdict.DEFECT, "pit", (20, 20, 5, 5)), actor=ann, now=LATER
        )

        assert missed.original_id == key
        assert missed.pk not in set(selectors.tasks_visible_to(ann).values_list("pk", flat=True))

    def test_is_a_chance_to_open_it_again(self, gold, ann, lead):
        (key,) = handed(gold[0], ann)
        decide(key, ann)

        with pytest.raises(IllegalTransition):
            services.reopen(task_id=key, reason="No", seen_revision=2, actor=lead, now=LATER)


class TestTooMuchOfIt:
    def test_leaves_no_work_and_is_refused(self, inspected, queue_of):
        with pytest.raises(Invalid):
            queue_of(audit_share=0.5, gold_rate=0.3, repeat_rate=0.2)
