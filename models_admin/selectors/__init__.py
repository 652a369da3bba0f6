"""Who judges now, and what is deployed."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core.errors import NotFound
from models_admin.choices import DeploymentState
from models_admin.errors import UnknownVersion
from models_admin.models import Deployment, Model, ModelIntake, ModelVersion, TrafficRoute
from models_admin.selectors.described import (
    described_intake,
    described_model,
    described_models,
    described_version,
    described_versions,
    models_with_counts,
)
from models_admin.selectors.routes import Route, forget_routes, route_for, route_to, routes, routes_to, spec_of
from models_admin.selectors.serving import (
    config_in_force,
    config_of,
    control_calls,
    described_call,
    described_config,
    described_deployment,
    described_metadata,
    described_status,
    places_of,
    routed_by_older_configs,
    values_of,
)
from models_admin.selectors.validations import (
    described_gates,
    described_golden_set,
    described_validation,
    described_validation_with_report,
    gates_of,
    golden_set_visible_to,
    golden_sets_visible_to,
    report_of,
    reports_visible_to,
    validation_visible_to,
    validations_visible_to,
)
from models_admin.selectors.variants import described_variant_run, variant_run, variant_runs
from models_admin.selectors.work import described_work

__all__ = [
    "Model",
    "Route",
    "config_in_force",
    "config_of",
    "control_calls",
    "deployments",
    "described_call",
    "described_config",
    "described_deployment",
    "described_gates",
    "described_golden_set",
    "described_intake",
    "described_metadata",
    "described_model",
    "described_models",
    "described_status",
    "described_validation",
    "described_validation_with_report",
    "described_variant_run",
    "described_version",
    "described_versions",
    "described_work",
    "forget_routes",
    "gates_of",
    "golden_set_visible_to",
    "golden_sets_visible_to",
    "intake_of",
    "intakes",
    "model_named",
    "models",
    "models_with_counts",
    "newest_version_of",
    "places_of",
    "report_of",
    "reports_visible_to",
    "route_for",
    "route_to",
    "routed_by_older_configs",
    "routes",
    "routes_to",
    "serving_versions",
    "spec_of",
    "validation_visible_to",
    "validations_visible_to",
    "values_of",
    "variant_run",
    "variant_runs",
    "version_of",
    "versions",
]


def versions() -> QuerySet[ModelVersion]:
    """Every version, by model, newest first."""
    return ModelVersion.objects.select_related("model", "parent").order_by("model__name", "-id")


def version_of(*, model_name: str, version: str) -> ModelVersion:
    """
    Raises:
        UnknownVersion: there is none.
    """
    found = versions().filter(model__name=model_name, version=version).first()
    if found is None:
        raise UnknownVersion(f"There is no version {version} of {model_name}.")
    return found


def newest_version_of(model_name: str) -> ModelVersion | None:
    """The version of a model that came last, or None where there is none."""
    return versions().filter(model__name=model_name).first()


def intakes() -> QuerySet[ModelIntake]:
    """Files that came to be versions, newest first."""
    return ModelIntake.objects.select_related("registered").order_by("-id")


def intake_of(*, model_name: str, intake_id: UUID) -> ModelIntake:
    """
    Raises:
        NotFound: there is none.
    """
    found = intakes().filter(model_name=model_name, pk=intake_id).first()
    if found is None:
        raise NotFound("There is no such file in quarantine.")
    return found


def deployments(*, states: frozenset[DeploymentState] = frozenset(DeploymentState)) -> QuerySet[Deployment]:
    """Deployments in some states, newest first, each with its version and model."""
    return Deployment.objects.filter(state__in=states).select_related("version__model").order_by("-id")


def serving_versions() -> list[Deployment]:
    """What Triton must hold for inspection to be ready: champions and fallbacks of all routes. One query."""
    routed = Q(pk__in=TrafficRoute.objects.values("champion")) | Q(pk__in=TrafficRoute.objects.values("fallback"))
    return list(deployments(states=frozenset({DeploymentState.ACTIVE})).filter(routed))


def models() -> QuerySet[Model]:
    """Every model by name."""
    return Model.objects.order_by("name")


def model_named(name: str) -> Any:
    """The model, with how many versions it has.

    Raises:
        NotFound: there is none.
    """
    found = models_with_counts().filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no model {name}.")
    return found
