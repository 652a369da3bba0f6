"""Wake-up calls about deployments and files in quarantine. The work is in rows; a lost call costs a few seconds."""

from uuid import UUID

from celery import shared_task
from celery.worker import state

from core import clock
from core.actors import service_account
from models_admin import services

DEPLOYER = service_account("deployer")
TRANSFERRER = service_account("transferrer")
TRAINER = service_account("trainer")
SWEEPER = service_account("sweeper")
EXAMINER = service_account("examiner")
VALIDATOR = service_account("validator")


@shared_task(name="models_admin.carry_out", soft_time_limit=100, time_limit=110)
def carry_out(*, deployment_id: int) -> None:
    """Bring one requested deployment onto Triton."""
    services.carry_out_deployment(deployment_id=deployment_id, actor=DEPLOYER, clock=clock.now)


@shared_task(name="models_admin.reconcile", soft_time_limit=100, time_limit=110)
def reconcile() -> None:
    """One round of making Triton hold what the database says."""
    services.reconcile_deployments(actor=DEPLOYER, clock=clock.now)


@shared_task(name="models_admin.examine", soft_time_limit=200, time_limit=210)
def examine(*, intake_id: str) -> None:
    """Examine one file in quarantine, and register or refuse it."""
    services.examine_file(intake_id=UUID(intake_id), actor=EXAMINER, now=clock.now())


@shared_task(name="models_admin.examine_waiting", soft_time_limit=30, time_limit=40)
def examine_waiting() -> None:
    """Call for files that nobody examines, and clear away what was refused long ago."""
    services.examine_waiting(now=clock.now())


@shared_task(name="models_admin.sweep_work", soft_time_limit=20, time_limit=30)
def sweep_work() -> None:
    """Take back work whose worker died, and call for work that waits."""
    services.sweep_work(actor=SWEEPER, now=clock.now())


@shared_task(name="models_admin.train", soft_time_limit=86_000, time_limit=86_400)
def train(*, key: str) -> None:
    """Carry out one training run, on the worker that does nothing else."""
    services.carry_out_training(run_id=UUID(key), actor=TRAINER, clock=clock.now, is_stopping=_is_stopping)


@shared_task(name="models_admin.transfer", soft_time_limit=900, time_limit=930)
def transfer(*, key: str) -> None:
    """Bring one version in from MLflow, or take one there."""
    services.carry_out_transfer(key=UUID(key), actor=TRANSFERRER, clock=clock.now)


@shared_task(name="models_admin.clear_away_trainings", soft_time_limit=30, time_limit=40)
def clear_away_trainings() -> None:
    """Remove what training runs left on this machine."""
    services.clear_away_trainings(now=clock.now())


def _is_stopping() -> bool:
    """Whether this worker was asked to end: an exit status stands where there was none."""
    return any(flag is not None and flag is not False for flag in (state.should_stop, state.should_terminate))


@shared_task(name="models_admin.validate", soft_time_limit=1700, time_limit=1720)
def validate(*, key: str) -> None:
    """Measure one version by a golden set."""
    services.carry_out_validation(key=UUID(key), actor=VALIDATOR, clock=clock.now)


@shared_task(name="models_admin.make_variant", soft_time_limit=1000, time_limit=1020)
def make_variant(*, key: str) -> None:
    """Make one cheaper form of a version."""
    services.carry_out_variant(key=UUID(key), actor=TRAINER, clock=clock.now)
