"""What people are asked to look at, who looks at it, and what they said."""

from annotations.models.book import BookExample, BookText
from annotations.models.checks import AuditedImage, GoldItem
from annotations.models.datasets import DatasetExport, DatasetImage, DatasetSnapshot, DatasetWord
from annotations.models.edits import ReviewEdit
from annotations.models.intake import IntakeCursor
from annotations.models.queues import QueueEntry, ReviewQueue
from annotations.models.talk import CommentThread, Mention, ThreadComment
from annotations.models.tasks import Annotation, ReviewHold, ReviewStep, ReviewTask
from annotations.models.training import TrainingRule, TrainingSuggestion
from annotations.models.trust import DoubtDismissal, ReviewAppeal

__all__ = [
    "Annotation",
    "AuditedImage",
    "BookExample",
    "BookText",
    "CommentThread",
    "DatasetExport",
    "DatasetImage",
    "DatasetSnapshot",
    "DatasetWord",
    "DoubtDismissal",
    "GoldItem",
    "IntakeCursor",
    "Mention",
    "QueueEntry",
    "ReviewAppeal",
    "ReviewEdit",
    "ReviewHold",
    "ReviewQueue",
    "ReviewStep",
    "ReviewTask",
    "ThreadComment",
    "TrainingRule",
    "TrainingSuggestion",
]
