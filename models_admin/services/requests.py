"""What every request about deployments goes through: the model locked, the version found, the request written."""

from datetime import datetime

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.jobs import enqueue_on_commit
from models_admin import selectors
from models_admin.choices import DEPLOYABLE, LOADED, ON_THE_WAY, RouteSlot, VersionStatus
from models_admin.errors import StaleRoute, UnknownRoute, UnknownVersion, VersionUnusable
from models_admin.models import Deployment, Model, ModelVersion, PlaceRequest, TrafficRoute
from models_admin.places import Place
from models_admin.services.routing import take_places
from models_admin.services.steps import announce_deployment, save_deployment
from serving.repository import triton_model_name

CARRY_OUT_TASK = "models_admin.carry_out"
RECONCILE_TASK = "models_admin.reconcile"


def ask_for_place(
    version: ModelVersion,
    *,
    place: Place,
    slot: RouteSlot,
    actor: Actor,
    now: datetime,
    reason: str,
    is_rollback: bool = False,
) -> Deployment:
    """Ask for one place, by the next decision about the model, which is locked."""
    model = version.model
    model.decisions += 1
    model.save(update_fields=["decisions"])
    asked = PlaceRequest(**place.as_dict(), slot=slot, decision=model.decisions, is_rollback=is_rollback)
    return request_version(version, asked=asked, actor=actor, now=now, reason=reason)


def request_version(
    version: ModelVersion, *, actor: Actor, now: datetime, reason: str, asked: PlaceRequest | None = None
) -> Deployment:
    """Have a version on Triton, and in the place that is asked for, if any."""
    deployment = _live_or_new(version)
    deployment.requested_by, deployment.requested_at, deployment.leaves = actor.username, now, False
    save_deployment(deployment, now=now)
    if asked is not None:
        add_request(deployment, asked)
    audit.record(
        action=Action.DEPLOYMENT_ROLLED_BACK if asked and asked.is_rollback else Action.DEPLOYMENT_REQUESTED,
        object_type="deployment",
        object_id=deployment.pk,
        object_version=deployment.revision,
        actor=actor,
        at=now,
        after={
            "model": version.model.name,
            "version": version.version,
            **({**asked.place.shown(), "slot": asked.slot, "decision": asked.decision} if asked else {}),
        },
        reason=reason or None,
    )
    if deployment.state in LOADED:
        take_places(deployment, actor=actor, now=now)
    else:
        announce_deployment(deployment, now=now)
        enqueue_on_commit(CARRY_OUT_TASK, deployment_id=deployment.pk)
    return deployment


def add_request(deployment: Deployment, asked: PlaceRequest) -> None:
    """Note a place a deployment is asked for; asked again for the same one, the later decision counts."""
    deployment.requests.update_or_create(
        **asked.place.as_dict(),
        slot=asked.slot,
        defaults={"decision": asked.decision, "is_rollback": asked.is_rollback},
    )


def usable_version(*, model_name: str, version: str) -> tuple[ModelVersion, Model]:
    """A version that may be deployed, and its locked model.

    Raises:
        UnknownVersion, VersionUnusable: it cannot be.
    """
    row, model = known_version(model_name=model_name, version=version)
    check_usable(row)
    return row, model


def known_version(*, model_name: str, version: str) -> tuple[ModelVersion, Model]:
    """The version and its locked model: requests about one model are taken one after the other."""
    model = locked_model(model_name)
    row = model.versions.filter(version=version).first()
    if row is None:
        raise UnknownVersion(f"There is no version {version} of {model_name}.")
    row.model = model
    return row, model


def locked_model(name: str) -> Model:
    """
    Raises:
        UnknownVersion: there is no such model.
    """
    model = Model.objects.select_for_update(no_key=True).filter(name=name).first()
    if model is None:
        raise UnknownVersion(f"There is no model {name}.")
    return model


def check_usable(version: ModelVersion) -> None:
    if VersionStatus(version.status) not in DEPLOYABLE:
        raise VersionUnusable(f"{version} is {version.status}.", status=version.status)


def _live_or_new(version: ModelVersion) -> Deployment:
    """The version's deployment that is loaded or under way, locked, else a new one that is not stored yet.

    One that is loaded by an older configuration judges at once; the reconciler moves it to the one in force.
    """
    live = list(version.deployments.select_for_update(no_key=True).filter(state__in=ON_THE_WAY | LOADED))
    if not live:
        return new_deployment(version)
    best = max(live, key=lambda one: (one.state in LOADED, one.config_revision))
    best.version = version
    return best


def locked_route(model_name: str, place: Place) -> TrafficRoute:
    """The route of exactly this place, with its locked model."""
    model = locked_model(model_name)
    route = selectors.routes().filter(model=model, **place.as_dict()).first()
    if route is None:
        raise UnknownRoute(f"{model_name} has no route for {place}.")
    route.model = model
    return route


def check_generation(model: Model, *, place: Place, seen: int | None) -> None:
    if seen is None:
        return
    current = model.routes.filter(**place.as_dict()).values_list("generation", flat=True).first() or 0
    if current != seen:
        raise StaleRoute("The route was changed after you looked at it.", seen=seen, current=current)


def new_deployment(version: ModelVersion) -> Deployment:
    """One that is not stored yet, by the configuration in force."""
    revision = selectors.config_in_force(version.model).revision
    name = triton_model_name(model_name=version.model.name, version=version.version, revision=revision)
    return Deployment(version=version, triton_name=name, config_revision=revision)
