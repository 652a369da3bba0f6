"""Who judges now, and what is deployed."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from core.briefly import Briefly
from models_admin.choices import LOADED, DeploymentState
from models_admin.errors import NoRoute, UnknownVersion
from models_admin.models import Deployment, Model, ModelIntake, ModelVersion, TrafficRoute
from models_admin.selectors.described import (
    described_intake,
    described_models,
    described_version,
    described_versions,
    models_with_counts,
)
from serving.tensors import DetectorSpec

__all__ = [
    "Model",
    "Route",
    "deployments",
    "described_intake",
    "described_models",
    "described_version",
    "described_versions",
    "forget_routes",
    "intakes",
    "models",
    "models_with_counts",
    "newest_version_of",
    "route_for",
    "route_to",
    "routes",
    "serving_versions",
    "spec_of",
    "version_of",
    "versions",
]


@dataclass(frozen=True, eq=False)
class Route:
    """Where to send images, as a value.

    Attributes:
        triton_name: Triton's name of the exact version.
        version_id: the `ModelVersion` a result names.
        deployment_id: the `Deployment` that judges.
        sha256: digest of the model file.
        generation: of the route row; 0 when a version was asked for by name.
        fallback: who judges when Triton does not serve this version, or None.
    """

    triton_name: str
    model_name: str
    version: str
    version_id: int
    deployment_id: int
    sha256: str
    spec: DetectorSpec
    generation: int = 0
    fallback: "Route | None" = None


# A second old at most: the version routed to before stays loaded for far longer than that.
_routes: Briefly[Route] = Briefly(ttl_s=1.0)
# Versions never change, so their descriptions are parsed once.
_specs: Briefly[DetectorSpec] = Briefly(ttl_s=3600.0, limit=256)


def route_for(*, model_name: str, recipe_code: str = "") -> Route:
    """The route of a recipe, else the one for every recipe. Remembered for a second.

    Raises:
        NoRoute: no version of the model is deployed.
    """
    return _routes.get((model_name, recipe_code), lambda: _read_route(model_name, recipe_code))


def route_to(*, model_name: str, version: str) -> Route:
    """The route to one version asked for by name. Remembered for a second.

    Raises:
        UnknownVersion: there is no such version, or it is not loaded.
    """
    return _routes.get((model_name, "", version), lambda: _read_route_to(model_name, version))


def forget_routes() -> None:
    """Read routes again from now on; for the process that has just changed one, and for tests."""
    _routes.clear()


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


def deployments(*, states: frozenset[DeploymentState] = frozenset(DeploymentState)) -> QuerySet[Deployment]:
    """Deployments in some states, newest first, each with its version and model."""
    return Deployment.objects.filter(state__in=states).select_related("version__model").order_by("-id")


def serving_versions() -> list[Deployment]:
    """What Triton must hold for inspection to be ready: champions and fallbacks of all routes. One query."""
    routed = Q(pk__in=TrafficRoute.objects.values("champion")) | Q(pk__in=TrafficRoute.objects.values("fallback"))
    return list(deployments(states=frozenset({DeploymentState.ACTIVE})).filter(routed))


def routes() -> QuerySet[TrafficRoute]:
    """Every route with its champion and fallback."""
    return TrafficRoute.objects.select_related(
        "model", "champion__version__model", "fallback__version__model"
    ).order_by("model__name", "recipe_code")


def models() -> QuerySet[Model]:
    """Every model by name."""
    return Model.objects.order_by("name")


def spec_of(version: ModelVersion) -> DetectorSpec:
    """The description of a version, as a value."""
    return _specs.get(version.pk, lambda: DetectorSpec.from_dict(version.metadata))


def _read_route(model_name: str, recipe_code: str) -> Route:
    wanted = routes().filter(model__name=model_name, recipe_code__in={"", recipe_code})
    # The recipe's own route sorts after the general one.
    row = wanted.order_by("-recipe_code").first()
    if row is None:
        raise NoRoute(f"No version of {model_name} is deployed yet.", component="model")
    fallback = None
    if row.fallback and row.fallback != row.champion and row.fallback.state in LOADED:
        fallback = _as_route(row.fallback, generation=row.generation)
    return _as_route(row.champion, generation=row.generation, fallback=fallback)


def _read_route_to(model_name: str, version: str) -> Route:
    wanted = version_of(model_name=model_name, version=version)
    deployment = deployments(states=LOADED).filter(version=wanted).first()
    if deployment is None:
        raise UnknownVersion(f"Version {version} of {model_name} is not deployed.")
    return _as_route(deployment, generation=0)


def _as_route(deployment: Deployment, *, generation: int, fallback: Route | None = None) -> Route:
    version = deployment.version
    return Route(
        triton_name=deployment.triton_name,
        model_name=version.model.name,
        version=version.version,
        version_id=version.pk,
        deployment_id=deployment.pk,
        sha256=version.sha256,
        spec=spec_of(version),
        generation=generation,
        fallback=fallback,
    )
