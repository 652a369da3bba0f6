"""INT8 and FP16 forms of a version."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from core.clock import now
from core.pagination import PageIn
from core.schema import page_of
from models_admin import selectors, services
from models_admin.choices import Precision
from models_admin.serializers import variants as shapes


class VariantsView(ApiView):
    @extend_schema(parameters=[PageIn], responses=page_of(shapes.VariantRunOut))
    def get(self, request: Request, name: str, version: str) -> HttpResponse:
        """Forms that were made of a version, or are being made, newest first."""
        parent = selectors.version_of(model_name=name, version=version)
        rows = selectors.variant_runs().filter(parent=parent)
        return self.page(rows, query=self.query(PageIn), show=selectors.described_variant_run)

    @extend_schema(request=shapes.VariantIn, responses={202: shapes.VariantRunOut, 200: shapes.VariantRunOut})
    def post(self, request: Request, name: str, version: str) -> HttpResponse:
        """Have a form of a version made at another precision. 200: it is under way."""
        return self.once(lambda: self._ask(name, version))

    def _ask(self, name: str, version: str) -> HttpResponse:
        values = self.body(shapes.VariantIn)
        run, is_new = services.request_variant(
            model_name=name,
            version=version,
            precision=Precision(values["precision"]),
            dataset_sha256=values["dataset_sha256"],
            number=values.get("number", ""),
            actor=self.actor,
            now=now(),
        )
        address = reverse("api:model_variant", args=[name, run.pk])
        return answer(selectors.described_variant_run(run), status=202 if is_new else 200, Location=address)


class VariantView(ApiView):
    @extend_schema(responses=shapes.VariantRunOut)
    def get(self, request: Request, name: str, run_id: UUID) -> HttpResponse:
        """How far a form is."""
        return answer(selectors.described_variant_run(selectors.variant_run(name, run_id)))


class VariantCancelView(ApiView):
    @extend_schema(request=None, responses=shapes.VariantRunOut)
    def post(self, request: Request, name: str, run_id: UUID) -> HttpResponse:
        """Ask for an end of it."""
        return self.once(lambda: self._cancel(name, run_id))

    def _cancel(self, name: str, run_id: UUID) -> HttpResponse:
        run = services.cancel_variant(run=selectors.variant_run(name, run_id), actor=self.actor, now=now())
        return answer(selectors.described_variant_run(run))
