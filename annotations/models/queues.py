"""Queues: saved selections with an order, and what stands in them."""

from django.db import models
from django.db.models import F, Q

from annotations.choices import QueueOrder


class ReviewQueue(models.Model):
    """What is to be reviewed, and in what order.

    `selection` is as `annotations.selection` reads it. A change makes a new `generation`: entries of older ones are not
    handed out and go away by and by, while `fill_before`, the key under which stored detections have not been looked at
    yet, goes down from the newest again; it is null when all have been.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    order = models.CharField(max_length=16, choices=QueueOrder.choices, default=QueueOrder.WORTH)
    selection = models.JSONField(default=dict)
    lease_s = models.PositiveIntegerField(default=600)
    overlap_share = models.FloatField(default=0.0, help_text="Of its tasks, how many want several reviewers.")
    overlap_reviewers = models.PositiveSmallIntegerField(default=2, help_text="How many those want.")
    audit_rate = models.FloatField(default=0.0, help_text="Of the images, how many the random audit draws.")
    audit_share = models.FloatField(default=0.2, help_text="Of what is handed out, how much is of the audit.")
    gold_rate = models.FloatField(default=0.0, help_text="Of what is handed out, how much has a known answer.")
    repeat_rate = models.FloatField(default=0.0, help_text="Of what is handed out, how much the reviewer has decided.")
    repeat_after_s = models.PositiveIntegerField(default=14_400, help_text="How long ago, at least.")
    version = models.PositiveIntegerField(default=1)
    generation = models.PositiveIntegerField(default=1)
    fill_before = models.UUIDField(null=True)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "review_queue"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="review_queue_once"),
            models.CheckConstraint(condition=Q(lease_s__gte=30, lease_s__lte=86_400), name="review_queue_lease"),
            models.CheckConstraint(
                condition=Q(overlap_share__gte=0, overlap_share__lte=1, overlap_reviewers__gte=2),
                name="review_queue_overlap",
            ),
            models.CheckConstraint(
                condition=Q(audit_rate__gte=0, audit_rate__lte=1)
                & Q(audit_share__gte=0, audit_share__lte=0.5)
                & Q(gold_rate__gte=0, gold_rate__lte=0.5)
                & Q(repeat_rate__gte=0, repeat_rate__lte=0.5),
                name="review_queue_mix",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class QueueEntry(models.Model):
    """A task's place in a queue. Open while the task has a seat for a reviewer."""

    queue = models.ForeignKey(ReviewQueue, on_delete=models.CASCADE, related_name="entries", db_index=False)
    task = models.ForeignKey("annotations.ReviewTask", on_delete=models.CASCADE, related_name="entries")
    generation = models.PositiveIntegerField()
    rank = models.FloatField(help_text="The higher, the sooner.")
    is_open = models.BooleanField(default=True)
    is_audit = models.BooleanField(default=False, help_text="The random audit drew its image.")

    class Meta:
        db_table = "review_queue_entry"
        constraints = [models.UniqueConstraint(fields=["queue", "task"], name="review_entry_once")]
        indexes = [
            models.Index(
                "queue", "generation", F("rank").desc(), "task", condition=Q(is_open=True), name="review_entry_next"
            ),
            models.Index(
                fields=["queue", "generation", "task"],
                condition=Q(is_open=True, is_audit=True),
                name="review_entry_audit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.task_id}"
