"""Comments on places of images: read, said, resolved, and what names me."""

from functools import partial
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from accounts.selectors import people_of
from annotations import selectors, services
from annotations.api.journal import ack_of, check_sender
from annotations.choices import TalkKind, ThreadState
from annotations.models import CommentThread
from annotations.serializers import talk as shapes
from annotations.serializers.talk import SHAPE_OF_TALK, PeopleQuery, ReplyIn, TalkEdit, TalkIn, ThreadIn, ThreadsQuery
from core.clock import now
from core.pagination import PageIn, page_of
from core.schema import page_of as documented_page
from core.throttling import Limit, spend
from inspection import selectors as inspection

COMMENTS = Limit("comments", most=60, window_s=60)
MOST_PEOPLE = 200
MOST_UNREAD = 100


class TalkView(ApiView):
    """A view of comments."""

    def shown(self, thread: CommentThread, *, status: int = 200) -> HttpResponse:
        (card,) = selectors.threads_of([thread.pk], actor=self.actor)
        return answer(card, status=status)

    def count_comments(self, amount: int) -> None:
        """
        Raises:
            TooMuch: more than anybody says within a minute.
        """
        if amount:
            spend([(COMMENTS, str(self.actor.user_id))], amount=amount, what="comments", now=now())


class ThreadsView(TalkView):
    LOOKUPS = {"image": "image_id", "wafer": "wafer_id", "task": "task_id", "state": "state"}

    @extend_schema(parameters=[ThreadsQuery], responses=documented_page(shapes.ThreadOut))
    def get(self, request: Request) -> HttpResponse:
        """What was said about places of images, newest first."""
        query = self.query(ThreadsQuery)
        rows = narrowed(selectors.threads_visible_to(self.actor), query, self.LOOKUPS)
        if query["mine"]:
            rows = selectors.threads_with(self.actor.user_id, rows)
        page = page_of(
            rows.only("pk"), request=request._request, limit=query["limit"], cursor=query.get("cursor"),
            show=lambda row: row.pk,
        )  # fmt: skip
        return answer({**page, "results": selectors.threads_of(page["results"], actor=self.actor)})

    @extend_schema(request=ThreadIn, responses={201: shapes.ThreadOut})
    def post(self, request: Request) -> HttpResponse:
        """Say something about a place of an image; @name tells somebody who can see it."""
        return self.once(self._start)

    def _start(self) -> HttpResponse:
        values = self.body(ThreadIn)
        self.count_comments(1)
        thread = services.start_thread(
            thread_id=values["thread"],
            comment_id=values["comment"],
            image_id=values["image"],
            task_id=values.get("task"),
            place_px=tuple(values["place_px"]),
            text=values["text"],
            actor=self.actor,
            now=now(),
        )
        return self.shown(thread, status=201)


class ThreadView(TalkView):
    @extend_schema(responses=shapes.ThreadOut)
    def get(self, request: Request, thread_id: UUID) -> HttpResponse:
        """All that was said about one place."""
        return self.shown(selectors.thread_visible_to(self.actor, thread_id))


class RepliesView(TalkView):
    @extend_schema(request=ReplyIn, responses={201: shapes.ThreadOut})
    def post(self, request: Request, thread_id: UUID) -> HttpResponse:
        """Answer about a place."""
        return self.once(lambda: self._reply(thread_id))

    def _reply(self, thread_id: UUID) -> HttpResponse:
        selectors.thread_visible_to(self.actor, thread_id)
        values = self.body(ReplyIn)
        self.count_comments(1)
        thread = services.reply(
            thread_id=thread_id, comment_id=values["comment"], text=values["text"], actor=self.actor, now=now()
        )
        return self.shown(thread, status=201)


class TakeBackView(TalkView):
    @extend_schema(request=None, responses=shapes.ThreadOut)
    def post(self, request: Request, comment_id: UUID) -> HttpResponse:
        """Take back a comment of mine, within ten minutes; it shows as taken back."""
        return self.once(
            lambda: self.shown(services.take_back_comment(comment_id=comment_id, actor=self.actor, now=now()))
        )


class SettleView(TalkView):
    state: ThreadState

    def settled(self, thread_id: UUID) -> HttpResponse:
        return self.once(
            lambda: self.shown(
                services.settle_thread(thread_id=thread_id, state=self.state, actor=self.actor, now=now())
            )
        )


