"""Inspection runs: queued work that is a row, taken under a lease with a fencing number."""

from django.db import models
from django.db.models import Q

from inspection.choices import Band, RunState


class InspectionRun(models.Model):
    """One pass of one deployed model over one wafer's images.

    `attempt` is the fencing number: it grows with every claim, and a result is written only by the claim that still
    holds it. `priority` 0 is interactive, 1 an upload, 2 a batch. Where the upload named a version, `requested_version`
    is the only one that may judge; `model_version` is the one that did, `deployment` the bringing of it onto Triton.
    `summary` also keeps `flaws` of images, by id.

    A re-run (`rerun_of`) judges what another run judged, to compare them. It `counts` for nothing, unless a person says
    so: it is no standing of a wafer, on no wall, and nobody is asked to review it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    wafer = models.ForeignKey("inspection.Wafer", on_delete=models.PROTECT, related_name="runs")
    layer = models.ForeignKey("inspection.Layer", on_delete=models.PROTECT, related_name="+")
    tool = models.ForeignKey("inspection.Tool", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    recipe_version = models.ForeignKey(
        "inspection.RecipeVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model_version = models.ForeignKey(
        "models_admin.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_version = models.ForeignKey(
        "models_admin.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    deployment = models.ForeignKey(
        "models_admin.Deployment", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rerun_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reruns", db_index=False)
    counts = models.BooleanField(default=True, db_default=True)
    job = models.ForeignKey("inspection.InspectionJob", null=True, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.QUEUED)
    waiting_for = models.CharField(max_length=200, blank=True, help_text="Why it is still queued, for a person.")
    priority = models.PositiveSmallIntegerField(default=1)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Attempts that ended by a fault of the run's own.")
    not_before = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    use_cache = models.BooleanField(default=True)
    requested_by = models.CharField(max_length=150)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    band = models.CharField(max_length=8, choices=Band.choices, blank=True)
    detection_count = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict, help_text="Counts by class and by severity, and the boxes of the card.")
    timings_ms = models.JSONField(default=dict)
    provenance = models.JSONField(default=dict)
    is_cached = models.BooleanField(default=False)
    is_degraded = models.BooleanField(default=False)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)

    class Meta:
        db_table = "inspection_run"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["priority", "id"], condition=Q(state="queued"), name="run_queue"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="run_leases"),
            models.Index(fields=["finished_at"], condition=Q(state="failed"), name="run_failed"),
            models.Index(fields=["state", "-wafer"], condition=~Q(state="done"), name="run_not_done"),
            models.Index(fields=["band", "-wafer"], condition=Q(band__in=["review", "reject"]), name="run_flagged"),
            models.Index(fields=["site", "-id"], name="run_by_site"),
            models.Index(fields=["wafer", "-id"], name="run_by_wafer"),
            models.Index(fields=["rerun_of"], condition=Q(rerun_of__isnull=False), name="run_by_original"),
            # What a deployment, a recipe version or a tool has touched, newest first.
            models.Index(fields=["deployment", "-id"], condition=Q(deployment__isnull=False), name="run_by_deployment"),
            models.Index(fields=["recipe_version", "-id"], name="run_by_recipe_version"),
            models.Index(fields=["tool", "-id"], name="run_by_tool"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="run_running_has_lease"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class RunImage(models.Model):
    """An image a run covers, in order."""

    run = models.ForeignKey(InspectionRun, on_delete=models.CASCADE, related_name="run_images")
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="run_images")
    ordinal = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "run_image"
        ordering = ["run", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["run", "ordinal"], name="run_image_ordinal_once"),
            models.UniqueConstraint(fields=["run", "image"], name="run_image_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.ordinal}"
