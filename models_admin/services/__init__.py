"""The only writers of models, versions, deployments and routes."""

from models_admin.services.deploying import deploy_version
from models_admin.services.reconciling import Reconciled, carry_out_deployment, reconcile_deployments
from models_admin.services.registration import register_version, set_version_status

__all__ = [
    "Reconciled",
    "carry_out_deployment",
    "deploy_version",
    "reconcile_deployments",
    "register_version",
    "set_version_status",
]