class ResolveView(SettleView):
    state = ThreadState.RESOLVED

    @extend_schema(request=None, responses=shapes.ThreadOut)
    def post(self, request: Request, thread_id: UUID) -> HttpResponse:
        """Resolve what was said about a place. What is resolved stays so."""
        return self.settled(thread_id)


class ReopenThreadView(SettleView):
    state = ThreadState.OPEN

    @extend_schema(request=None, responses=shapes.ThreadOut)
    def post(self, request: Request, thread_id: UUID) -> HttpResponse:
        """Open again what was resolved."""
        return self.settled(thread_id)


class ReadView(TalkView):
    @extend_schema(request=None, responses=shapes.UnreadOut)
    def post(self, request: Request, thread_id: UUID) -> HttpResponse:
        """Note that I have read where this names me."""
        selectors.thread_visible_to(self.actor, thread_id)
        services.read_mentions(thread_id=thread_id, actor=self.actor, now=now())
        return answer({"unread": selectors.unread_of(self.actor.user_id, at_most=MOST_UNREAD)})


class MentionsView(TalkView):
    @extend_schema(parameters=[PageIn], responses=documented_page(shapes.MentionOut))
    def get(self, request: Request) -> HttpResponse:
        """Where I am named, newest first."""
        query = self.query(PageIn)
        page = page_of(
            selectors.mentions_of(self.actor.user_id), request=request._request, limit=query["limit"],
            cursor=query.get("cursor"), show=lambda row: row,
        )  # fmt: skip
        rows = page["results"]
        seen = selectors.threads_visible_to(self.actor).filter(pk__in={row.thread_id for row in rows})
        keys = list(seen.values_list("pk", flat=True))
        threads = {card["id"]: card for card in selectors.threads_of(keys, actor=self.actor)}
        listed = [
            {
                "id": str(row.pk),
                "comment": str(row.comment_id),
                "is_read": row.read_at is not None,
                "made_at": row.made_at.isoformat(),
                "thread": threads[str(row.thread_id)],
            }
            for row in rows
            if str(row.thread_id) in threads
        ]
        return answer({**page, "results": listed})


class UnreadView(TalkView):
    @extend_schema(responses=shapes.UnreadOut)
    def get(self, request: Request) -> HttpResponse:
        """How many mentions of me I have not read."""
        return answer({"unread": selectors.unread_of(self.actor.user_id, at_most=MOST_UNREAD)})


class AllReadView(TalkView):
    @extend_schema(request=None, responses=shapes.UnreadOut)
    def post(self, request: Request) -> HttpResponse:
        """Note that I have read everything that names me."""
        services.read_mentions(actor=self.actor, now=now())
        return answer({"unread": 0})


class PeopleView(TalkView):
    @extend_schema(parameters=[PeopleQuery], responses=shapes.PeopleOut)
    def get(self, request: Request) -> HttpResponse:
        """Who can see an image, and so be named in what is said about it; by name, 200 at most."""
        query = self.query(PeopleQuery)
        image = inspection.one(inspection.images_visible_to(self.actor), query["image"], what="image")
        people = people_of(image.site_id)
        if part := query.get("q"):
            people = people.filter(
                Q(username__icontains=part) | Q(first_name__icontains=part) | Q(last_name__icontains=part)
            )
        found = list(people[: MOST_PEOPLE + 1])
        listed = [{"username": one.username, "full_name": one.get_full_name()} for one in found[:MOST_PEOPLE]]
        return answer({"people": listed, "is_more": len(found) > MOST_PEOPLE})


class TalkEditsView(TalkView):
    @extend_schema(request=TalkIn, responses=shapes.TalkAcksOut)
    def post(self, request: Request) -> HttpResponse:
        """Carry out edits of comments in order, each once however often it comes, as `review/edits/` does."""
        sent = self.body(TalkIn)
        check_sender(request, sent, username=self.actor.username)
        spoken = [edit for edit in sent["edits"] if edit.get("kind") in (TalkKind.START, TalkKind.REPLY)]
        self.count_comments(len(spoken))
        take = partial(services.take_talk, actor=self.actor, now=now())
        of_one = partial(ack_of, client=sent["client"], shapes=SHAPE_OF_TALK, plain=TalkEdit, take=take)
        return answer({"acks": [of_one(content) for content in sent["edits"]]})
