"""What a model said. Never edited: a person's word is an annotation, another model's is another run."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import HalfVectorField

from inspection.choices import Band, Severity

EMBEDDING_SIZE = 64


class Detection(models.Model):
    """One finding of one run, in pixels of its image and, where the image's place is known, on the wafer.

    The key is derived from run and ordinal (`core.ids.derived_uuid7`), so writing a run's findings twice meets the
    primary key; it starts with the run's time, so the table is partitioned by month over it. It is only ever
    added to (see `core.guards`).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    run = models.ForeignKey(
        "inspection.InspectionRun", on_delete=models.PROTECT, related_name="detections", db_index=False
    )
    # The run pins its image and wafer; checking them again for each of many rows would double the cost of a write.
    image = models.ForeignKey(
        "inspection.InspectionImage",
        on_delete=models.PROTECT,
        related_name="detections",
        db_index=False,
        db_constraint=False,
    )
    wafer = models.ForeignKey(
        "inspection.Wafer", on_delete=models.PROTECT, related_name="detections", db_index=False, db_constraint=False
    )
    ordinal = models.PositiveIntegerField()
    defect_class = models.ForeignKey(
        "inspection.DefectClass", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    confidence = models.FloatField(help_text="Calibrated.")
    raw_score = models.FloatField(help_text="As the model gave it.")
    top3_class_ids = ArrayField(models.SmallIntegerField())
    top3_confidences = ArrayField(models.FloatField())
    severity = models.CharField(max_length=16, choices=Severity.choices)
    band = models.CharField(max_length=8, choices=Band.choices)
    is_nuisance = models.BooleanField(default=False)
    x_px = models.FloatField()
    y_px = models.FloatField()
    width_px = models.FloatField()
    height_px = models.FloatField()
    size_um = models.FloatField(null=True)
    wafer_x_um = models.FloatField(null=True, help_text="Centre, wafer frame.")
    wafer_y_um = models.FloatField(null=True, help_text="Centre, wafer frame.")
    die_col = models.IntegerField(null=True)
    die_row = models.IntegerField(null=True)
    embedding = HalfVectorField(dimensions=EMBEDDING_SIZE, null=True)

    class Meta:
        db_table = "detection"
        ordering = ["run", "ordinal"]
        indexes = [
            models.Index(fields=["run", "ordinal"], name="detection_by_run"),
            models.Index(fields=["image"], name="detection_by_image"),
            models.Index(fields=["wafer", "-id"], name="detection_by_wafer"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.ordinal}"
