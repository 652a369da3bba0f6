"""Batches that a person or a program follows as one."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from inspection.choices import ItemState, JobState


class InspectionJob(models.Model):
    """Images sent, or judged again, together. Its state follows its items.

    `intake_until` is when items whose files have not been taken in are given up; whoever takes them in prolongs it.
    A job of re-runs has the version that judges again, and in `rerun_of` what was chosen to be judged again.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.RUNNING)
    label = models.CharField(max_length=120, blank=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    # Beside newer processes, older ones make jobs that nobody prolongs.
    intake_until = models.DateTimeField(db_default=Now() + timedelta(minutes=10))
    finished_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    summary = models.JSONField(default=dict)
    rerun_version = models.ForeignKey(
        "models_admin.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rerun_of = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "inspection_job"
        ordering = ["-id"]
        indexes = [models.Index(fields=["site", "-id"], name="job_by_site")]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class JobItem(models.Model):
    """One file of a job: its image and run, or why it was refused."""

    job = models.ForeignKey(InspectionJob, on_delete=models.CASCADE, related_name="items")
    ordinal = models.PositiveSmallIntegerField()
    file_name = models.CharField(max_length=255, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=12, choices=ItemState.choices, default=ItemState.WAITING)
    image = models.ForeignKey("inspection.InspectionImage", null=True, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey("inspection.InspectionRun", null=True, on_delete=models.PROTECT, related_name="job_items")
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    latency_ms = models.FloatField(null=True)

    class Meta:
        db_table = "job_item"
        ordering = ["job", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["job", "ordinal"], name="job_item_once")]
        indexes = [models.Index(fields=["run"], condition=Q(run__isnull=False), name="job_item_by_run")]

    @property
    def waits_for_file(self) -> bool:
        """Whether its file has not been taken in yet, and still may be."""
        return self.state == ItemState.WAITING and self.run_id is None

    def __str__(self) -> str:
        return f"{self.job_id} #{self.ordinal} {self.state}"
