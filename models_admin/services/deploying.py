"""Asking for a version to judge, to judge no more, to be loaded or to leave."""

from datetime import datetime

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.jobs import enqueue_on_commit
from models_admin import selectors
from models_admin.choices import LOADED, DeploymentState, RouteSlot, VersionStatus
from models_admin.errors import LastRoute, NothingEarlier, NotLoaded, NotValidated, UnknownRoute, VersionInUse
from models_admin.models import Deployment, Model, ModelVersion
from models_admin.places import EVERYTHING, Place
from models_admin.services.requests import (
    RECONCILE_TASK,
    ask_for_place,
    check_generation,
    check_usable,
    known_version,
    locked_route,
    request_version,
    usable_version,
)
from models_admin.services.routing import empty_place, take_places
from models_admin.services.steps import announce_deployment, locked, save_deployment


@transaction.atomic
def deploy_version(
    *,
    model_name: str,
    version: str,
    actor: Actor,
    now: datetime,
    recipe_code: str = "",
    tool_code: str = "",
    product_code: str = "",
    slot: RouteSlot = RouteSlot.CHAMPION,
    seen_generation: int | None = None,
    reason: str = "",
    only_loaded: bool = False,
    only_validated: bool = False,
) -> Deployment:
    """Let a version judge at a place.

    A version that is loaded takes its place within this transaction. Otherwise a worker publishes it, loads it, warms
    it up and holds its answers against the recorded ones; until that has succeeded, the present version goes on. A
    version may be asked for several places; in each, the last request that succeeds is the one that holds.

    Args:
        recipe_code, tool_code, product_code: the place; what is empty is meant for all.
        slot: the champion judges; the fallback judges while Triton does not serve the champion.
        seen_generation: generation of the route that was looked at; 0 when there was none. None does not check.
        only_loaded: refuse a version that would have to be loaded first.
        only_validated: refuse a version that no gate has passed.

    Raises:
        UnknownVersion: there is no such version.
        VersionUnusable: it was rejected or archived.
        StaleRoute: the route has changed since it was looked at; nothing is written.
        NotLoaded, NotValidated: as `only_loaded` and `only_validated` say.
    """
    row, model = usable_version(model_name=model_name, version=version)
    if only_validated and row.status != VersionStatus.VALIDATED:
        raise NotValidated(f"{row} is a {row.status}: no gate has passed it. Validate it against a golden set first.")
    place = Place(recipe_code=recipe_code, tool_code=tool_code, product_code=product_code)
    check_generation(model, place=place, seen=seen_generation)
    if only_loaded and not row.deployments.filter(state__in=LOADED).exists():
        raise NotLoaded(f"{model_name} {version} is not loaded. Load it first, or deploy it.")
    return ask_for_place(row, place=place, slot=slot, actor=actor, now=now, reason=reason)


@transaction.atomic
def roll_back(
    *,
    model_name: str,
    place: Place,
    actor: Actor,
    now: datetime,
    reason: str,
    slot: RouteSlot = RouteSlot.CHAMPION,
    seen_generation: int | None = None,
) -> Deployment:
    """Let the version judge that did so before, at once while it is warm; done again, it goes further back.

    Raises:
        UnknownRoute: there is no such place.
        NothingEarlier: no version was there before.
        VersionUnusable, StaleRoute: as `deploy_version`.
    """
    route = locked_route(model_name, place)
    check_generation(route.model, place=place, seen=seen_generation)
    earlier = route.earlier.get(slot, [])
    if not earlier:
        raise NothingEarlier(f"No version of {model_name} has been {slot} of {place} before this one.")
    version = ModelVersion.objects.get(pk=earlier[-1])
    version.model = route.model
    check_usable(version)
    return ask_for_place(version, place=place, slot=slot, actor=actor, now=now, reason=reason, is_rollback=True)


@transaction.atomic
def deactivate_version(
    *,
    model_name: str,
    place: Place,
    actor: Actor,
    now: datetime,
    reason: str,
    slot: RouteSlot = RouteSlot.CHAMPION,
    seen_generation: int | None = None,
) -> None:
    """Take a fallback away, or a champion with its whole route; its images are judged as the next wider route says.

    Raises:
        UnknownRoute: there is no such place, or nothing is in it.
        LastRoute: nobody would judge.
        StaleRoute: as `deploy_version`.
    """
    route = locked_route(model_name, place)
    check_generation(route.model, place=place, seen=seen_generation)
    if slot == RouteSlot.FALLBACK and route.fallback is None:
        raise UnknownRoute(f"{place} has no fallback.")
    if slot == RouteSlot.CHAMPION and place == EVERYTHING:
        raise LastRoute("Nobody would judge what has no route of its own. Deploy another version instead.")
    empty_place(route, slot=slot, actor=actor, now=now, reason=reason)


@transaction.atomic
def load_version(*, model_name: str, version: str, actor: Actor, now: datetime, reason: str = "") -> Deployment:
    """Bring a version onto Triton without any place, so that it can be asked by name and deployed in a moment.

    It stays as long as one that was displaced does.

    Raises:
        UnknownVersion, VersionUnusable: as `deploy_version`.
    """
    row, _ = usable_version(model_name=model_name, version=version)
    return request_version(row, actor=actor, now=now, reason=reason)


@transaction.atomic
def unload_version(*, model_name: str, version: str, actor: Actor, now: datetime, reason: str = "") -> None:
    """Let a version leave Triton as soon as nobody can be on the way to it any more.

    Raises:
        UnknownVersion: there is no such version.
        NotLoaded: it is not there, or still being brought.
        VersionInUse: it judges; `places` says where.
    """
    row, _ = known_version(model_name=model_name, version=version)
    loaded = [locked(key) for key in row.deployments.filter(state__in=LOADED).values_list("pk", flat=True)]
    if not loaded:
        raise NotLoaded(f"{model_name} {version} is not loaded.")
    held = [route for deployment in loaded for route in selectors.routes_to(deployment)]
    if held:
        raise VersionInUse(
            f"{model_name} {version} judges {', '.join(str(route.place) for route in held)}. Deploy another one there.",
            places=[route.place.shown() for route in held],
        )
    for deployment in loaded:
        deployment.leaves = True
        save_deployment(deployment, now=now)
        audit.record(
            action=Action.DEPLOYMENT_TO_LEAVE,
            object_type="deployment",
            object_id=deployment.pk,
            object_version=deployment.revision,
            actor=actor,
            at=now,
            after={"model": model_name, "version": version},
            reason=reason or None,
        )
        announce_deployment(deployment, now=now)
    enqueue_on_commit(RECONCILE_TASK)


@transaction.atomic
def complete_deployment(*, deployment_id: int, actor: Actor, now: datetime) -> Deployment:
    """Give a version that has proved itself the places it was deployed for."""
    model_id = Deployment.objects.values_list("version__model_id", flat=True).get(pk=deployment_id)
    Model.objects.select_for_update(no_key=True).get(pk=model_id)
    deployment = locked(deployment_id)
    if deployment.state == DeploymentState.TRYING:
        take_places(deployment, actor=actor, now=now)
    return deployment
