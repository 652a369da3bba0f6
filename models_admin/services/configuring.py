"""How a model is served: changed by a person, then followed by everything that judges, without a gap.

Triton is never told to load a served model again: the version is brought up by the new configuration under another
name, tried, measured beside the old one, and takes its places like any deployment. Until then the old one serves.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from core.jobs import enqueue_on_commit
from models_admin import selectors
from models_admin.choices import LOADED, ON_THE_WAY, DeploymentState, RouteSlot
from models_admin.errors import StaleConfig, StaleModel
from models_admin.models import Deployment, Model, PlaceRequest, ServingConfig
from models_admin.services.requests import (
    CARRY_OUT_TASK,
    RECONCILE_TASK,
    add_request,
    locked_model,
    new_deployment,
)
from models_admin.services.routing import take_places
from models_admin.services.steps import announce_deployment, every_site, locked, save_deployment
from outbox import services as outbox
from serving.repository import ModelConfig


@transaction.atomic
def change_config(
    *, model_name: str, values: Mapping[str, Any], seen_revision: int, actor: Actor, now: datetime, reason: str = ""
) -> ServingConfig:
    """Serve a model in another way from now on; the reconciler brings what judges there.

    Args:
        values: `instances`, `max_queue_delay_us`, `preferred_batches`, `max_queue_size`; what is left out stays.
        seen_revision: of the configuration that was looked at.

    Returns:
        The configuration in force: the present one where nothing is different.

    Raises:
        UnknownVersion: there is no such model.
        StaleConfig: it was changed since it was looked at.
        Invalid: a batch is preferred that is never made.
    """
    model = locked_model(model_name)
    current = selectors.config_in_force(model)
    if current.revision != seen_revision:
        raise StaleConfig("It was changed after you looked at it.", seen=seen_revision, current=current.revision)
    before = selectors.values_of(current)
    after = {
        **before,
        **values,
        "preferred_batches": sorted(set(values.get("preferred_batches", before["preferred_batches"]))),
    }
    _check_batches(after["preferred_batches"])
    if after == before:
        return current
    config = ServingConfig(
        model=model, revision=current.revision + 1, **after, reason=reason, made_at=now, made_by=actor.username
    )
    config.full_clean()
    config.save(force_insert=True)
    audit.record(
        action=Action.SERVING_CONFIG_CHANGED,
        object_type="model",
        object_id=model.pk,
        object_version=config.revision,
        actor=actor,
        at=now,
        before=before,
        after=after,
        reason=reason or None,
    )
    outbox.announce(
        type="serving_config.changed",
        topics=every_site(),
        payload={"model": model.name, "revision": config.revision},
        now=now,
    )
    enqueue_on_commit(RECONCILE_TASK)
    return config


@transaction.atomic
def change_model(
    *, model_name: str, values: Mapping[str, str], seen_revision: int, actor: Actor, now: datetime
) -> Model:
    """Say something else of a model: what it is for, and whom to ask.

    Args:
        values: `description`, `contact`; what is left out stays.

    Raises:
        UnknownVersion: there is no such model.
        StaleModel: it was changed since it was looked at.
    """
    model = locked_model(model_name)
    if model.revision != seen_revision:
        raise StaleModel("It was changed after you looked at it.", seen=seen_revision, current=model.revision)
    before = {name: getattr(model, name) for name in values}
    if before == dict(values):
        return model
    for name, value in values.items():
        setattr(model, name, value)
    model.revision += 1
    model.save(update_fields=[*values, "revision"])
    audit.record(
        action=Action.MODEL_CHANGED,
        object_type="model",
        object_id=model.pk,
        object_version=model.revision,
        actor=actor,
        at=now,
        before=before,
        after=dict(values),
    )
    return model


@transaction.atomic
def follow_config(*, deployment_id: int, actor: Actor, now: datetime) -> Deployment | None:
    """Have a version that judges served by the configuration in force, in all of its places.

    The places' decisions stay, so that whoever deploys something else meanwhile comes later and holds.

    Returns:
        The deployment by that configuration; None where it has nothing to follow, or where that has failed before.
    """
    model_id = Deployment.objects.values_list("version__model_id", flat=True).get(pk=deployment_id)
    model = Model.objects.select_for_update(no_key=True).get(pk=model_id)
    current = locked(deployment_id)
    revision = selectors.config_in_force(model).revision
    if current.state != DeploymentState.ACTIVE or current.config_revision == revision:
        return None
    known = current.version.deployments.filter(config_revision=revision).order_by("-id").first()
    if known is not None and (known.state == DeploymentState.FAILED or known.state in ON_THE_WAY):
        return None
    wanted = locked(known.pk) if known is not None and known.state in LOADED else new_deployment(current.version)
    wanted.requested_by, wanted.requested_at, wanted.leaves = current.requested_by, now, False
    save_deployment(wanted, now=now)
    for asked in _places_held(current):
        add_request(wanted, asked)
    audit.record(
        action=Action.DEPLOYMENT_REQUESTED,
        object_type="deployment",
        object_id=wanted.pk,
        object_version=wanted.revision,
        actor=actor,
        at=now,
        after={"model": model.name, "version": current.version.version, "config": revision},
    )
    if wanted.state in LOADED:
        take_places(wanted, actor=actor, now=now)
    else:
        announce_deployment(wanted, now=now)
        enqueue_on_commit(CARRY_OUT_TASK, deployment_id=wanted.pk)
    return wanted


def _places_held(deployment: Deployment) -> list[PlaceRequest]:
    return [
        PlaceRequest(**route.place.as_dict(), slot=slot, decision=getattr(route, f"{slot}_decision"))
        for route in selectors.routes_to(deployment)
        for slot in RouteSlot
        if getattr(route, f"{slot}_id") == deployment.pk
    ]


def _check_batches(sizes: list[int]) -> None:
    most = ModelConfig().max_batch
    if too_large := [size for size in sizes if size > most]:
        raise Invalid.of({"preferred_batches": [f"{too_large[0]} is more than a batch holds, {most}."]})
