"""What versions are measured by, what they must reach, and what came of it. All but the runs is written once."""

from typing import Any

from django.db import models
from django.db.models import Q

from models_admin.models.registry import Model, ModelVersion
from models_admin.models.work import Work


class GoldenSet(models.Model):
    """Images with what is truly on them, by which versions of a model are measured: part of a frozen data set.

    `sha256` is the digest of the manifest, which the image store has; no row of a data set is named. `left_out` counts
    its images that cannot be counted, by reason.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="golden_sets")
    name = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    splits = models.JSONField()
    images = models.PositiveIntegerField()
    defects = models.PositiveIntegerField()
    classes = models.JSONField(blank=True, help_text="Defects by code of their class.")
    left_out = models.JSONField(blank=True)
    registered_by = models.CharField(max_length=150)
    registered_at = models.DateTimeField()
    retired_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_because = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "golden_set"
        ordering = ["-id"]
        indexes = [models.Index(fields=["site", "-id"], name="golden_set_by_site")]
        constraints = [
            models.UniqueConstraint(fields=["site", "model", "name"], name="golden_set_once"),
            models.CheckConstraint(condition=Q(images__gt=0), name="golden_set_has_images"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:12]}"


class GateVersion(models.Model):
    """What versions of a model must reach, as `domain.evaluation.gates.Gates` has it; the highest number holds."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="gate_versions")
    number = models.PositiveIntegerField()
    limits = models.JSONField()
    reason = models.CharField(max_length=400, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "gate_version"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="gate_version_once")]

    def __str__(self) -> str:
        return f"{self.model_id} gates {self.number}"


class ValidationRun(Work):
    """A version that is to be measured by a golden set, and the champion by the same images.

    `reading` is how images are shown and answers read, as `models_admin.validation.reading.Reading` has it.
    """

    noun = "validation"
    task = "models_admin.validate"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="validations")
    golden_set = models.ForeignKey(GoldenSet, on_delete=models.PROTECT, related_name="validations")
    reading = models.JSONField()

    class Meta(Work.Meta):
        db_table = "validation_run"

    def told(self) -> dict[str, Any]:
        # Every site hears it: nothing of the golden set, which is one site's.
        return {"model": self.version.model.name, "version": self.version.version}


class ValidationReport(models.Model):
    """What a validation came to. `document` is the whole report, as pages, PDF and API give it."""

    run = models.OneToOneField(ValidationRun, on_delete=models.PROTECT, primary_key=True, related_name="report")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="reports")
    champion = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    has_passed = models.BooleanField()
    gate_number = models.PositiveIntegerField()
    document = models.JSONField()
    sha256 = models.CharField(max_length=64, help_text="Of the document as canonical JSON.")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "validation_report"
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.version_id} {'passed' if self.has_passed else 'failed'}"


class GoldenAnswers(models.Model):
    """What a version found on a golden set, in the image store: so that the champion is not asked twice.

    `subject_sha256` names the images, `reading_sha256` how they were shown and answers read, the code included.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    subject_sha256 = models.CharField(max_length=64)
    reading_sha256 = models.CharField(max_length=64)
    store_key = models.CharField(max_length=128)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "golden_answers"
        constraints = [
            models.UniqueConstraint(fields=["version", "subject_sha256", "reading_sha256"], name="golden_answers_once")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.subject_sha256[:12]}"


class TritonLoan(models.Model):
    """A version that somebody needs on Triton for work of theirs, whether or not it judges wafers.

    As long as it is there the reconciler leaves the version loaded; when it has lapsed, its holder is gone.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="loans")
    triton_name = models.CharField(max_length=96)
    config_revision = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=80, help_text="What it is for: noun and key of the work.")
    until = models.DateTimeField()

    class Meta:
        db_table = "triton_loan"
        constraints = [models.UniqueConstraint(fields=["version", "holder"], name="triton_loan_once")]

    def __str__(self) -> str:
        return f"{self.version_id} for {self.holder}"
