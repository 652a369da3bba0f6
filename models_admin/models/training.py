"""Training runs: what was asked for, what it said while it ran, and what came of it."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from models_admin.choices import PointKind
from models_admin.models.registry import Model, ModelVersion
from models_admin.models.work import Work

MOST_STEPS = 20_000
LONGEST_LOG = 2**20
"""Characters; what a run says beyond that is dropped, and it says so."""


class TrainingRun(Work):
    """A version taught what a frozen data set says: two new versions, in float and in INT8.

    Attributes:
        dataset_sha256: of the frozen manifest; no key, for data sets belong to another app. `dataset_label` is what
            it was called when the run was asked for.
        site: of the data set.
        scenes: how many drawn scenes stand for what was learned before, and are measured on.
        result: before and after, seconds, device, as the trainer says them.
        weights_key: in the store; what a later run begins with.
        log_length: characters of the log that were kept.
    """

    noun: ClassVar[str] = "training_run"
    task: ClassVar[str] = "models_admin.train"

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="training_runs")
    base = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="training_runs")
    version = models.CharField(max_length=16)
    int8_version = models.CharField(max_length=16)
    dataset_sha256 = models.CharField(max_length=64)
    dataset_label = models.CharField(max_length=64, blank=True)
    seed = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MOST_STEPS)])
    rate = models.FloatField(validators=[MinValueValidator(1e-6), MaxValueValidator(1e-2)])
    replay_share = models.FloatField(validators=[MinValueValidator(0.0), MaxValueValidator(0.9)])
    scenes = models.PositiveIntegerField(validators=[MinValueValidator(2), MaxValueValidator(2000)])
    device = models.CharField(max_length=120, blank=True)
    code_version = models.CharField(max_length=64, blank=True)
    log_length = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, blank=True)
    weights_key = models.CharField(max_length=200, blank=True)
    made = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="made_by")
    made_int8 = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Work.Meta):
        db_table = "training_run"
        indexes: ClassVar[list[models.Index]] = [
            *(index.clone() for index in Work.Meta.indexes),
            models.Index(fields=["site", "-id"], name="training_run_by_site"),
        ]
        constraints: ClassVar[list[Any]] = [
            *(constraint.clone() for constraint in Work.Meta.constraints),
            # Two runs that would make the same version: the later one would learn in vain.
            models.UniqueConstraint(
                fields=["model", "version"],
                condition=Q(state__in=["queued", "running"]),
                name="training_run_one_per_version",
            ),
        ]

    def told(self) -> dict[str, Any]:
        return {"model": self.model.name, "version": self.version, "log_length": self.log_length}


class TrainingPoint(models.Model):
    """A point of a curve: losses, or what was measured, after so many steps. A later attempt overwrites."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="points", db_index=False)
    kind = models.CharField(max_length=8, choices=PointKind.choices)
    step = models.PositiveIntegerField()
    values = models.JSONField()

    class Meta:
        db_table = "training_point"
        ordering: ClassVar[list[str]] = ["step"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "kind", "step"], name="training_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.step}"


class TrainingLog(models.Model):
    """A piece of a run's log, from `offset` on. Pieces follow each other without a gap."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="log", db_index=False)
    offset = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        db_table = "training_log"
        ordering: ClassVar[list[str]] = ["offset"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["run", "offset"], name="training_log_once")]

    def __str__(self) -> str:
        return f"{self.run_id} from {self.offset}"
