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
from models_admin.choices import LOADED, ON_THE_WAY, DeploymentState
from models_admin.models import Deployment
from models_admin.selectors import deployments
from models_admin.services.deploying import announce_deployment, complete_deployment, is_routed, locked, move
from serving.errors import ServingError, TritonTimeout

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
        for row in deployments(states=ON_THE_WAY).order_by("pk"):
            _carry_out(row, actor=actor, clock=clock)
            done.advanced.append(row.triton_name)
        for row in _drained(now=clock()):
            _retire(row, done, actor=actor, clock=clock)
        _clear_away_failed(done)
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
    version, name = row.version, row.triton_name
    try:
        if row.state == DeploymentState.PUBLISHING:
            triton.publish(version)
            _step(row, to=DeploymentState.LOADING, actor=actor, clock=clock)
        if row.state == DeploymentState.LOADING:
            triton.load(version, triton_name=name)
            _step(row, to=DeploymentState.WARMING, actor=actor, clock=clock)
        if row.state == DeploymentState.WARMING:
            triton.warm_up(version, triton_name=name)
            triton.try_golden(version, triton_name=name)
            return complete_deployment(deployment_id=row.pk, actor=actor, now=clock())
    except ServingError as fault:
        _after_fault(row, fault, actor=actor, clock=clock)
    except FileNotFoundError as fault:
        _after_fault(row, ServingError(f"its file is not in the store: {fault}"), actor=actor, clock=clock)
    except OSError as fault:
        # A full disk and a store that is away pass by.
        logger.warning("deployment_waits", triton_name=name, state=row.state, error=str(fault))
        _note(row, f"waiting for the store and the disk: {fault}", actor=actor, clock=clock, tries=row.tries)
    return row


def _after_fault(row: Deployment, fault: ServingError, *, actor: Actor, clock: Clock) -> None:
    logger.warning(
        "deployment_fault", triton_name=row.triton_name, state=row.state, code=fault.code, outage=fault.outage
    )
    is_slow = isinstance(fault, TritonTimeout)
    if fault.outage and not (is_slow and row.tries + 1 >= MOST_TRIES):
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
        triton.load(row.version, triton_name=name)
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
    """Draining deployments that have had their time, by model: all but the newest few, and those older than a day."""
    due: list[Deployment] = []
    seen: Counter[int] = Counter()
    for row in deployments(states=frozenset({DeploymentState.DRAINING})).order_by("-changed_at"):
        age = now - row.changed_at
        if age >= KEEP_LOADED_FOR or (seen[row.version.model_id] >= KEEP_LOADED and age >= DRAIN_FOR):
            due.append(row)
        seen[row.version.model_id] += 1
    return due


def _retire(row: Deployment, done: Reconciled, *, actor: Actor, clock: Clock) -> None:
    """Row first: a request that arrives meanwhile must start afresh and not find a version about to vanish."""
    with transaction.atomic():
        stored = locked(row.pk)
        if stored.state != DeploymentState.DRAINING or is_routed(stored):
            return
        move(stored, to=DeploymentState.RETIRED, actor=actor, now=clock())
    _unload(stored, done)
    done.retired.append(stored.triton_name)


def _clear_away_failed(done: Reconciled) -> None:
    """Unload what a failed or retired deployment has left on Triton; where Triton goes away, the next round does."""
    try:
        listed = {entry.name for entry in triton.triton_control().repository_index()}
    except ServingError as fault:
        done.triton_away = True
        logger.warning("triton_went_away", code=fault.code, error=str(fault))
        return
    wanted = set(deployments(states=LOADED | ON_THE_WAY).values_list("triton_name", flat=True))
    over = frozenset({DeploymentState.FAILED, DeploymentState.RETIRED})
    for row in deployments(states=over).filter(triton_name__in=listed - wanted).distinct():
        _unload(row, done)


def _unload(row: Deployment, done: Reconciled) -> None:
    try:
        triton.unload(row.version, triton_name=row.triton_name)
    except (ServingError, OSError) as fault:
        done.faults[row.triton_name] = str(fault)
        logger.warning("unload_failed", triton_name=row.triton_name, error=str(fault))
