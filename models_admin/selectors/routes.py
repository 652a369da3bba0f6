"""Who judges now, as values; asked for every image."""

from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from core.briefly import Briefly
from models_admin.choices import LOADED, DeploymentState
from models_admin.errors import NoRoute, UnknownVersion
from models_admin.models import Deployment, ModelVersion, TrafficRoute
from models_admin.places import EVERYTHING, Place
from serving.tensors import DetectorSpec

_SLOTS = ("champion", "fallback")
# What deciding about an image does not need, and is large.
_NOT_NEEDED = [f"{slot}__version__{column}" for slot in _SLOTS for column in ("golden", "card")]


@dataclass(frozen=True, eq=False)
class Route:
    """Where to send images, as a value.

    Attributes:
        triton_name: Triton's name of the exact version.
        version_id: the `ModelVersion` a result names.
        deployment_id: the `Deployment` that judges.
        sha256: digest of the model file.
        generation: of the route row; 0 when a version was asked for by name.
        place: whose route it is; everything when a version was asked for by name.
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
    place: Place = EVERYTHING
    fallback: "Route | None" = None


# A second old at most: the version routed to before stays loaded for far longer than that.
_tables: Briefly[dict[Place, Route]] = Briefly(ttl_s=1.0)
_by_name: Briefly[Route] = Briefly(ttl_s=1.0)
# Versions never change, so their descriptions are parsed once.
_specs: Briefly[DetectorSpec] = Briefly(ttl_s=3600.0, limit=256)


def route_for(*, model_name: str, recipe_code: str = "", tool_code: str = "", product_code: str = "") -> Route:
    """The route of the narrowest place that these are in, see `Place.wider`. Remembered for a second.

    Raises:
        NoRoute: no version of the model is deployed there.
    """
    table = _tables.get(model_name, lambda: _read_table(model_name))
    for place in Place(recipe_code, tool_code, product_code).wider():
        if place in table:
            return table[place]
    raise NoRoute(f"No version of {model_name} is deployed for it yet.", component="model")


def route_to(*, model_name: str, version: str) -> Route:
    """The route to one version asked for by name. Remembered for a second.

    Raises:
        UnknownVersion: there is no such version, or it is not loaded.
    """
    return _by_name.get((model_name, version), lambda: _read_route_to(model_name, version))


def forget_routes() -> None:
    """Read routes again from now on; for the process that has just changed one, and for tests."""
    _tables.clear()
    _by_name.clear()


def routes() -> QuerySet[TrafficRoute]:
    """Every route with its champion and fallback."""
    return TrafficRoute.objects.select_related(
        "model", "champion__version__model", "fallback__version__model"
    ).order_by("model__name", "recipe_code", "tool_code", "product_code")


def routes_to(deployment: Deployment) -> QuerySet[TrafficRoute]:
    """Routes that send images to a deployment, or would if their champion failed."""
    return routes().filter(Q(champion=deployment) | Q(fallback=deployment))


def spec_of(version: ModelVersion) -> DetectorSpec:
    """The description of a version, as a value."""
    return _specs.get(version.pk, lambda: DetectorSpec.from_dict(version.metadata))


def _read_table(model_name: str) -> dict[Place, Route]:
    rows = routes().filter(model__name=model_name).defer(*_NOT_NEEDED)
    table = {row.place: _read_route(row) for row in rows}
    if not table:
        # Said by an error, which is not remembered: the first deployment judges at once.
        raise NoRoute(f"No version of {model_name} is deployed yet.", component="model")
    return table


def _read_route(row: TrafficRoute) -> Route:
    fallback = None
    if row.fallback and row.fallback.version_id != row.champion.version_id and row.fallback.state in LOADED:
        fallback = replace(_as_route(row.fallback), generation=row.generation, place=row.place)
    return replace(_as_route(row.champion), generation=row.generation, place=row.place, fallback=fallback)


def _read_route_to(model_name: str, version: str) -> Route:
    wanted = ModelVersion.objects.filter(model__name=model_name, version=version).first()
    if wanted is None:
        raise UnknownVersion(f"There is no version {version} of {model_name}.")
    loaded = Deployment.objects.filter(version=wanted, state__in=LOADED, leaves=False).select_related("version__model")
    deployment = max(loaded, key=_how_lasting, default=None)
    if deployment is None:
        raise UnknownVersion(f"Version {version} of {model_name} is not deployed.")
    return _as_route(deployment)


def _how_lasting(deployment: Deployment) -> tuple[bool, int]:
    """Of a version that is loaded by several configurations, the one that stays goes before those that leave."""
    return deployment.state == DeploymentState.ACTIVE, deployment.config_revision


def _as_route(deployment: Deployment) -> Route:
    version = deployment.version
    return Route(
        triton_name=deployment.triton_name,
        model_name=version.model.name,
        version=version.version,
        version_id=version.pk,
        deployment_id=deployment.pk,
        sha256=version.sha256,
        spec=spec_of(version),
    )
