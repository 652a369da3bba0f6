"""Golden sets, gates, validations and their reports."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from accounts.selectors import site_of
from core.clock import now
from core.errors import NotFound
from core.schema import page_of
from core.views import FirstRenderer
from domain.datasets.records import Split
from models_admin import selectors, services
from models_admin.errors import NoReport
from models_admin.models import ValidationReport
from models_admin.serializers import validation as shapes
from models_admin.validation.pdf import report_pdf


class GoldenSetsView(ApiView):
    @extend_schema(parameters=[shapes.GoldenSetsQuery], responses=page_of(shapes.GoldenSetOut))
    def get(self, request: Request) -> HttpResponse:
        """Golden sets of your sites, newest first."""
        query = self.query(shapes.GoldenSetsQuery)
        rows = narrowed(selectors.golden_sets_visible_to(self.actor), query, {"model": "model__name"})
        if "retired" in query:
            rows = rows.filter(retired_at__isnull=not query["retired"])
        return self.page(rows, query=query, show=selectors.described_golden_set)

    @extend_schema(request=shapes.GoldenSetIn, responses={201: shapes.GoldenSetOut, 200: shapes.GoldenSetOut})
    def post(self, request: Request) -> HttpResponse:
        """Measure versions of a model by part of a frozen data set. 200 gives the one that is there and is the same."""
        return self.once(self._register)

    def _register(self) -> HttpResponse:
        values = self.body(shapes.GoldenSetIn)
        row, is_new = services.register_golden_set(
            site=site_of(self.actor, code=values.get("site")),
            model_name=values["model"],
            name=values["name"],
            sha256=values["sha256"],
            splits={Split(split) for split in values["splits"]},
            actor=self.actor,
            now=now(),
        )
        address = reverse("api:golden_set", args=[row.pk])
        return answer(selectors.described_golden_set(row), status=201 if is_new else 200, Location=address)


class GoldenSetView(ApiView):
    @extend_schema(responses=shapes.GoldenSetOut)
    def get(self, request: Request, golden_set_id: UUID) -> HttpResponse:
        """One golden set."""
        return answer(selectors.described_golden_set(selectors.golden_set_visible_to(self.actor, golden_set_id)))


class GoldenSetRetireView(ApiView):
    @extend_schema(request=shapes.ReasonIn, responses=shapes.GoldenSetOut)
    def post(self, request: Request, golden_set_id: UUID) -> HttpResponse:
        """Measure nothing by it any more. What was measured stays."""
        return self.once(lambda: self._retire(golden_set_id))

    def _retire(self, golden_set_id: UUID) -> HttpResponse:
        row = services.retire_golden_set(
            golden_set=selectors.golden_set_visible_to(self.actor, golden_set_id),
            reason=self.body(shapes.ReasonIn)["reason"],
            actor=self.actor,
            now=now(),
        )
        return answer(selectors.described_golden_set(row))


class ValidateView(ApiView):
    @extend_schema(request=shapes.ValidateIn, responses={202: shapes.ValidationOut, 200: shapes.ValidationOut})
    def post(self, request: Request, name: str) -> HttpResponse:
        """Have a version measured by a golden set, and the champion by the same images. 200: that is under way."""
        return self.once(lambda: self._validate(name))

    def _validate(self, name: str) -> HttpResponse:
        values = self.body(shapes.ValidateIn)
        run, is_new = services.request_validation(
            model_name=name,
            version=values["version"],
            golden_set=selectors.golden_set_visible_to(self.actor, values["golden_set"]),
            reading=values.get("reading"),
            actor=self.actor,
            now=now(),
        )
        shown = selectors.validation_visible_to(self.actor, run.pk)
        address = reverse("api:validation", args=[run.pk])
        return answer(selectors.described_validation(shown), status=202 if is_new else 200, Location=address)


class ValidationsView(ApiView):
    @extend_schema(parameters=[shapes.ValidationsQuery], responses=page_of(shapes.ValidationOut))
    def get(self, request: Request) -> HttpResponse:
        """Validations by golden sets of your sites, newest first."""
        query = self.query(shapes.ValidationsQuery)
        rows = narrowed(
            selectors.validations_visible_to(self.actor),
            query,
            {
                "model": "version__model__name",
                "version": "version__version",
                "golden_set": "golden_set",
                "state": "state",
            },
        )
        return self.page(rows, query=query, show=selectors.described_validation)


class ValidationView(ApiView):
    @extend_schema(responses=shapes.ValidationDetailOut)
    def get(self, request: Request, validation_id: UUID) -> HttpResponse:
        """How far a validation is, and its report once there is one."""
        return answer(selectors.described_validation_with_report(self.actor, validation_id))


class ValidationCancelView(ApiView):
    @extend_schema(request=None, responses=shapes.ValidationOut)
    def post(self, request: Request, validation_id: UUID) -> HttpResponse:
        """End a validation that is under way."""
        return self.once(lambda: self._cancel(validation_id))

    def _cancel(self, validation_id: UUID) -> HttpResponse:
        services.cancel_validation(
            run=selectors.validation_visible_to(self.actor, validation_id), actor=self.actor, now=now()
        )
        return answer(selectors.described_validation(selectors.validation_visible_to(self.actor, validation_id)))


class ReportPdfView(ApiView):
    content_negotiation_class = FirstRenderer

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, validation_id: UUID) -> HttpResponse:
        """The report of a validation as a file to sign, send and keep."""
        run = selectors.validation_visible_to(self.actor, validation_id)
        report = selectors.report_of(run)
        if report is None:
            raise NoReport("This validation has no report yet.", state=run.state)
        name = f"{run.version.model.name}-{run.version.version}-validation.pdf"
        content = report_pdf(report.document, sha256=report.sha256)
        return HttpResponse(
            content,
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class GatesView(ApiView):
    @extend_schema(responses=shapes.GatesOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """What versions of a model must reach."""
        return answer(selectors.described_gates(selectors.model_named(name)))

    @extend_schema(request=shapes.GatesIn, responses=shapes.GatesOut)
    def put(self, request: Request, name: str) -> HttpResponse:
        """Change what versions of a model must reach. Reports keep the gates they were held to."""
        return self.once(lambda: self._change(name))

    def _change(self, name: str) -> HttpResponse:
        values = self.body(shapes.GatesIn)
        services.set_gates(
            model_name=name,
            limits=values["limits"],
            seen_number=values["seen_number"],
            reason=values["reason"],
            actor=self.actor,
            now=now(),
        )
        return answer(selectors.described_gates(selectors.model_named(name)))


class ModelReportView(ApiView):
    @extend_schema(parameters=[shapes.ReportQuery], responses=shapes.ReportOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """The newest report of a model, or of one version of it."""
        query = self.query(shapes.ReportQuery)
        rows = narrowed(
            selectors.reports_visible_to(self.actor).filter(version__model=selectors.model_named(name)),
            query,
            {"version": "version__version"},
        )
        report: ValidationReport | None = rows.first()
        if report is None:
            raise NotFound("Nothing of this has been validated by a golden set of your sites.")
        return answer({"id": str(report.pk), "sha256": report.sha256, "report": report.document})
