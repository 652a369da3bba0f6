"""Wake-up calls about deployments. The work is in rows; a call that is lost costs a few seconds."""

from celery import shared_task

from core import clock
from core.actors import service_account
from models_admin import services

DEPLOYER = service_account("deployer")


@shared_task(name="models_admin.carry_out", soft_time_limit=100, time_limit=110)
def carry_out(*, deployment_id: int) -> None:
    """Bring one requested deployment onto Triton."""
    services.carry_out_deployment(deployment_id=deployment_id, actor=DEPLOYER, clock=clock.now)


@shared_task(name="models_admin.reconcile", soft_time_limit=100, time_limit=110)
def reconcile() -> None:
    """One round of making Triton hold what the database says."""
    services.reconcile_deployments(actor=DEPLOYER, clock=clock.now)
