"""Items with a known answer: made and retired by leads."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors, services
from annotations.choices import Verdict
from annotations.serializers.inputs import LARGEST_WHOLE
from core.clock import now
from core.fields import KeyField, LabelField, WholeNumberField
from core.pagination import PageIn
from core.schema import AnythingField, page_of

MOST_NAMED = 100


class GoldIn(serializers.Serializer):
    seen_revision = WholeNumberField(
        min_value=1, max_value=LARGEST_WHOLE, help_text="Of the task as it was looked at; 409 when something was said."
    )


class RetireIn(serializers.Serializer):
    reason = LabelField(max_length=300, help_text="Why it is not used any more; it stays with the record.")


class GoldQuery(PageIn):
    tasks = serializers.ListField(
        child=KeyField(), required=False, max_length=MOST_NAMED, help_text="Keys of tasks: of these only."
    )


class GoldOut(serializers.Serializer):
    task = serializers.UUIDField()
    version = serializers.IntegerField(help_text="Counts the answers that were known of the task.")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    class_code = serializers.CharField(allow_null=True)
    bbox_px = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    shape = AnythingField(allow_null=True)
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()
    retired_by = serializers.CharField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class GoldItemsView(ApiView):
    @extend_schema(parameters=[GoldQuery], responses=page_of(GoldOut))
    def get(self, request: Request) -> HttpResponse:
        """Items with a known answer, those known last first; of each the answer that was known last."""
        query = self.query(GoldQuery)
        rows = selectors.newest_of_each(selectors.gold_visible_to(self.actor))
        if "tasks" in query:
            rows = rows.filter(task_id__in=query["tasks"])
        return self.page(rows, query=query, show=selectors.gold_of)


class GoldView(ApiView):
    @extend_schema(parameters=[PageIn], responses=page_of(GoldOut))
    def get(self, request: Request, task_id: UUID) -> HttpResponse:
        """Every answer of a task that is or was known, newest first: what was said is measured by that of its time."""
        rows = selectors.gold_visible_to(self.actor).filter(task_id=selectors.task_visible_to(self.actor, task_id).pk)
        return self.page(rows, query=self.query(PageIn), show=selectors.gold_of)

    @extend_schema(request=GoldIn, responses={201: GoldOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Ask reviewers about a validated or accepted task, whose answer is known, without telling them."""
        return self.once(lambda: self._make(task_id))

    def _make(self, task_id: UUID) -> HttpResponse:
        selectors.task_visible_to(self.actor, task_id)
        seen_revision = self.body(GoldIn)["seen_revision"]
        gold = services.make_gold(task_id=task_id, seen_revision=seen_revision, actor=self.actor, now=now())
        return answer(selectors.gold_of(gold), status=201)


class GoldRetireView(ApiView):
    @extend_schema(request=RetireIn, responses=GoldOut)
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Ask nobody about it any more, for a reason. Answers that were given stay."""
        return self.once(lambda: self._retire(task_id))

    def _retire(self, task_id: UUID) -> HttpResponse:
        selectors.task_visible_to(self.actor, task_id)
        gold = services.retire_gold(task_id=task_id, reason=self.body(RetireIn)["reason"], actor=self.actor, now=now())
        return answer(selectors.gold_of(gold))
