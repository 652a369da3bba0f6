"""Training runs: started, followed, cancelled, resumed."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from core.clock import now
from core.schema import page_of
from models_admin import services
from models_admin.selectors import training as selectors
from models_admin.serializers import training as shapes

_SETTINGS = tuple(services.TRAINING_DEFAULTS)


class TrainingsView(ApiView):
    @extend_schema(parameters=[shapes.TrainingsQuery], responses=page_of(shapes.TrainingOut))
    def get(self, request: Request) -> HttpResponse:
        """Training runs, newest first."""
        query = self.query(shapes.TrainingsQuery)
        rows = narrowed(selectors.training_runs(self.actor), query, {"model": "model__name", "state": "state"})
        return self.page(rows, query=query, show=selectors.described_run)

    @extend_schema(request=shapes.TrainingIn, responses={202: shapes.TrainingDetailOut, 200: shapes.TrainingDetailOut})
    def post(self, request: Request) -> HttpResponse:
        """Teach a version what a frozen data set says. 202: a worker will; 200: it is under way already."""
        return self.once(self._start)

    def _start(self) -> HttpResponse:
        values = self.body(shapes.TrainingIn)
        run, is_new = services.start_training(
            model_name=values["model"],
            base=values["base"],
            dataset_sha256=values["dataset_sha256"],
            dataset_label=values.get("dataset_label", ""),
            version=values.get("version", ""),
            settings={name: values[name] for name in _SETTINGS},
            actor=self.actor,
            now=now(),
        )
        address = reverse("api:training_run", args=[run.pk])
        return answer(selectors.described_run_whole(run), status=202 if is_new else 200, Location=address)


class TrainingView(ApiView):
    @extend_schema(responses=shapes.TrainingDetailOut)
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        """A training run, how far it is, and what came of it."""
        return answer(selectors.described_run_whole(selectors.training_run(self.actor, run_id)))


class TrainingCancelView(ApiView):
    @extend_schema(request=shapes.ReasonIn, responses=shapes.TrainingDetailOut)
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        """End a run. Its log and its last checkpoint stay."""
        return self.once(lambda: self._end(run_id))

    def _end(self, run_id: UUID) -> HttpResponse:
        reason = self.body(shapes.ReasonIn).get("reason", "")
        run = services.cancel_training(run_id=run_id, actor=self.actor, now=now(), reason=reason)
        return answer(selectors.described_run_whole(run))


class TrainingResumeView(ApiView):
    @extend_schema(request=shapes.ReasonIn, responses=shapes.TrainingDetailOut)
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        """Let a run that failed or was cancelled go on from its last checkpoint."""
        return self.once(lambda: self._go_on(run_id))

    def _go_on(self, run_id: UUID) -> HttpResponse:
        reason = self.body(shapes.ReasonIn).get("reason", "")
        run = services.resume_training(run_id=run_id, actor=self.actor, now=now(), reason=reason)
        return answer(selectors.described_run_whole(run))


class TrainingLogView(ApiView):
    @extend_schema(parameters=[shapes.LogQuery], responses=shapes.LogOut)
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        """What the trainer said, from a character on; kept whatever became of the run."""
        run = selectors.training_run(self.actor, run_id)
        return answer(selectors.log_of(run, offset=self.query(shapes.LogQuery)["offset"]))


class TrainingCurveView(ApiView):
    @extend_schema(responses=shapes.CurveOut)
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        """Losses and figures by step, as far as they are known."""
        return answer(selectors.curve_of(selectors.training_run(self.actor, run_id)))
