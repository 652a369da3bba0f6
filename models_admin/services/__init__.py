"""The only writers of models, versions, deployments and routes."""

from models_admin.services.configuring import change_config, change_model
from models_admin.services.deploying import (
    deactivate_version,
    deploy_version,
    load_version,
    roll_back,
    unload_version,
)
from models_admin.services.quarantine import examine_file, examine_waiting, take_file
from models_admin.services.reconciling import Reconciled, carry_out_deployment, reconcile_deployments
from models_admin.services.registration import register_version, set_version_status
from models_admin.services.work import sweep_work

__all__ = [
    "Reconciled",
    "carry_out_deployment",
    "change_config",
    "change_model",
    "deactivate_version",
    "deploy_version",
    "examine_file",
    "examine_waiting",
    "load_version",
    "reconcile_deployments",
    "register_version",
    "roll_back",
    "set_version_status",
    "sweep_work",
    "take_file",
    "unload_version",
]
