"""Asking for a deployment, and giving it its place in traffic once it has proved itself."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import Site
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.jobs import enqueue_on_commit
from models_admin import selectors
from models_admin.choices import (
    DEPLOYABLE,
    LOADED,
    ON_THE_WAY,
    DeploymentState,
    RouteSlot,
    VersionStatus,
    check_deployment_step,
)
from models_admin.errors import StaleRoute, UnknownVersion, VersionUnusable
from models_admin.models import Deployment, Model, ModelVersion, PlaceRequest, TrafficRoute
from models_admin.services.history import hand_over
from outbox import services as outbox
from serving.repository import triton_model_name

CARRY_OUT_TASK = "models_admin.carry_out"


@transaction.atomic
def deploy_version(
    *,
    model_name: str,
    version: str,
    actor: Actor,
    now: datetime,
    recipe_code: str = "",
    slot: RouteSlot = RouteSlot.CHAMPION,
    seen_generation: int | None = None,
    reason: str = "",
) -> Deployment:
    """Let a version judge. Rolling back is the same: deploying an earlier version.

    A version that is loaded takes its place within this transaction. Otherwise a worker publishes it, loads it, warms
    it up and holds its answers against the recorded ones; until that has succeeded, the present version goes on. A
    version may be asked for several places; in each, the last request that succeeds is the one that holds.

    Args:
        recipe_code: the route to take; empty is the one for every recipe without a route of its own.
        slot: the champion judges; the fallback judges while Triton does not serve the champion.
        seen_generation: generation of the route that was looked at; 0 when there was none. None does not check.

    Raises:
        UnknownVersion: there is no such version.
        VersionUnusable: it was rejected or archived.
        StaleRoute: the route has changed since it was looked at; nothing is written.
    """
    row, model = _version_for_deployment(model_name=model_name, version=version)
    _check_generation(model, recipe_code=recipe_code, seen=seen_generation)
    model.decisions += 1
    model.save(update_fields=["decisions"])
    deployment = _live_or_new(row)
    deployment.requested_by, deployment.requested_at = actor.username, now
    _save(deployment, now=now)
    deployment.requests.update_or_create(recipe_code=recipe_code, slot=slot, defaults={"decision": model.decisions})
    audit.record(
        action=Action.DEPLOYMENT_REQUESTED,
        object_type="deployment",
        object_id=deployment.pk,
        object_version=deployment.revision,
        actor=actor,
        at=now,
        after={
            "model": model.name,
            "version": version,
            "recipe": recipe_code,
            "slot": slot,
            "decision": model.decisions,
        },
        reason=reason or None,
    )
    if deployment.state in LOADED:
        take_places(deployment, actor=actor, now=now)
    else:
        announce_deployment(deployment, now=now)
        enqueue_on_commit(CARRY_OUT_TASK, deployment_id=deployment.pk)
    return deployment


@transaction.atomic
def complete_deployment(*, deployment_id: int, actor: Actor, now: datetime) -> Deployment:
    """Give a version that has proved itself the places it was deployed for."""
    model_id = Deployment.objects.values_list("version__model_id", flat=True).get(pk=deployment_id)
    Model.objects.select_for_update(no_key=True).get(pk=model_id)
    deployment = locked(deployment_id)
    if deployment.state == DeploymentState.WARMING:
        take_places(deployment, actor=actor, now=now)
    return deployment


def take_places(deployment: Deployment, *, actor: Actor, now: datetime) -> None:
    """Give a loaded deployment the places it was asked for, but those that a later request has filled.

    The model row is locked.
    """
    displaced = [
        occupant
        for request in deployment.requests.order_by("decision")
        for occupant in _take(request, deployment=deployment, actor=actor, now=now)
    ]
    deployment.requests.all().delete()
    if deployment.state == DeploymentState.WARMING:
        move(deployment, to=DeploymentState.DRAINING, actor=actor, now=now)
    for idle in displaced:
        _rest(idle, actor=actor, now=now)
    transaction.on_commit(selectors.forget_routes)


def _take(request: PlaceRequest, *, deployment: Deployment, actor: Actor, now: datetime) -> list[Deployment]:
    """Flip one place of a route to a deployment, unless a later request has filled it.

    Returns:
        Who has to leave for it: one deployment or none.
    """
    model = deployment.version.model
    route = TrafficRoute.objects.filter(model=model, recipe_code=request.recipe_code).first()
    if route is None:
        # A fallback without a champion stands in for it until somebody asks for one.
        route = TrafficRoute(model=model, recipe_code=request.recipe_code, generation=0, champion=deployment)
    elif getattr(route, f"{request.slot}_decision") > request.decision:
        return []
    occupant = getattr(route, request.slot) if route.pk else None
    stands_in = route.pk is None and request.slot != RouteSlot.CHAMPION
    setattr(route, request.slot, deployment)
    setattr(route, f"{request.slot}_decision", request.decision)
    route.generation += 1
    route.changed_at = now
    route.save()
    if deployment.state != DeploymentState.ACTIVE:
        move(deployment, to=DeploymentState.ACTIVE, actor=actor, now=now)
    for slot in (RouteSlot.CHAMPION, request.slot) if stands_in else (request.slot,):
        hand_over(route, slot=slot, deployment=deployment, taken_by=deployment.requested_by, now=now)
    _record_flip(route, slot=request.slot, occupant=occupant, deployment=deployment, actor=actor, now=now)
    return [occupant] if occupant is not None and occupant != deployment else []


def move(deployment: Deployment, *, to: DeploymentState, actor: Actor, now: datetime, error: str = "") -> None:
    """One step of the state machine, recorded and announced. The caller holds the row or its model.

    Raises:
        IllegalTransition: there is no such step.
    """
    check_deployment_step(deployment.state, to)
    before = deployment.state
    deployment.state, deployment.error = to, error
    _save(deployment, now=now)
    if to == DeploymentState.FAILED:
        deployment.requests.all().delete()
    audit.record(
        action=Action.DEPLOYMENT_CHANGED,
        object_type="deployment",
        object_id=deployment.pk,
        object_version=deployment.revision,
        actor=actor,
        at=now,
        before={"state": before},
        after={"state": to, "error": error} if error else {"state": to},
    )
    announce_deployment(deployment, now=now)


def locked(deployment_id: int) -> Deployment:
    """The deployment for writing. Whoever needs the model's lock as well takes that one first."""
    return (
        Deployment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("version__model")
        .get(pk=deployment_id)
    )


