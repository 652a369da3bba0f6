"""Who judges where. Routes are changed here and nowhere else; the caller holds the model's row."""

from datetime import datetime

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from models_admin import selectors
from models_admin.choices import DeploymentState, RouteSlot
from models_admin.models import Deployment, PlaceRequest, TrafficRoute
from models_admin.services.history import hand_over
from models_admin.services.steps import every_site, locked, move
from outbox import services as outbox


def take_places(deployment: Deployment, *, actor: Actor, now: datetime) -> None:
    """Give a loaded deployment the places it was asked for, but those that a later request has filled."""
    displaced = [
        occupant
        for request in deployment.requests.order_by("decision")
        for occupant in _take(request, deployment=deployment, actor=actor, now=now)
    ]
    deployment.requests.all().delete()
    if deployment.state == DeploymentState.TRYING:
        move(deployment, to=DeploymentState.DRAINING, actor=actor, now=now)
    for idle in displaced:
        rest(idle, actor=actor, now=now)
    transaction.on_commit(selectors.forget_routes)


def empty_place(route: TrafficRoute, *, slot: RouteSlot, actor: Actor, now: datetime, reason: str) -> None:
    """Take a slot of a route away: its fallback, or with its champion the whole route."""
    leaving = [route.champion, route.fallback] if slot == RouteSlot.CHAMPION else [route.fallback]
    before = {"champion": route.champion.triton_name, "fallback": _name(route.fallback)}
    PlaceRequest.objects.filter(
        deployment__version__model=route.model_id,
        **route.place.as_dict(),
        **({} if slot == RouteSlot.CHAMPION else {"slot": slot}),
    ).delete()
    for emptied in (RouteSlot.CHAMPION, RouteSlot.FALLBACK) if slot == RouteSlot.CHAMPION else (slot,):
        hand_over(route, slot=emptied, deployment=None, taken_by=actor.username, now=now)
    key = route.pk
    route.generation += 1
    if slot == RouteSlot.CHAMPION:
        route.delete()
    else:
        route.fallback, route.fallback_decision, route.changed_at = None, 0, now
        route.save()
    audit.record(
        action=Action.ROUTE_EMPTIED,
        object_type="traffic_route",
        object_id=key,
        object_version=route.generation,
        actor=actor,
        at=now,
        before={**route.place.shown(), **before},
        after={slot: None},
        reason=reason,
    )
    _announce(route, slot=slot, version=None, now=now)
    for idle in leaving:
        if idle is not None:
            rest(idle, actor=actor, now=now)
    transaction.on_commit(selectors.forget_routes)


def rest(deployment: Deployment, *, actor: Actor, now: datetime) -> None:
    """Let a deployment drain unless some route still needs it."""
    deployment = locked(deployment.pk)
    if deployment.state == DeploymentState.ACTIVE and not is_routed(deployment):
        move(deployment, to=DeploymentState.DRAINING, actor=actor, now=now)


def is_routed(deployment: Deployment) -> bool:
    """Whether some route sends images to it, or would if its champion failed."""
    return selectors.routes_to(deployment).exists()


def _take(request: PlaceRequest, *, deployment: Deployment, actor: Actor, now: datetime) -> list[Deployment]:
    """Flip one place of a route to a deployment, unless a later request has filled it.

    Returns:
        Who has to leave for it: one deployment or none.
    """
    model = deployment.version.model
    place = request.place.as_dict()
    route = TrafficRoute.objects.filter(model=model, **place).first()
    if route is None:
        # A fallback without a champion stands in for it until somebody asks for one. A route that was taken away and
        # comes again does not begin to count anew: whoever looked at it then must see that it is another.
        route = TrafficRoute(model=model, **place, generation=max(request.decision - 1, 0), champion=deployment)
    elif getattr(route, f"{request.slot}_decision") > request.decision:
        return []
    occupant = getattr(route, request.slot) if route.pk else None
    stands_in = route.pk is None and request.slot != RouteSlot.CHAMPION
    _remember_earlier(route, request, occupant=occupant, deployment=deployment)
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


def _remember_earlier(
    route: TrafficRoute, request: PlaceRequest, *, occupant: Deployment | None, deployment: Deployment
) -> None:
    """Rolling back goes further back each time, and never to what was rolled back from."""
    if occupant is None or occupant.version_id == deployment.version_id:
        return
    earlier = list(route.earlier.get(request.slot, []))
    if request.is_rollback and deployment.version_id in earlier:
        while earlier.pop() != deployment.version_id:
            pass
    else:
        earlier.append(occupant.version_id)
    route.earlier = {**route.earlier, request.slot: earlier[-TrafficRoute.EARLIER_KEPT :]}


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
        before={slot: _name(occupant)},
        after={slot: deployment.triton_name},
    )
    _announce(route, slot=slot, version=deployment.version.version, now=now)


def _announce(route: TrafficRoute, *, slot: str, version: str | None, now: datetime) -> None:
    outbox.announce(
        type="route.flipped",
        topics=every_site(),
        payload={
            "model": route.model.name,
            **route.place.shown(),
            "slot": slot,
            "version": version,
            "generation": route.generation,
        },
        now=now,
    )


def _name(deployment: Deployment | None) -> str | None:
    return deployment.triton_name if deployment else None
