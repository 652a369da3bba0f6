"""The only writers of models, versions, deployments and routes."""

from models_admin.services.deploying import deploy_version
from models_admin.services.quarantine import examine_file, examine_waiting, take_file
from models_admin.services.reconciling import Reconciled, carry_out_deployment, reconcile_deployments
from models_admin.services.registration import register_version, set_version_status
from models_admin.services.work import sweep_work

__all__ = [
    "Reconciled",
    "carry_out_deployment",
    "deploy_version",
    "examine_file",
    "examine_waiting",
    "reconcile_deployments",
    "register_version",
    "set_version_status",
    "sweep_work",
    "take_file",
]
