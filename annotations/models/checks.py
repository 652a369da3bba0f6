"""What is looked at to learn how good models and reviewers are: the random audit, and items with a known answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.choices import Verdict


class AuditedImage(models.Model):
    """An image that the random audit drew of a run.

    `inclusion` is the probability with which it was drawn, as the rates were at that moment. All that the run found on
    it, and the image itself, are tasks; what people add on it belongs to its audit too. Never edited.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey("inspection.InspectionRun", on_delete=models.PROTECT, related_name="+", db_index=False)
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="+", db_index=False)
    inclusion = models.FloatField()
    drawn_at = models.DateTimeField()

    class Meta:
        db_table = "review_audited_image"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["image", "run"], name="review_audited_once"),
            models.CheckConstraint(condition=Q(inclusion__gt=0, inclusion__lte=1), name="review_audited_by_chance"),
        ]
        indexes = [models.Index(fields=["site", "-id"], name="review_audited_by_site")]

    def __str__(self) -> str:
        return f"{self.image_id} {self.inclusion}"


class GoldItem(models.Model):
    """The known answer of a task: reviewers are asked it once more, each once, until it is retired.

    An answer never changes: another one of the same task is another row, with the next number. What somebody says is
    measured by the one that was known then.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    task = models.ForeignKey("annotations.ReviewTask", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    defect_class = models.ForeignKey(
        "inspection.DefectClass", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    x_px = models.FloatField(null=True)
    y_px = models.FloatField(null=True)
    width_px = models.FloatField(null=True)
    height_px = models.FloatField(null=True)
    shape = models.JSONField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    retired_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it is retired.")

    class Meta:
        db_table = "review_gold"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="review_gold_version"),
            models.UniqueConstraint(fields=["task"], condition=Q(retired_at__isnull=True), name="review_gold_once"),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.NUISANCE)
                | Q(verdict=Verdict.DEFECT, defect_class__isnull=False, width_px__isnull=False),
                name="review_gold_has_an_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["site"], condition=Q(retired_at__isnull=True), name="review_gold_in_use"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.verdict}"
