"""Imports from an MLflow registry, exports to it, and what became of them."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from core.clock import now
from core.schema import page_of
from models_admin import services
from models_admin.errors import MlflowAway, MlflowRefused
from models_admin.exchange.mlflow import RemoteVersion, shown_address
from models_admin.models import Transfer
from models_admin.selectors import transfers as selectors
from models_admin.serializers import transfers as shapes
from models_admin.services import work
from models_admin.services.transfer_plan import mlflow

MOST_SOURCES = 30


class ImportsView(ApiView):
    @extend_schema(parameters=[shapes.TransfersQuery], responses=page_of(shapes.TransferOut))
    def get(self, request: Request) -> HttpResponse:
        """Transfers from and to MLflow, newest first."""
        query = self.query(shapes.TransfersQuery)
        rows = narrowed(selectors.transfers(), query, {"way": "way", "state": "state"})
        return self.page(rows, query=query, show=selectors.described_transfer)

    @extend_schema(
        request=shapes.ImportIn,
        responses={
            202: OpenApiResponse(shapes.TransferOut, description="A worker brings it in; it goes through quarantine."),
            200: OpenApiResponse(shapes.PlanOut, description="A dry run: what would happen."),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Bring in a version of an MLflow registry, by alias, stage or number; or say what that would do."""
        return self.once_in_steps(lambda _: self._bring())

    def _bring(self) -> HttpResponse:
        values = self.body(shapes.ImportIn)
        chosen = {name: values.get(name, "") for name in ("alias", "stage")}
        chosen["version"] = values.get("remote_version", "")
        plan = services.plan_import(
            name=values["name"], **chosen, model_name=values["model"], as_version=values.get("version", "")
        )
        if values["dry_run"]:
            return answer(plan.as_dict())
        if plan.faults:
            raise MlflowRefused(" ".join(plan.faults))
        said = next(f"{name} {value}" for name, value in chosen.items() if value)
        row, is_new = services.request_import(plan=plan, chosen_by=said, actor=self.actor, now=now())
        return _taken(row, is_new=is_new)


class ExportsView(ApiView):
    @extend_schema(request=shapes.ExportIn, responses={202: shapes.TransferOut, 200: shapes.TransferOut})
    def post(self, request: Request) -> HttpResponse:
        """Take a version to MLflow, with its description and card. 200: it is on its way already."""
        return self.once(self._send)

    def _send(self) -> HttpResponse:
        values = self.body(shapes.ExportIn)
        row, is_new = services.request_export(
            model_name=values["model"],
            version=values["version"],
            name=values.get("name", ""),
            alias=values.get("alias", ""),
            actor=self.actor,
            now=now(),
        )
        return _taken(row, is_new=is_new)


class ImportView(ApiView):
    @extend_schema(responses=shapes.TransferOut)
    def get(self, request: Request, transfer_id: UUID) -> HttpResponse:
        """One transfer, and how far it is."""
        return answer(selectors.described_transfer(selectors.transfer(transfer_id)))


class ImportCancelView(ApiView):
    @extend_schema(request=None, responses=shapes.TransferOut)
    def post(self, request: Request, transfer_id: UUID) -> HttpResponse:
        """End a transfer that is under way."""
        return self.once(lambda: self._end(transfer_id))

    def _end(self, transfer_id: UUID) -> HttpResponse:
        row = work.cancel(selectors.transfer(transfer_id), actor=self.actor, now=now())
        return answer(selectors.described_transfer(row))


class ImportConnectionView(ApiView):
    @extend_schema(responses=shapes.ConnectionOut)
    def get(self, request: Request) -> HttpResponse:
        """Whether the MLflow server answers, asked now."""
        said: dict[str, Any] = {
            "server": shown_address(settings.MLFLOW_URL),
            "version": "",
            "detail": "",
            "took_ms": None,
        }
        if not settings.MLFLOW_URL:
            return answer({**said, "state": "off", "detail": "No MLflow server is named. An admin sets MLFLOW_URL."})
        began = time.monotonic()
        try:
            version = mlflow().server_version()
            mlflow().sources(limit=1)
        except (MlflowAway, MlflowRefused) as fault:
            return answer({**said, "state": "down", "detail": fault.detail})
        took_ms = round((time.monotonic() - began) * 1000, 1)
        return answer({**said, "state": "up", "version": version[:40], "took_ms": took_ms})


class ImportSourcesView(ApiView):
    @extend_schema(
        responses={
            200: shapes.SourcesOut,
            (409, "application/problem+json"): OpenApiResponse(
                OpenApiTypes.OBJECT, description="No MLflow server is named, or it refuses."
            ),
        }
    )
    def get(self, request: Request) -> HttpResponse:
        """What the MLflow registry holds: models with their versions, aliases and stages."""
        server = mlflow()
        return answer(
            {
                "results": [
                    {"name": name, "description": words, "versions": [_shown(one) for one in server.versions(name)]}
                    for name, words in server.sources(limit=MOST_SOURCES)
                ]
            }
        )


def _taken(row: Transfer, *, is_new: bool) -> HttpResponse:
    address = reverse("api:import", args=[row.pk])
    return answer(selectors.described_transfer(row), status=202 if is_new else 200, Location=address)


def _shown(one: RemoteVersion) -> dict[str, Any]:
    made = datetime.fromtimestamp(one.created_ms / 1000, tz=UTC).isoformat() if one.created_ms else None
    return {
        "version": one.version,
        "stage": one.stage,
        "aliases": list(one.aliases),
        "run": one.run_id,
        "status": one.status,
        "description": one.description,
        "created_at": made,
    }
