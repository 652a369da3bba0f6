"""Models, their immutable versions, and what is deployed where."""

from models_admin.models.history import RoutePlace, Tenure
from models_admin.models.registry import Model, ModelIntake, ModelVersion
from models_admin.models.serving import ControlCall, Deployment, PlaceRequest, ServingConfig, TrafficRoute
from models_admin.models.training import TrainingLog, TrainingPoint, TrainingRun
from models_admin.models.transfers import Transfer
from models_admin.models.validation import (
    GateVersion,
    GoldenAnswers,
    GoldenSet,
    TritonLoan,
    ValidationReport,
    ValidationRun,
)
from models_admin.models.variants import VariantRun
from models_admin.models.work import Work

__all__ = [
    "ControlCall",
    "Deployment",
    "GateVersion",
    "GoldenAnswers",
    "GoldenSet",
    "Model",
    "ModelIntake",
    "ModelVersion",
    "PlaceRequest",
    "RoutePlace",
    "ServingConfig",
    "Tenure",
    "TrafficRoute",
    "TrainingLog",
    "TrainingPoint",
    "TrainingRun",
    "Transfer",
    "TritonLoan",
    "ValidationReport",
    "ValidationRun",
    "VariantRun",
    "Work",
]
