"""The registry: models, their versions, and files that are to be some."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from core.clock import now
from core.pagination import PageIn
from core.schema import page_of
from models_admin import selectors, services
from models_admin.models import ModelIntake
from models_admin.serializers import documented
from models_admin.serializers.inputs import IntakesQuery, StatusIn, VersionIn


class ModelsView(ApiView):
    @extend_schema(responses=documented.ModelsOut)
    def get(self, request: Request) -> HttpResponse:
        """Every model, by name."""
        return answer({"results": selectors.described_models(list(selectors.models_with_counts()))})


class ModelView(ApiView):
    @extend_schema(responses=documented.ModelDetailOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """One model."""
        return answer(selectors.described_model(selectors.model_named(name)))


class VersionsView(ApiView):
    parser_classes = (MultiPartParser,)

    @extend_schema(parameters=[PageIn], responses=page_of(documented.VersionOut))
    def get(self, request: Request, name: str) -> HttpResponse:
        """Versions of a model, newest first."""
        rows = selectors.versions().filter(model=selectors.model_named(name))
        return self.page_described(rows, query=self.query(PageIn), describe=selectors.described_versions)

    @extend_schema(
        request={"multipart/form-data": VersionIn},
        responses={
            202: OpenApiResponse(documented.IntakeOut, description="It is being examined; ask its address."),
            200: OpenApiResponse(documented.VersionOut, description="This version is registered with this file."),
        },
    )
    def post(self, request: Request, name: str) -> HttpResponse:
        """Hand in an ONNX file as a new version. It is examined first; every rule it breaks is named."""
        return self.once_in_steps(lambda _: self._take(name))

    def _take(self, name: str) -> HttpResponse:
        values = self.body(VersionIn)
        description = {**values.get("description", {}), "version": values["version"]}
        outcome = services.take_file(
            model_name=name,
            file=values["file"].file,
            file_name=values["file"].name or "",
            description=description,
            card=values.get("card", ""),
            actor=self.actor,
            now=now(),
        )
        if isinstance(outcome, ModelIntake):
            address = reverse("api:model_intake", args=[name, outcome.pk])
            return answer(selectors.described_intake(outcome), status=202, Location=address)
        return answer(selectors.described_versions([outcome])[0])


class VersionView(ApiView):
    @extend_schema(responses=documented.VersionDetailOut)
    def get(self, request: Request, name: str, version: str) -> HttpResponse:
        """One version: its description, its card, and what its file holds."""
        return answer(selectors.described_version(selectors.version_of(model_name=name, version=version)))


class VersionStatusView(ApiView):
    @extend_schema(request=StatusIn, responses=documented.VersionOut)
    def post(self, request: Request, name: str, version: str) -> HttpResponse:
        """Say that a version is rejected, or archived: it is not deployed again. Where it serves it goes on."""
        return self.once(lambda: self._set(name, version))

    def _set(self, name: str, version: str) -> HttpResponse:
        row = services.set_version_status(
            model_name=name, version=version, actor=self.actor, now=now(), **self.body(StatusIn)
        )
        return answer(selectors.described_versions([row])[0])


class IntakesView(ApiView):
    @extend_schema(parameters=[IntakesQuery], responses=page_of(documented.IntakeOut))
    def get(self, request: Request, name: str) -> HttpResponse:
        """Files that came to be versions of a model, newest first."""
        query = self.query(IntakesQuery)
        rows = narrowed(selectors.intakes().filter(model_name=name), query, {"state": "state"})
        return self.page(rows, query=query, show=selectors.described_intake)


class IntakeView(ApiView):
    @extend_schema(responses=documented.IntakeOut)
    def get(self, request: Request, name: str, intake_id: UUID) -> HttpResponse:
        """What became of a file."""
        return answer(selectors.described_intake(selectors.intake_of(model_name=name, intake_id=intake_id)))
