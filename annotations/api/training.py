"""When there is enough to train on: rules, and what they suggest."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from annotations import selectors, services
from annotations.selectors import DatasetSelection
from annotations.serializers.training import (
    RuleChangeIn,
    RuleIn,
    RuleOut,
    RulesQuery,
    SuggestionDismissIn,
    SuggestionOut,
    SuggestionsQuery,
    settings_of,
)
from core.clock import now
from core.schema import page_of
from inspection import selectors as inspection


class RulesView(ApiView):
    @extend_schema(parameters=[RulesQuery], responses=page_of(RuleOut))
    def get(self, request: Request) -> HttpResponse:
        """Rules, newest first."""
        query = self.query(RulesQuery)
        rows = selectors.rules_visible_to(self.actor).filter(is_archived=query["archived"])
        return self.page(rows, query=query, show=selectors.rule_of)

    @extend_schema(request=RuleIn, responses={200: RuleOut, 201: RuleOut})
    def post(self, request: Request) -> HttpResponse:
        """Make a rule. 200 gives the one that has this code already, unchanged."""
        return self.once(self._make)

    def _make(self) -> HttpResponse:
        values = settings_of(self.body(RuleIn))
        rule, is_new = services.create_rule(
            site=inspection.site_of(self.actor, code=values.get("site")),
            code=values["code"],
            selection=values.get("selection", DatasetSelection()),
            least_new=values.get("least_new"),
            every_days=values.get("every_days"),
            actor=self.actor,
            now=now(),
        )
        return answer(selectors.rule_of(rule), status=201 if is_new else 200)


class RuleChangeView(ApiView):
    @extend_schema(request=RuleChangeIn, responses=RuleOut)
    def post(self, request: Request, rule_id: UUID) -> HttpResponse:
        """Change a rule, or put it away. 409 where somebody else changed it after it was looked at."""
        return self.once(lambda: self._change(rule_id))

    def _change(self, rule_id: UUID) -> HttpResponse:
        selectors.rule_visible_to(self.actor, rule_id)
        values = settings_of(self.body(RuleChangeIn))
        rule = services.change_rule(rule_id=rule_id, actor=self.actor, now=now(), **values)
        return answer(selectors.rule_of(rule))


class SuggestionsView(ApiView):
    @extend_schema(parameters=[SuggestionsQuery], responses=page_of(SuggestionOut))
    def get(self, request: Request) -> HttpResponse:
        """What rules suggest, newest first. To freeze the very selection takes a suggestion up."""
        query = self.query(SuggestionsQuery)
        rows = narrowed(selectors.suggestions_visible_to(self.actor), query, {"state": "state"})
        return self.page(rows, query=query, show=selectors.suggestion_of)


class SuggestionDismissView(ApiView):
    @extend_schema(request=SuggestionDismissIn, responses=SuggestionOut)
    def post(self, request: Request, suggestion_id: UUID) -> HttpResponse:
        """Say why not. The rule counts anew from then on."""
        return self.once(lambda: self._dismiss(suggestion_id))

    def _dismiss(self, suggestion_id: UUID) -> HttpResponse:
        selectors.suggestion_visible_to(self.actor, suggestion_id)
        reason = self.body(SuggestionDismissIn)["reason"]
        suggestion = services.dismiss_suggestion(
            suggestion_id=suggestion_id, reason=reason, actor=self.actor, now=now()
        )
        return answer(selectors.suggestion_of(suggestion))
