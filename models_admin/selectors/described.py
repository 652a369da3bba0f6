"""Models, versions and intakes as JSON."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Case, Count, QuerySet, Value, When

from models_admin.choices import LOADED, RouteSlot
from models_admin.models import Deployment, Model, ModelIntake, ModelVersion, TrafficRoute
from models_admin.places import EVERYTHING


def models_with_counts() -> QuerySet[Any]:
    """Every model by name, with how many versions it has."""
    return Model.objects.annotate(version_count=Count("versions")).order_by("name")


def described_models(models: Sequence[Any]) -> list[dict[str, Any]]:
    """Models as a list shows them. Two queries."""
    keys = [model.pk for model in models]
    champions = dict(
        TrafficRoute.objects.filter(model__in=keys, **EVERYTHING.as_dict()).values_list(
            "model_id", "champion__version__version"
        )
    )
    newest = dict(
        ModelVersion.objects.filter(model__in=keys)
        .order_by("model_id", "-id")
        .distinct("model_id")
        .values_list("model_id", "version")
    )
    return [
        {
            "name": model.name,
            "kind": model.kind,
            "description": model.description,
            "versions": model.version_count,
            "newest": newest.get(model.pk),
            "champion": champions.get(model.pk),
            "created_at": model.created_at.isoformat(),
        }
        for model in models
    ]


def described_model(model: Any) -> dict[str, Any]:
    """One model with the routes on which its versions judge. Three queries."""
    (row,) = described_models([model])
    routes = model.routes.select_related("champion__version", "fallback__version")
    ordered = routes.order_by("recipe_code", "tool_code", "product_code")
    return {**row, "routes": [_described_route(route) for route in ordered]}


def _described_route(route: TrafficRoute) -> dict[str, Any]:
    return {
        **route.place.shown(),
        "champion": route.champion.version.version,
        "fallback": route.fallback.version.version if route.fallback else None,
        "requested_by": route.champion.requested_by,
        "generation": route.generation,
        "changed_at": route.changed_at.isoformat(),
    }


def described_versions(versions: Sequence[ModelVersion]) -> list[dict[str, Any]]:
    """Versions as a list shows them, each with its model and parent. Two queries."""
    keys = [version.pk for version in versions]
    states = dict(
        # Of a version that is brought up by another configuration, what serves says how it is, not the attempt.
        Deployment.objects.filter(version__in=keys)
        .annotate(rank=Case(When(state__in=LOADED, then=Value(0)), default=Value(1)))
        .order_by("version_id", "rank", "-id")
        .distinct("version_id")
        .values_list("version_id", "state")
    )
    places = _places({version.model_id for version in versions})
    return [
        {
            "model": version.model.name,
            "version": version.version,
            "status": version.status,
            "precision": version.precision,
            "parent": version.parent.version if version.parent else None,
            "sha256": version.sha256,
            "bytes": version.bytes,
            "classes": version.metadata["classes"],
            "state": states.get(version.pk),
            "places": places[version.pk],
            "created_at": version.created_at.isoformat(),
            "created_by": version.created_by,
        }
        for version in versions
    ]


def described_version(version: ModelVersion) -> dict[str, Any]:
    """One version with all there is. Four queries."""
    (row,) = described_versions([version])
    intake = version.intakes.order_by("-id").first()
    variants = version.variants.order_by("id").values("version", "precision")
    return {
        **row,
        "kind": version.model.kind,
        "variants": list(variants),
        "intake": str(intake.pk) if intake else None,
        "metadata": version.metadata,
        "card": version.card,
        "graph": intake.graph if intake else {},
        "tile_ms": intake.tile_ms if intake else None,
    }


def described_intake(intake: ModelIntake) -> dict[str, Any]:
    return {
        "id": str(intake.pk),
        "model": intake.model_name,
        "version": intake.version,
        "state": intake.state,
        "file_name": intake.file_name,
        "sha256": intake.sha256,
        "bytes": intake.bytes,
        "refusals": intake.refusals,
        "graph": intake.graph,
        "tile_ms": intake.tile_ms,
        "requested_at": intake.requested_at.isoformat(),
        "requested_by": intake.requested_by,
        "changed_at": intake.changed_at.isoformat(),
    }


def _places(models: Iterable[int]) -> dict[int, list[dict[str, str]]]:
    """Where versions judge, by key of the version."""
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    routes = TrafficRoute.objects.filter(model__in=models).select_related("champion", "fallback")
    for route in routes.order_by("recipe_code", "tool_code", "product_code"):
        for slot in RouteSlot:
            deployment = getattr(route, slot)
            if deployment is not None:
                found[deployment.version_id].append({**route.place.shown(), "slot": slot.value})
    return found
