"""The only writers of models, versions, deployments and routes."""

from models_admin.services.configuring import change_config, change_model
from models_admin.services.deploying import (
    deactivate_version,
    deploy_version,
    load_version,
    roll_back,
    unload_version,
)
from models_admin.services.gating import set_gates
from models_admin.services.golden_sets import register_golden_set, retire_golden_set
from models_admin.services.quarantine import examine_file, examine_waiting, take_file
from models_admin.services.reconciling import Reconciled, carry_out_deployment, reconcile_deployments
from models_admin.services.registration import register_version, set_version_status
from models_admin.services.server import ready_names, server_state
from models_admin.services.training import (
    TRAINING_DEFAULTS,
    cancel_training,
    next_version,
    resume_training,
    start_training,
)
from models_admin.services.training_run import carry_out_training, clear_away_trainings
from models_admin.services.transfer_plan import plan_import
from models_admin.services.transferring import carry_out_transfer, request_export, request_import
from models_admin.services.validating import cancel_validation, carry_out_validation, request_validation
from models_admin.services.variants import cancel_variant, carry_out_variant, request_variant
from models_admin.services.work import sweep_work

__all__ = [
    "TRAINING_DEFAULTS",
    "Reconciled",
    "cancel_training",
    "cancel_validation",
    "cancel_variant",
    "carry_out_deployment",
    "carry_out_training",
    "carry_out_transfer",
    "carry_out_validation",
    "carry_out_variant",
    "change_config",
    "change_model",
    "clear_away_trainings",
    "deactivate_version",
    "deploy_version",
    "examine_file",
    "examine_waiting",
    "load_version",
    "next_version",
    "plan_import",
    "ready_names",
    "reconcile_deployments",
    "register_golden_set",
    "register_version",
    "request_export",
    "request_import",
    "request_validation",
    "request_variant",
    "resume_training",
    "retire_golden_set",
    "roll_back",
    "server_state",
    "set_gates",
    "set_version_status",
    "start_training",
    "sweep_work",
    "take_file",
    "unload_version",
]
