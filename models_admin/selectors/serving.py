"""How a model is served: configuration, deployments, routes and what Triton says of them, for people and programs."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from models_admin.choices import LOADED, ON_THE_WAY, DeploymentState, RouteSlot
from models_admin.models import ControlCall, Deployment, Model, ModelVersion, ServingConfig, TrafficRoute
from models_admin.selectors.routes import routes, routes_to
from serving.repository import ModelConfig

# What failed is shown until something else was tried, and not what failed long ago.
_FAILED_SHOWN = 3


def config_in_force(model: Model) -> ServingConfig:
    """The newest configuration of a model; where nobody has made one, what the settings say, as revision 0."""
    return model.configs.order_by("-revision").first() or _from_settings(model)


def config_of(deployment: Deployment) -> ServingConfig:
    """The configuration a deployment is served by."""
    model = deployment.version.model
    found = model.configs.filter(revision=deployment.config_revision).first()
    return found or _from_settings(model)


def described_config(model: Model) -> dict[str, Any]:
    """The configuration in force, and how far what judges is served by it."""
    config = config_in_force(model)
    held = Deployment.objects.filter(version__model=model).select_related("version")
    newest = held.filter(config_revision=config.revision).order_by("version_id", "-id").distinct("version_id")
    return {
        **values_of(config),
        "model": model.name,
        "revision": config.revision,
        "reason": config.reason,
        "made_at": config.made_at.isoformat() if config.pk else None,
        "made_by": config.made_by,
        "max_batch": ModelConfig().max_batch,
        "served": [
            {
                "version": row.version.version,
                "deployment": row.pk,
                "state": row.state,
                "error": row.error,
                "measured": row.measured,
            }
            for row in newest
        ],
    }


def values_of(config: ServingConfig) -> dict[str, Any]:
    """What a configuration says, by the names it is changed by."""
    return {
        "instances": config.instances,
        "max_queue_delay_us": config.max_queue_delay_us,
        "preferred_batches": config.preferred_batches,
        "max_queue_size": config.max_queue_size,
    }


def described_metadata(model: Model, *, version: ModelVersion | None) -> dict[str, Any]:
    """What is said of a model, and what a version of it says of itself."""
    return {
        "name": model.name,
        "kind": model.kind,
        "description": model.description,
        "contact": model.contact,
        "revision": model.revision,
        "version": version.version if version else None,
        "metadata": version.metadata if version else {},
    }


def described_deployment(row: Deployment) -> dict[str, Any]:
    """One deployment with its steps."""
    return {
        "id": row.pk,
        "model": row.version.model.name,
        "version": row.version.version,
        "triton_name": row.triton_name,
        "config_revision": row.config_revision,
        "state": row.state,
        "steps": row.steps,
        "error": row.error,
        "leaves": row.leaves,
        "measured": row.measured,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "asked_for": [
            {**request.place.shown(), "slot": request.slot, "is_rollback": request.is_rollback}
            for request in row.requests.all()
        ],
    }


def described_status(model: Model, *, ready: Collection[str] | None) -> dict[str, Any]:
    """Where every loaded version serves, whether Triton has it ready, and every route.

    Args:
        ready: Triton names that are; None where Triton does not answer.
    """
    held = list(routes().filter(model=model))
    rows = Deployment.objects.filter(version__model=model).select_related("version__model").prefetch_related("requests")
    live = list(rows.filter(state__in=ON_THE_WAY | LOADED).order_by("-id"))
    failed = rows.filter(state=DeploymentState.FAILED).exclude(version__in=[row.version_id for row in live])
    return {
        "model": model.name,
        "triton": "ready" if ready is not None else "unknown",
        "config_revision": config_in_force(model).revision,
        "versions": [
            {
                **described_deployment(row),
                "status": row.version.status,
                "ready": row.triton_name in ready if ready is not None else None,
                "places": _places_of(row, held),
            }
            for row in [*live, *failed.order_by("-id")[:_FAILED_SHOWN]]
        ],
        "routes": described_routes(held, ready=ready),
    }


def described_routes(rows: Collection[TrafficRoute], *, ready: Collection[str] | None) -> list[dict[str, Any]]:
    """Routes, and for each slot what a rollback would lead to and whether that is a matter of a moment."""
    earlier = {key for row in rows for keys in row.earlier.values() for key in keys[-1:]}
    versions = {row.pk: row for row in ModelVersion.objects.filter(pk__in=earlier).defer("golden", "card", "metadata")}
    warm = set(
        Deployment.objects.filter(version__in=earlier, state__in=LOADED).values_list("version_id", "triton_name")
    )
    warm_versions = {version for version, name in warm if ready is None or name in ready}

    def back(row: TrafficRoute, slot: str) -> dict[str, Any] | None:
        keys = row.earlier.get(slot, [])
        if not keys or keys[-1] not in versions:
            return None
        version = versions[keys[-1]]
        return {"version": version.version, "status": version.status, "is_warm": version.pk in warm_versions}

    return [
        {
            **row.place.shown(),
            "generation": row.generation,
            "changed_at": row.changed_at.isoformat(),
            "champion": row.champion.version.version,
            "fallback": row.fallback.version.version if row.fallback else None,
            "champion_before": back(row, RouteSlot.CHAMPION),
            "fallback_before": back(row, RouteSlot.FALLBACK),
        }
        for row in rows
    ]


def routed_by_older_configs() -> list[Deployment]:
    """Deployments that judge by a configuration which is not in force any more."""
    routed = Q(pk__in=TrafficRoute.objects.values("champion")) | Q(pk__in=TrafficRoute.objects.values("fallback"))
    rows = Deployment.objects.filter(routed, state=DeploymentState.ACTIVE).select_related("version__model")
    in_force = dict(ServingConfig.objects.values_list("model_id").annotate(newest=Max("revision")).order_by())
    return [row for row in rows if row.config_revision != in_force.get(row.version.model_id, 0)]


def places_of(row: Deployment) -> list[dict[str, Any]]:
    """Where a deployment judges, or would."""
    return _places_of(row, list(routes_to(row)))


def control_calls() -> QuerySet[ControlCall]:
    """What Triton was told, newest first."""
    return ControlCall.objects.select_related("version__model").order_by("-id")


def described_call(call: ControlCall) -> dict[str, Any]:
    return {
        "id": call.pk,
        "kind": call.kind,
        "outcome": call.outcome,
        "detail": call.detail,
        "triton_name": call.triton_name,
        "model": call.version.model.name,
        "version": call.version.version,
        "asked_by": call.asked_by,
        "began_at": call.began_at.isoformat(),
        "took_ms": call.took_ms,
        "memory_before": call.memory_before,
        "memory_after": call.memory_after,
    }


def _places_of(row: Deployment, held: list[TrafficRoute]) -> list[dict[str, Any]]:
    return [
        {**route.place.shown(), "slot": slot.value, "generation": route.generation}
        for route in held
        for slot in RouteSlot
        if getattr(route, f"{slot}_id") == row.pk
    ]


def _from_settings(model: Model) -> ServingConfig:
    shipped = ModelConfig()
    return ServingConfig(
        model=model,
        revision=0,
        instances=settings.TRITON_INSTANCES,
        max_queue_delay_us=shipped.max_queue_delay_us,
        preferred_batches=list(shipped.preferred_batches),
        max_queue_size=shipped.max_queue_size,
    )
