"""Models, their immutable versions, and files that are to become some."""

from django.db import models
from django.db.models import Q

from models_admin.choices import IntakeState, ModelKind, VersionStatus


class Model(models.Model):
    """A named kind of judgement, `visual_defects`; its versions carry the weights.

    `decisions` counts the requests to change what it serves. Each takes a number, and in each place (recipe and slot)
    the highest number wins, whichever order the servers finish in.
    """

    name = models.CharField(max_length=63, unique=True)
    kind = models.CharField(max_length=16, choices=ModelKind.choices)
    description = models.TextField(blank=True)
    contact = models.CharField(max_length=200, blank=True, help_text="Whom to ask about it.")
    decisions = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1, help_text="Of what is said of it.")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "model"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One artefact, for ever: name and version never point at other bytes.

    `metadata` is the artefact's `model.json`: input and outputs, classes in index order, calibration, thresholds,
    metrics.
    `golden` is what the file answered to fixed images when it was registered (see `serving.golden`).
    """

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=16)
    status = models.CharField(max_length=16, choices=VersionStatus.choices, default=VersionStatus.CANDIDATE)
    precision = models.CharField(max_length=8, default="fp32")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="variants")
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()
    metadata = models.JSONField()
    golden = models.JSONField(default=dict)
    card = models.TextField(blank=True)
    artefact_key = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "model_version"
        ordering = ["model__name", "-id"]
        constraints = [models.UniqueConstraint(fields=["model", "version"], name="model_version_once")]

    def __str__(self) -> str:
        return f"{self.model.name} {self.version}"


class ModelIntake(models.Model):
    """A file that somebody wants to be a version. It lies in quarantine until it was examined.

    `refusals` names every rule that is broken and where, as `models_admin.intake.rules.Refusal` has it; `graph` what
    the file holds. `tries` counts who began to examine it and did not come to an end.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    model_name = models.CharField(max_length=63)
    version = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=IntakeState.choices, default=IntakeState.WAITING)
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()
    file_name = models.CharField(max_length=200, blank=True)
    file_key = models.CharField(max_length=200)
    description = models.JSONField()
    card = models.TextField(blank=True)
    refusals = models.JSONField(default=list)
    graph = models.JSONField(default=dict)
    tile_ms = models.FloatField(null=True, help_text="One tile on one thread of the machine that examined it.")
    registered = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="intakes")
    tries = models.PositiveSmallIntegerField(default=0)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "model_intake"
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["changed_at"], name="model_intake_open", condition=Q(state__in=["waiting", "examining"])
            )
        ]
        constraints = [
            # Twice the same at once is one intake; once it was refused it may be tried again.
            models.UniqueConstraint(
                fields=["model_name", "version", "sha256"],
                name="model_intake_once",
                condition=Q(state__in=["waiting", "examining"]),
            ),
            models.CheckConstraint(
                name="model_intake_registered",
                condition=Q(state="registered", registered__isnull=False)
                | ~Q(state="registered") & Q(registered__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_name} {self.version} {self.state}"
