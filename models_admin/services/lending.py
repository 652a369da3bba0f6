"""Versions on Triton for work that is none of traffic's: loaded where they are not, unloaded when nobody needs them.

A loan is a row, so that the reconciler leaves the version alone, and so that what a dead worker borrowed goes back.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from models_admin import deployment as triton
from models_admin import selectors
from models_admin.choices import LOADED, ON_THE_WAY, ControlKind
from models_admin.errors import WorkMustWait
from models_admin.models import Deployment, ModelVersion, TritonLoan
from models_admin.services.control_log import logged
from serving.errors import ServingError
from serving.repository import triton_model_name

Clock = Callable[[], datetime]

# Longer than any work that borrows may take.
LENT_FOR = timedelta(hours=1)
# A load by somebody else takes no longer.
_LOCK_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.2


@contextlib.contextmanager
def lent(version: ModelVersion, *, holder: str, actor: Actor, clock: Clock) -> Iterator[str]:
    """Have a version on Triton for as long as the block runs; its Triton name.

    Where it is not loaded it is, by the configuration in force, warmed up and tried like any deployment, under the lock
    of whoever changes Triton. Not inside a transaction.

    Args:
        holder: noun and key of the work, the same when it is begun again.

    Raises:
        WorkMustWait: somebody else is changing Triton.
        serving.errors.ServingError: it does not load, or answers otherwise than it should.
    """
    try:
        with _changing_triton():
            loan = _noted(_on_triton(version), holder=holder, actor=actor, now=clock())
            if not triton.triton_control().is_model_ready(model_name=loan.triton_name):
                _bring(loan, actor=actor, clock=clock)
        yield loan.triton_name
    finally:
        TritonLoan.objects.filter(version=version, holder=holder).update(until=clock())
        # Where somebody else is at it, the reconciler's next round does this.
        with contextlib.suppress(WorkMustWait, ServingError), _changing_triton(patience_s=2.0):
            take_back_loans(actor=actor, clock=clock)


def lent_names(*, now: datetime) -> set[str]:
    """Triton names of what is on loan."""
    return set(TritonLoan.objects.filter(until__gt=now).values_list("triton_name", flat=True))


def take_back_loans(*, actor: Actor, clock: Clock) -> list[str]:
    """Forget loans that are over, and unload what nobody else needs. Under the lock of whoever changes Triton.

    Returns:
        Triton names of what was unloaded.

    Raises:
        ServingError: Triton does not answer; what is left is taken back the next time.
    """
    unloaded, now = [], clock()
    for loan in TritonLoan.objects.filter(until__lte=now).select_related("version__model"):
        if not _is_needed(loan, now=now):
            row = _as_deployment(loan)
            with logged(ControlKind.UNLOAD, row, asked_by=loan.holder, actor=actor, clock=clock):
                triton.unload(row)
            unloaded.append(loan.triton_name)
        _end(loan, actor=actor, now=now)
    return unloaded


@contextlib.contextmanager
def _changing_triton(*, patience_s: float = _LOCK_PATIENCE_S) -> Iterator[None]:
    """Be the one process that changes Triton, waiting for whoever is.

    Raises:
        WorkMustWait: it took too long.
    """
    end_s = time.monotonic() + patience_s
    while True:
        with triton.deployer_lock() as is_held:
            if is_held:
                yield
                return
        if time.monotonic() >= end_s:
            raise WorkMustWait("Another version is being loaded; this one comes after it.")
        time.sleep(_LOOK_EVERY_S)


def _on_triton(version: ModelVersion) -> Deployment:
    """The version's deployment that is loaded, else one as it would be now, that is not stored."""
    held = version.deployments.filter(state__in=LOADED).select_related("version__model").order_by("-id").first()
    if held is not None:
        return held
    revision = selectors.config_in_force(version.model).revision
    name = triton_model_name(model_name=version.model.name, version=version.version, revision=revision)
    return Deployment(version=version, triton_name=name, config_revision=revision)


def _bring(loan: TritonLoan, *, actor: Actor, clock: Clock) -> None:
    row = _as_deployment(loan)
    with logged(ControlKind.LOAD, row, asked_by=loan.holder, actor=actor, clock=clock):
        triton.load(row)
    triton.warm_up(row)
    triton.try_golden(row)


def _as_deployment(loan: TritonLoan) -> Deployment:
    """As those who speak to Triton want it; it is never stored."""
    return Deployment(version=loan.version, triton_name=loan.triton_name, config_revision=loan.config_revision)


@transaction.atomic
def _noted(row: Deployment, *, holder: str, actor: Actor, now: datetime) -> TritonLoan:
    loan, _ = TritonLoan.objects.update_or_create(
        version=row.version,
        holder=holder,
        defaults={
            "triton_name": row.triton_name,
            "config_revision": row.config_revision,
            "until": now + LENT_FOR,
        },
    )
    _record(Action.VERSION_LENT, loan, actor=actor, now=now)
    return loan


@transaction.atomic
def _end(loan: TritonLoan, *, actor: Actor, now: datetime) -> None:
    # It may have been begun again meanwhile.
    gone, _ = TritonLoan.objects.filter(pk=loan.pk, until__lte=now).delete()
    if gone:
        _record(Action.VERSION_GIVEN_BACK, loan, actor=actor, now=now)


def _is_needed(loan: TritonLoan, *, now: datetime) -> bool:
    others = TritonLoan.objects.filter(triton_name=loan.triton_name, until__gt=now)
    serving = Deployment.objects.filter(triton_name=loan.triton_name, state__in=LOADED | ON_THE_WAY)
    return others.exists() or serving.exists()


def _record(action: Action, loan: TritonLoan, *, actor: Actor, now: datetime) -> None:
    after = {"triton_name": loan.triton_name, "holder": loan.holder}
    audit.record(
        action=action, object_type="model_version", object_id=loan.version_id, actor=actor, at=now, after=after
    )
