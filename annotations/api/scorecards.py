"""Scorecards of reviewers, the items behind their figures, and appeals."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from accounts.models import Site, User
from annotations import selectors, services
from annotations.choices import AppealKind, AppealState
from annotations.models import ReviewAppeal
from annotations.serializers import scorecards as shapes
from core.clock import now
from core.schema import page_of
from inspection import selectors as inspection


class ReviewersView(ApiView):
    @extend_schema(parameters=[shapes.SiteQuery], responses=shapes.ReviewersOut)
    def get(self, request: Request) -> HttpResponse:
        """Who decides at a site, for those who may read others' scorecards."""
        site = inspection.site_of(self.actor, code=self.query(shapes.SiteQuery).get("site"))
        return answer({"results": selectors.shown_reviewers(site)})


class ScorecardView(ApiView):
    @extend_schema(parameters=[shapes.ScorecardQuery], responses=shapes.ScorecardOut)
    def get(self, request: Request) -> HttpResponse:
        """How a reviewer decides. Reviewers read their own, of days that are over; leads and auditors anybody's."""
        query = self.query(shapes.ScorecardQuery)
        site, reviewer = self._whose(query)
        is_own = reviewer.pk == self.actor.user_id
        return answer(selectors.scorecard_of(reviewer, site=site, days=query["days"], is_own=is_own, now=now()))

    def _whose(self, query: dict[str, Any]) -> tuple[Site, User]:
        site = inspection.site_of(self.actor, code=query.get("site"))
        return site, selectors.reviewer_read_by(self.actor, query.get("reviewer"), site=site)


class ScorecardItemsView(ScorecardView):
    @extend_schema(parameters=[shapes.ScorecardItemsQuery], responses=shapes.ScorecardItemsOut)
    def get(self, request: Request) -> HttpResponse:
        """The newest items behind a figure where the reviewer's word was another."""
        query = self.query(shapes.ScorecardItemsQuery)
        site, reviewer = self._whose(query)
        found = selectors.differing_from(
            reviewer, query["figure"], site=site, days=query["days"], is_own=reviewer.pk == self.actor.user_id,
            now=now(),
        )  # fmt: skip
        hidden = selectors.asked_again(self.actor, {one[0] for one in found})
        found = [one for one in found if one[0] not in hidden]
        shown = found[: shapes.MOST_ITEMS]
        cards = {card["id"]: card for card in selectors.cards_of([one[0] for one in shown], actor=self.actor)}
        results = [
            {
                "task": cards[str(task)],
                "said": selectors.word_shown(said),
                "against": selectors.word_shown(against) if against else None,
            }
            for task, said, against in shown
        ]
        return answer({"results": results, "total": len(found)})


class AppealsView(ApiView):
    LOOKUPS = {"state": "state"}

    @extend_schema(parameters=[shapes.AppealsQuery], responses=page_of(shapes.AppealOut))
    def get(self, request: Request) -> HttpResponse:
        """Appeals, newest first: one's own, or for those who read others' scorecards all of their sites."""
        query = self.query(shapes.AppealsQuery)
        rows = narrowed(selectors.appeals_visible_to(self.actor), query, self.LOOKUPS)
        return self.page(rows, query=query, show=selectors.appeal_of)

    @extend_schema(request=shapes.AppealIn, responses={201: shapes.AppealOut})
    def post(self, request: Request) -> HttpResponse:
        """Contest a ruling over one's own opinion, or a known answer that one was told of."""
        return self.once(self._make)

    def _make(self) -> HttpResponse:
        values = self.body(shapes.AppealIn)
        appeal = services.make_appeal(
            task_id=values["task"],
            kind=AppealKind(values["kind"]),
            reason=values["reason"],
            actor=self.actor,
            now=now(),
        )
        return answer(_shown(appeal), status=201)


class AppealAnswerView(ApiView):
    @extend_schema(request=shapes.AppealAnswerIn, responses=shapes.AppealOut)
    def post(self, request: Request, appeal_id: UUID) -> HttpResponse:
        """Say whether what is contested stands. Where the reviewer is right the task is open again, or the known answer
        is used no more.
        """
        return self.once(lambda: self._answer(appeal_id))

    def _answer(self, appeal_id: UUID) -> HttpResponse:
        selectors.appeal_visible_to(self.actor, appeal_id)
        values = self.body(shapes.AppealAnswerIn)
        appeal = services.answer_appeal(
            appeal_id=appeal_id,
            outcome=AppealState(values["outcome"]),
            answer=values["answer"],
            actor=self.actor,
            now=now(),
        )
        return answer(_shown(appeal))


class AppealWithdrawView(ApiView):
    @extend_schema(request=None, responses=shapes.AppealOut)
    def post(self, request: Request, appeal_id: UUID) -> HttpResponse:
        """Take one's own appeal back before it is answered."""
        return self.once(
            lambda: answer(_shown(services.withdraw_appeal(appeal_id=appeal_id, actor=self.actor, now=now())))
        )


def _shown(appeal: ReviewAppeal) -> dict[str, Any]:
    """With its people, who are read anew."""
    return selectors.appeal_of(ReviewAppeal.objects.select_related("author", "answered_by").get(pk=appeal.pk))
