"""What people say about others' words: appeals against rulings and known answers, and suspicions put aside."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.choices import AppealKind, AppealState


class ReviewAppeal(models.Model):
    """A reviewer contests what their word was measured by. Answered once, by a lead; afterwards it never changes."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey("annotations.ReviewTask", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=AppealKind.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=1000)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=AppealState.choices, default=AppealState.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "review_appeal"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "author"], condition=Q(state="open"), name="review_appeal_once"),
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True) | ~Q(state="open") & Q(answered_at__isnull=False),
                name="review_appeal_is_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-id"], name="review_appeal_by_site"),
            models.Index(fields=["author", "-id"], name="review_appeal_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.state}"


class DoubtDismissal(models.Model):
    """Somebody looked at a doubt about a word and found the word right. Another word may be doubted anew."""

    id = models.UUIDField(primary_key=True, editable=False)
    task = models.ForeignKey("annotations.ReviewTask", on_delete=models.PROTECT, related_name="+", db_index=False)
    annotation_number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "doubt_dismissal"
        constraints = [models.UniqueConstraint(fields=["task", "annotation_number"], name="doubt_dismissal_once")]

    def __str__(self) -> str:
        return f"{self.task_id} #{self.annotation_number}"
