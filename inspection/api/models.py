"""What inspection knows of models: whether one fits a recipe, how fast it answers, and how its versions have done."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from core.clock import now
from core.idempotency import Attempt
from inspection import selectors, services
from inspection.serializers import models as shapes
from models_admin import selectors as models_admin


class CompatibilityView(ApiView):
    @extend_schema(request=shapes.CompatibilityIn, responses=shapes.CompatibilityOut)
    def post(self, request: Request, name: str) -> HttpResponse:
        """Whether a version can judge by a recipe, and why. Nothing is written."""
        values = self.body(shapes.CompatibilityIn)
        return answer(
            services.compatibility_of(
                model_name=name,
                version=values["version"],
                recipe=values["recipe"],
                site=values.get("site"),
                actor=self.actor,
                now=now(),
            )
        )


class ModelBenchmarkView(ApiView):
    @extend_schema(request=shapes.ModelBenchmarkIn, responses=shapes.ModelBenchmarkOut)
    def post(self, request: Request, name: str) -> HttpResponse:
        """Measure how fast a loaded version answers, for 8 s at most. Nothing is stored."""
        return self.once_in_steps(lambda attempt: self._measure(attempt, name))

    def _measure(self, _: Attempt, name: str) -> HttpResponse:
        models_admin.model_named(name)
        values = self.body(shapes.ModelBenchmarkIn)
        services.count_images(values["images"], actor=self.actor, now=now())
        return answer(services.run_benchmark(**values, model=name, actor=self.actor, now=now()))


class PerformanceView(ApiView):
    @extend_schema(parameters=[shapes.PerformanceQuery], responses=shapes.PerformanceOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """How the versions of a model have done: on wafers of your sites, and when they were validated."""
        hours = self.query(shapes.PerformanceQuery)["hours"]
        models_admin.model_named(name)
        return answer(selectors.performance_of(name, actor=self.actor, now=now(), hours=hours))


class DriftView(ApiView):
    @extend_schema(responses=shapes.DriftOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """What is known of drift: nothing is watched yet, and this says so."""
        models_admin.model_named(name)
        reason = "Input and findings are not watched for drift yet: no reference is kept to compare them with."
        return answer({"model": name, "is_watched": False, "reason": reason, "statistics": []})
