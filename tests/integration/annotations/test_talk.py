"""Comments on places of images: said once, taken back in time, resolved by one, named only who can see."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from annotations import selectors, services
from annotations.choices import CommentKind, TalkKind, ThreadState
from annotations.errors import IdTaken, MentionRefused, NotYours, ThreadFull, TooLate
from annotations.models import CommentThread, Mention, ReviewEdit, ThreadComment
from annotations.services import talk_entries
from annotations.services.talk_entries import names_in
from audit.models import AuditEvent
from core.errors import Invalid, NotFound
from core.roles import Role
from outbox.models import OutboxEvent
from tests.factories import AT, make_site, make_user
from tests.integration.annotations.conftest import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def start(inspected):
    def start(actor, text="What is this?", **values):
        given = {
            "thread_id": uuid4(), "comment_id": uuid4(), "image_id": inspected.image.pk,
            "place_px": (1.0, 2.0, 3.0, 4.0), "text": text, "actor": actor, "now": AT,
        }  # fmt: skip
        return services.start_thread(**{**given, **values})

    return start


def card_of(thread, actor):
    (card,) = selectors.threads_of([thread.pk], actor=actor)
    return card


def say(thread, actor, text, *, at=AT, comment_id=None):
    return services.reply(thread_id=thread.pk, comment_id=comment_id or uuid4(), text=text, actor=actor, now=at)


class TestWhatIsSaid:
    def test_stands_at_its_place_in_order(self, start, ann, bob):
        thread = start(ann)
        say(thread, bob, "A residue.\nI have seen it before.")

        card = card_of(thread, bob)

        assert card["place_px"] == [1.0, 2.0, 3.0, 4.0]
        assert [(one["author"], one["text"]) for one in card["comments"]] == [
            ("ann", "What is this?"), ("bob", "A residue.\nI have seen it before."),
        ]  # fmt: skip

    def test_twice_is_said_once(self, start, ann):
        first = start(ann)
        comment = first.comments.get()
        again = start(ann, thread_id=first.pk, comment_id=comment.pk)
        key = uuid4()
        for _ in range(2):
            say(first, ann, "Once.", comment_id=key)

        assert again.pk == first.pk
        assert ThreadComment.objects.filter(thread=first).count() == 2

    def test_under_an_id_of_something_else_is_refused(self, start, ann, bob):
        thread = start(ann)

        with pytest.raises(IdTaken):
            start(bob, thread_id=thread.pk)
        with pytest.raises(IdTaken):
            say(thread, bob, "Mine.", comment_id=thread.comments.get().pk)

    @pytest.mark.parametrize("place", [(60.0, 0.0, 10.0, 1.0), (-1.0, 0.0, 0.0, 0.0)], ids=str)
    def test_beside_the_image_is_refused(self, start, ann, place):
        with pytest.raises(Invalid):
            start(ann, place_px=place)

    def test_at_another_site_is_not_there(self, start, ann):
        stranger = actor_of(make_user(Role.REVIEWER, site=make_site("other")))
        thread = start(ann)

        with pytest.raises(NotFound):
            say(thread, stranger, "Hello?")
        with pytest.raises(NotFound):
            start(stranger)

    def test_is_in_the_trail_and_told_to_open_pages_without_its_words(self, start, ann):
        thread = start(ann, "Secret sauce")

        actions = (
            AuditEvent.objects.filter(object_id=str(thread.pk)).order_by("ts", "id").values_list("action", flat=True)
        )
        event = OutboxEvent.objects.get(type="thread.changed")

        assert sorted(actions) == ["thread.comment", "thread.start"]
        assert event.payload["thread"] == str(thread.pk)
        assert "Secret" not in str(event.payload)

    def test_is_never_edited(self, start, ann):
        thread = start(ann)

        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            thread.comments.update(text="Something else")


class TestNaming:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("@bob look", ["bob"]),
            ("see @a.b-c, and @bob.", ["a.b-c", "bob"]),
            ("@bob @bob", ["bob"]),
            ("mail ann@fab.example", []),
            ("at 5 @ 3", []),
            ("(@bob)", ["bob"]),
        ],
    )
    def test_is_by_at_and_a_name(self, text, names):
        assert names_in(text) == names

    def test_somebody_tells_them_until_they_have_read_it(self, start, ann, bob):
        thread = start(ann, "@bob, is this one?")
        unread = selectors.unread_of(bob.user_id, at_most=100)
        assert card_of(thread, bob)["is_unread"] and not card_of(thread, ann)["is_unread"]

        assert services.read_mentions(thread_id=thread.pk, actor=bob, now=AT) == 1
        assert services.read_mentions(thread_id=thread.pk, actor=bob, now=AT) == 0

        assert (unread, selectors.unread_of(bob.user_id, at_most=100)) == (1, 0)

    def test_oneself_tells_nobody(self, start, ann):
        start(ann, "Note to @ann")

        assert not Mention.objects.exists()

    def test_who_cannot_see_it_is_refused_like_a_made_up_name(self, start, ann):
        make_user(Role.REVIEWER, site=make_site("other"), username="far")

        refusals = {}
        for name in ("far", "nobody"):
            with pytest.raises(MentionRefused) as refusal:
                start(ann, f"@{name}?")
            refusals[name] = refusal.value.detail.replace(name, "…")

        assert refusals["far"] == refusals["nobody"]
        assert not CommentThread.objects.filter(author=ann.user_id).exists()


class TestTakingBack:
    def test_within_ten_minutes_leaves_that_it_was(self, start, ann, bob):
        thread = start(ann, "Wrong. @bob")
        comment = thread.comments.get()

        for _ in range(2):
            services.take_back_comment(comment_id=comment.pk, actor=ann, now=AT + timedelta(minutes=9))

        (shown,) = card_of(thread, bob)["comments"]
        assert (shown["kind"], shown["text"], shown["mentions"]) == (CommentKind.TAKEN_BACK, "", [])
        assert selectors.unread_of(bob.user_id, at_most=100) == 0
        assert ThreadComment.objects.filter(thread=thread).count() == 2

    def test_later_is_refused(self, start, ann):
        comment = start(ann).comments.get()

        with pytest.raises(TooLate):
            services.take_back_comment(comment_id=comment.pk, actor=ann, now=AT + timedelta(minutes=11))

    def test_somebody_elses_is_refused(self, start, ann, bob):
        comment = start(ann).comments.get()

        with pytest.raises(NotYours):
            services.take_back_comment(comment_id=comment.pk, actor=bob, now=AT)


class TestResolving:
    def test_and_opening_again_stand_among_what_was_said(self, start, ann, bob):
        thread = start(ann)
        services.settle_thread(thread_id=thread.pk, state=ThreadState.RESOLVED, actor=bob, now=AT)
        services.settle_thread(thread_id=thread.pk, state=ThreadState.OPEN, actor=ann, now=AT)

        card = card_of(thread, ann)

        assert (card["state"], card["revision"]) == ("open", 3)
        assert [one["kind"] for one in card["comments"]] == ["said", "resolved", "reopened"]


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_resolve_once(self, start, ann, bob):
        thread = start(ann)
        faults = []

        def resolve(actor):
            try:
                services.settle_thread(thread_id=thread.pk, state=ThreadState.RESOLVED, actor=actor, now=AT)
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=resolve, args=(actor,)) for actor in (ann, bob)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert faults == []
        assert ThreadComment.objects.filter(thread=thread, kind=CommentKind.RESOLVED).count() == 1


class TestWhileReviewersAreAskedApart:
    def test_it_is_for_those_alone_who_speak_or_are_named(self, start, inspected, queue_of, ann, bob, ask):
        (task,) = ask(queue_of(overlap_share=1.0), ann)
        eve = actor_of(make_user(Role.REVIEWER, site=inspected.site, username="eve"))
        thread = start(ann, "I think nuisance. @bob?", task_id=task.pk)

        seen = [selectors.threads_visible_to(actor).filter(pk=thread.pk).exists() for actor in (ann, bob, eve)]
        type(task).objects.filter(pk=task.pk).update(state="decided")

        assert seen == [True, True, False]
        assert selectors.threads_visible_to(eve).filter(pk=thread.pk).exists()


class TestAThreadThatIsFull:
    def test_takes_no_more_but_ends(self, start, ann, monkeypatch):
        monkeypatch.setattr(talk_entries, "MOST_ENTRIES", 3)
        thread = start(ann)
        last = uuid4()
        for comment_id in (uuid4(), last):
            say(thread, ann, "More.", comment_id=comment_id)

        with pytest.raises(ThreadFull) as refusal:
            say(thread, ann, "Too much.")
        services.take_back_comment(comment_id=last, actor=ann, now=AT)
        services.settle_thread(thread_id=thread.pk, state=ThreadState.RESOLVED, actor=ann, now=AT)
        with pytest.raises(ThreadFull):
            services.settle_thread(thread_id=thread.pk, state=ThreadState.OPEN, actor=ann, now=AT)

        assert (refusal.value.code, refusal.value.status) == ("thread_full", 409)
        assert "3 entries" in str(refusal.value)
        # What was said before is answered as it was.
        assert say(thread, ann, "More.", comment_id=last).pk == thread.pk


class TestTheJournal:
    def test_carries_a_comment_out_once_however_often_it_comes(self, inspected, ann):
        client = uuid4()
        edit = {
            "seq": 1, "kind": TalkKind.START, "thread": uuid4(), "comment": uuid4(), "image": inspected.image.pk,
            "place_px": [1.0, 2.0, 0.0, 0.0], "text": "Here.",
        }  # fmt: skip
        content = {key: str(value) for key, value in edit.items()}

        acks = [services.take_talk(client=client, edit=edit, content=content, actor=ann, now=AT) for _ in range(2)]

        assert acks[0] == acks[1]
        assert ReviewEdit.objects.get().outcome == {"seq": 1, "state": "done", "thread": str(edit["thread"])}
        assert acks[0]["state"] == "done"
        assert [one["text"] for one in acks[0]["thread"]["comments"]] == ["Here."]
        assert ThreadComment.objects.filter(thread=edit["thread"]).count() == 1

    def test_says_why_somebody_cannot_be_named(self, inspected, ann):
        edit = {
            "seq": 1, "kind": TalkKind.START, "thread": uuid4(), "comment": uuid4(), "image": inspected.image.pk,
            "place_px": [1.0, 2.0, 0.0, 0.0], "text": "@ghost",
        }  # fmt: skip

        ack = services.take_talk(client=uuid4(), edit=edit, content={"a": 1}, actor=ann, now=AT)

        assert (ack["state"], ack["problem"]["code"]) == ("refused", "mention_refused")
        assert "@ghost" in ack["problem"]["detail"]
