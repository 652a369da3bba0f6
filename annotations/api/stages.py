"""Beyond the first opinion: tasks by stage, disputes decided, decisions validated, accepted and opened again."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from annotations import selectors, services
from annotations.api.tasks import card_of, word_of
from annotations.choices import TaskState
from annotations.serializers import documented
from annotations.serializers.inputs import AdvanceIn, ReopenIn, RulingIn, TasksQuery
from core import problems
from core.clock import now
from core.errors import Unavailable, WaferdeckError
from core.pagination import page_of
from core.schema import page_of as documented_page


class TasksView(ApiView):
    LOOKUPS = {"state": "state", "wafer": "wafer_id", "class_code": "defect_class__code"}

    @extend_schema(parameters=[TasksQuery], responses=documented_page(documented.TaskOut))
    def get(self, request: Request) -> HttpResponse:
        """Tasks, newest first, with everything that it takes to decide them."""
        query = self.query(TasksQuery)
        rows = narrowed(selectors.tasks_visible_to(self.actor), query, self.LOOKUPS).only("pk")
        page = page_of(
            rows, request=request._request, limit=query["limit"], cursor=query.get("cursor"), show=lambda row: row.pk
        )
        return answer({**page, "results": selectors.cards_of(page["results"], actor=self.actor)})


class RulingView(ApiView):
    @extend_schema(request=RulingIn, responses={201: documented.TaskOut})
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Decide between opinions that differ. They stay as they are, and `undo/` takes the ruling back."""
        return self.once(lambda: self._rule(task_id))

    def _rule(self, task_id: UUID) -> HttpResponse:
        selectors.task_visible_to(self.actor, task_id)
        values = self.body(RulingIn)
        task = services.adjudicate(
            task_id=task_id,
            word=word_of(values),
            reason=values.get("reason", ""),
            seen_revision=values["seen_revision"],
            actor=self.actor,
            now=now(),
        )
        return answer(card_of(task, actor=self.actor), status=201)


class ReopenView(ApiView):
    @extend_schema(request=ReopenIn, responses=documented.TaskOut)
    def post(self, request: Request, task_id: UUID) -> HttpResponse:
        """Want fresh opinions of a task, for a reason. What was said stays in its history and counts no more."""
        return self.once(lambda: self._reopen(task_id))

    def _reopen(self, task_id: UUID) -> HttpResponse:
        selectors.task_visible_to(self.actor, task_id)
        values = self.body(ReopenIn)
        task = services.reopen(task_id=task_id, actor=self.actor, now=now(), **values)
        return answer(card_of(task, actor=self.actor))


class AdvanceView(ApiView):
    """Many tasks at once, each by itself: one that is refused does not stop the others."""

    to: TaskState

    def advanced(self) -> HttpResponse:
        results = [self._advance(one["id"], one["seen_revision"]) for one in self.body(AdvanceIn)["tasks"]]
        return answer({"results": results})

    def _advance(self, task_id: UUID, seen_revision: int) -> dict[str, object]:
        try:
            task = services.advance(
                task_id=task_id, to=self.to, seen_revision=seen_revision, actor=self.actor, now=now()
            )
        except Unavailable:
            raise
        except WaferdeckError as refusal:
            return {"id": str(task_id), "state": "refused", "problem": problems.members(refusal, identifier="")}
        return {"id": str(task_id), "state": "done", "task": selectors.heads_of([task])[task.pk]}


class ValidateView(AdvanceView):
    to = TaskState.VALIDATED

    @extend_schema(request=AdvanceIn, responses=documented.AdvancedAllOut)
    def post(self, request: Request) -> HttpResponse:
        """Say of others' decisions that they are right. A task that is validated already stays so."""
        return self.advanced()


class AcceptView(AdvanceView):
    to = TaskState.ACCEPTED

    @extend_schema(request=AdvanceIn, responses=documented.AdvancedAllOut)
    def post(self, request: Request) -> HttpResponse:
        """Accept others' decisions as good enough to train on, which locks them."""
        return self.advanced()
