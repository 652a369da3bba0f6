"""What people are asked to look at, who looks at it, and what they said."""

from annotations.models.checks import AuditedImage, GoldItem
from annotations.models.datasets import DatasetExport, DatasetImage, DatasetSnapshot, DatasetWord
from annotations.models.edits import ReviewEdit
from annotations.models.intake import IntakeCursor
from annotations.models.queues import QueueEntry, ReviewQueue
from annotations.models.tasks import Annotation, ReviewHold, ReviewStep, ReviewTask
from annotations.models.training import TrainingRule, TrainingSuggestion
from annotations.models.trust import DoubtDismissal, ReviewAppeal

__all__ = [
    "Annotation",
    "AuditedImage",
    "DatasetExport",
    "DatasetImage",
    "DatasetSnapshot",
    "DatasetWord",
    "DoubtDismissal",
    "GoldItem",
    "IntakeCursor",
    "QueueEntry",
    "ReviewAppeal",
    "ReviewEdit",
    "ReviewHold",
    "ReviewQueue",
    "ReviewStep",
    "ReviewTask",
    "TrainingRule",
    "TrainingSuggestion",
]
