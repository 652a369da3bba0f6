"""Making Triton hold what the database says: after a request, a crash, a restart. Safe to repeat at any time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core import metrics
from core.actors import Actor
from models_admin import deployment as triton
from models_admin.choices import LOADED, ON_THE_WAY, ControlKind, DeploymentState
from models_admin.models import Deployment
from models_admin.selectors import deployments, routed_by_older_configs
from models_admin.services.configuring import follow_config
from models_admin.services.control_log import logged
from models_admin.services.deploying import complete_deployment
from models_admin.services.lending import lent_names, take_back_loans
from models_admin.services.routing import is_routed
from models_admin.services.steps import announce_deployment, locked, move
from serving.errors import ModelNotReady, ServingError, TritonTimeout

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

# A version that was routed away from stays loaded for a quick way back, but not more of them than this, nor for longer.
KEEP_LOADED = 2
KEEP_LOADED_FOR = timedelta(hours=24)
# Requests routed a moment before the flip still want their answers.
DRAIN_FOR = timedelta(seconds=30)
# A version that Triton cannot load again after a restart is tried again this often.
TRY_AGAIN_AFTER = timedelta(seconds=60)
# A version that takes longer to load than it may is given up after this many times.
MOST_TRIES = 5
_NEEDS_IT_LOADED = frozenset({DeploymentState.WARMING, DeploymentState.TRYING})


@dataclass
class Reconciled:
    """What one round found and did.

    Attributes:
        busy: another process was at it; nothing was looked at.
        triton_away: Triton does not answer, or no longer; what is left waits.
        loaded, retired, advanced: Triton names.
        faults: what went wrong, by Triton name.
    """

    busy: bool = False
    triton_away: bool = False
    loaded: list[str] = field(default_factory=list)
    advanced: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def reconcile_deployments(*, actor: Actor, clock: Clock) -> Reconciled:
    """One round: load what must be loaded, carry on what was begun, retire what is done with."""
    done = Reconciled()
    with triton.deployer_lock() as is_held:
        if not is_held:
            done.busy = True
            return done
        if not triton.triton_control().is_live():
            done.triton_away = True
            return done
        for row in deployments(states=LOADED):
            _keep_loaded(row, done, actor=actor, clock=clock)
        for row in routed_by_older_configs():
            follow_config(deployment_id=row.pk, actor=actor, now=clock())
        for row in deployments(states=ON_THE_WAY).order_by("pk"):
            _carry_out(row, actor=actor, clock=clock)
            done.advanced.append(row.triton_name)
        for row in _drained(now=clock()):
            _retire(row, done, actor=actor, clock=clock)
        _clear_away_failed(done, actor=actor, clock=clock)
        _take_back_loans(done, actor=actor, clock=clock)
    return done


def carry_out_deployment(*, deployment_id: int, actor: Actor, clock: Clock) -> Deployment | None:
    """Do one requested deployment now, as far as Triton lets us.

    Returns:
        The deployment as it is afterwards; None when another process is deploying (the next round comes to it).
    """
    with triton.deployer_lock() as is_held:
        if not is_held:
            return None
        return _carry_out(deployments().get(pk=deployment_id), actor=actor, clock=clock)


def _carry_out(row: Deployment, *, actor: Actor, clock: Clock) -> Deployment:
    """Step by step until it is active, has failed, or Triton is away. Every step may be repeated."""
    try:
        if row.state == DeploymentState.PUBLISHING:
            triton.publish(row)
            _step(row, to=DeploymentState.LOADING, actor=actor, clock=clock)
        if row.state == DeploymentState.LOADING:
            with logged(ControlKind.LOAD, row, asked_by=row.requested_by, actor=actor, clock=clock):
                triton.load(row)
            _step(row, to=DeploymentState.WARMING, actor=actor, clock=clock)
        if row.state == DeploymentState.WARMING:
            triton.warm_up(row)
            _step(row, to=DeploymentState.TRYING, actor=actor, clock=clock)
        if row.state == DeploymentState.TRYING:
            triton.try_golden(row)
            _compare_with_the_present(row)
            return complete_deployment(deployment_id=row.pk, actor=actor, now=clock())
    except ServingError as fault:
        _after_fault(row, fault, actor=actor, clock=clock)
    except FileNotFoundError as fault:
        _after_fault(row, ServingError(f"its file is not in the store: {fault}"), actor=actor, clock=clock)
    except OSError as fault:
        # A full disk and a store that is away pass by.
        logger.warning("deployment_waits", triton_name=row.triton_name, state=row.state, error=str(fault))
        _note(row, f"waiting for the store and the disk: {fault}", actor=actor, clock=clock, tries=row.tries)
    return row


def _compare_with_the_present(row: Deployment) -> None:
    """Where it is to replace the same version by another configuration, measure both at the same time of day."""
    others = deployments(states=LOADED).filter(version=row.version).exclude(pk=row.pk)
    present = others.order_by("-config_revision").first()
    if present is None:
        return
    try:
        measured = {"before": triton.speed_of(present), "after": triton.speed_of(row)}
    except ServingError as fault:
        # What is not measured is served all the same: it has answered to the golden images.
        logger.warning("configurations_not_measured", triton_name=row.triton_name, code=fault.code)
        return
    Deployment.objects.filter(pk=row.pk).update(measured={"before_revision": present.config_revision, **measured})


def _after_fault(row: Deployment, fault: ServingError, *, actor: Actor, clock: Clock) -> None:
    logger.warning(
        "deployment_fault", triton_name=row.triton_name, state=row.state, code=fault.code, outage=fault.outage
    )
    is_slow = isinstance(fault, TritonTimeout)
    if isinstance(fault, ModelNotReady) and row.state in _NEEDS_IT_LOADED:
        _step(row, to=DeploymentState.LOADING, actor=actor, clock=clock, error="Triton has lost it; it is loaded again")
    elif fault.outage and not (is_slow and row.tries + 1 >= MOST_TRIES):
        _note(row, f"waiting for Triton: {fault.detail}", actor=actor, clock=clock, tries=row.tries + is_slow)
    else:
        _step(row, to=DeploymentState.FAILED, actor=actor, clock=clock, error=fault.detail)


def _step(row: Deployment, *, to: DeploymentState, actor: Actor, clock: Clock, error: str = "") -> None:
    """Move a row that nobody has moved meanwhile; `row` follows what is stored."""
    with transaction.atomic():
        stored = locked(row.pk)
        if stored.state == row.state:
            move(stored, to=to, actor=actor, now=clock(), error=error)
    row.state, row.error, row.revision = stored.state, stored.error, stored.revision


def _note(row: Deployment, error: str, *, actor: Actor, clock: Clock, tries: int = 0) -> None:
    """Say on the row what it waits for, without a step."""
    error = error[:2000]
    if (row.error, row.tries) == (error, tries):
        return
    with transaction.atomic():
        stored = locked(row.pk)
        before = {"error": stored.error, "tries": stored.tries}
        stored.error, stored.tries, stored.changed_at = error, tries, clock()
        stored.revision += 1
        stored.save(update_fields=["error", "tries", "changed_at", "revision"])
        audit.record(
            action=Action.DEPLOYMENT_CHANGED,
            object_type="deployment",
            object_id=stored.pk,
            object_version=stored.revision,
            actor=actor,
            at=stored.changed_at,
            before=before,
            after={"error": error, "tries": tries},
        )
        announce_deployment(stored, now=stored.changed_at)
    row.error, row.tries, row.changed_at = stored.error, stored.tries, stored.changed_at


def _keep_loaded(row: Deployment, done: Reconciled, *, actor: Actor, clock: Clock) -> None:
    """Load a version again that Triton has lost."""
    name = row.triton_name
    if triton.triton_control().is_model_ready(model_name=name):
        _note(row, "", actor=actor, clock=clock)
        return
    if row.error and clock() - row.changed_at < TRY_AGAIN_AFTER:
        return
    try:
        with logged(ControlKind.LOAD, row, asked_by="", actor=actor, clock=clock):
            triton.load(row)
    except (ServingError, OSError) as fault:
        done.faults[name] = str(fault)
        if not getattr(fault, "outage", False):
            _note(row, f"Triton does not load it: {fault}", actor=actor, clock=clock)
        logger.warning("reload_failed", triton_name=name, error=str(fault))
        return
    _note(row, "", actor=actor, clock=clock)
    done.loaded.append(name)
    metrics.MODEL_RELOADS.labels(model=row.version.model.name, version=row.version.version).inc()
    audit.record(
        action=Action.DEPLOYMENT_CHANGED,
        object_type="deployment",
        object_id=row.pk,
        actor=actor,
        at=clock(),
        after={"loaded_again": name},
    )


def _drained(*, now: datetime) -> list[Deployment]:
    """Draining deployments that have had their time.

    By model all but the newest few, those older than a day, and at once those that are to leave or whose version stays
    loaded by another configuration.
    """
    due: list[Deployment] = []
    seen: Counter[int] = Counter()
    served_otherwise = _judging()
    for row in deployments(states=frozenset({DeploymentState.DRAINING})).order_by("-changed_at"):
        age = now - row.changed_at
        if row.leaves or row.version_id in served_otherwise:
            due += [row] if age >= DRAIN_FOR else []
            continue
        if age >= KEEP_LOADED_FOR or (seen[row.version.model_id] >= KEEP_LOADED and age >= DRAIN_FOR):
            due.append(row)
        seen[row.version.model_id] += 1
    return due


def _judging() -> set[int]:
    """Versions of which one deployment judges, whatever others of them are loaded."""
    active = deployments(states=frozenset({DeploymentState.ACTIVE}))
    return set(active.values_list("version_id", flat=True))


def _retire(row: Deployment, done: Reconciled, *, actor: Actor, clock: Clock) -> None:
    """Row first: a request that arrives meanwhile must start afresh and not find a version about to vanish."""
    with transaction.atomic():
        stored = locked(row.pk)
        if stored.state != DeploymentState.DRAINING or is_routed(stored):
            return
        move(stored, to=DeploymentState.RETIRED, actor=actor, now=clock())
    if stored.triton_name not in lent_names(now=clock()):
        _unload(stored, done, actor=actor, clock=clock)
    done.retired.append(stored.triton_name)


def _clear_away_failed(done: Reconciled, *, actor: Actor, clock: Clock) -> None:
    """Unload what a failed or retired deployment has left on Triton; where Triton goes away, the next round does."""
    try:
        listed = {entry.name for entry in triton.triton_control().repository_index()}
    except ServingError as fault:
        done.triton_away = True
        logger.warning("triton_went_away", code=fault.code, error=str(fault))
        return
    deployed = deployments(states=LOADED | ON_THE_WAY).values_list("triton_name", flat=True)
    wanted = set(deployed) | lent_names(now=clock())
    over = frozenset({DeploymentState.FAILED, DeploymentState.RETIRED})
    left_over = deployments(states=over).filter(triton_name__in=listed - wanted)
    for row in left_over.order_by("triton_name", "-id").distinct("triton_name"):
        _unload(row, done, actor=actor, clock=clock)


def _take_back_loans(done: Reconciled, *, actor: Actor, clock: Clock) -> None:
    """Unload what was borrowed by somebody who died, or could not give it back."""
    try:
        done.retired += take_back_loans(actor=actor, clock=clock)
    except (ServingError, OSError) as fault:
        logger.warning("loans_not_taken_back", error=str(fault))


def _unload(row: Deployment, done: Reconciled, *, actor: Actor, clock: Clock) -> None:
    try:
        with logged(ControlKind.UNLOAD, row, asked_by="", actor=actor, clock=clock):
            triton.unload(row)
    except (ServingError, OSError) as fault:
        done.faults[row.triton_name] = str(fault)
        logger.warning("unload_failed", triton_name=row.triton_name, error=str(fault))