def is_routed(deployment: Deployment) -> bool:
    """Whether some route sends images to it, or would if its champion failed."""
    return TrafficRoute.objects.filter(Q(champion=deployment) | Q(fallback=deployment)).exists()


def announce_deployment(deployment: Deployment, *, now: datetime) -> None:
    """Tell every site: models belong to none."""
    version = deployment.version
    outbox.announce(
        type="deployment.changed",
        topics=every_site(),
        payload={
            "deployment": deployment.pk,
            "model": version.model.name,
            "version": version.version,
            "state": deployment.state,
            "error": deployment.error,
            "revision": deployment.revision,
        },
        now=now,
    )


def _version_for_deployment(*, model_name: str, version: str) -> tuple[ModelVersion, Model]:
    """The version and its locked model: requests about one model are taken one after the other."""
    model = Model.objects.select_for_update(no_key=True).filter(name=model_name).first()
    row = model.versions.filter(version=version).first() if model else None
    if model is None or row is None:
        raise UnknownVersion(f"There is no version {version} of {model_name}.")
    if VersionStatus(row.status) not in DEPLOYABLE:
        raise VersionUnusable(f"{model_name} {version} is {row.status}.", status=row.status)
    row.model = model
    return row, model


def _live_or_new(version: ModelVersion) -> Deployment:
    """The version's deployment that is under way or loaded, locked, else a new one that is not stored yet."""
    live = version.deployments.select_for_update(no_key=True).filter(state__in=ON_THE_WAY | LOADED).first()
    if live is None:
        name = triton_model_name(model_name=version.model.name, version=version.version)
        return Deployment(version=version, triton_name=name)
    live.version = version
    return live


def _check_generation(model: Model, *, recipe_code: str, seen: int | None) -> None:
    if seen is None:
        return
    current = model.routes.filter(recipe_code=recipe_code).values_list("generation", flat=True).first() or 0
    if current != seen:
        raise StaleRoute("The route was changed after you looked at it.", seen=seen, current=current)


def _rest(deployment: Deployment, *, actor: Actor, now: datetime) -> None:
    """Let a deployment drain unless some route still needs it."""
    deployment = locked(deployment.pk)
    if deployment.state != DeploymentState.DRAINING and not is_routed(deployment):
        move(deployment, to=DeploymentState.DRAINING, actor=actor, now=now)


def _record_flip(
    route: TrafficRoute,
    *,
    slot: str,
    occupant: Deployment | None,
    deployment: Deployment,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        action=Action.ROUTE_FLIPPED,
        object_type="traffic_route",
        object_id=route.pk,
        object_version=route.generation,
        actor=actor,
        at=now,
        before={slot: occupant.triton_name if occupant else None},
        after={slot: deployment.triton_name},
    )
    outbox.announce(
        type="route.flipped",
        topics=every_site(),
        payload={
            "model": route.model.name,
            "recipe": route.recipe_code,
            "slot": slot,
            "version": deployment.version.version,
            "generation": route.generation,
        },
        now=now,
    )


def every_site() -> list[str]:
    return [f"site:{pk}" for pk in Site.objects.order_by("pk").values_list("pk", flat=True)]


def _save(deployment: Deployment, *, now: datetime) -> None:
    deployment.changed_at = now
    if deployment.pk is None:
        deployment.full_clean()
        deployment.save(force_insert=True)
    else:
        deployment.revision += 1
        deployment.save()
