"""The defect book: what each class is, in words and in real items."""

from django.db import models
from django.db.models import Q

from annotations.choices import ExampleKind


class BookText(models.Model):
    """What a site says of a class. Never edited: the row with the highest number is the one that counts."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    defect_class = models.ForeignKey(
        "inspection.DefectClass", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    definition = models.CharField(max_length=600, blank=True)
    look_for = models.CharField(max_length=1200, blank=True)
    author = models.CharField(max_length=150)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "book_text"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["site", "defect_class", "number"], name="book_text_once")]

    def __str__(self) -> str:
        return f"{self.defect_class_id} v{self.number}"


class BookExample(models.Model):
    """A real item that shows what a class is, is not, or hardly is. It goes by being retired, never by being deleted.

    `truth` is what had been said of the item when it came in: the code of a class, "nuisance", or nothing yet.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    defect_class = models.ForeignKey(
        "inspection.DefectClass", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=12, choices=ExampleKind.choices)
    task = models.ForeignKey("annotations.ReviewTask", on_delete=models.PROTECT, related_name="+", db_index=False)
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="+", db_index=False)
    x_px = models.FloatField()
    y_px = models.FloatField()
    width_px = models.FloatField()
    height_px = models.FloatField()
    truth = models.CharField(max_length=32, blank=True)
    why = models.CharField(max_length=300, blank=True)
    rank = models.FloatField(help_text="The smaller, the earlier.")
    author = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    retired_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "book_example"
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "defect_class", "kind", "task"],
                condition=Q(retired_at__isnull=True),
                name="book_example_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "defect_class", "kind", "rank"],
                condition=Q(retired_at__isnull=True),
                name="book_example_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.defect_class_id} {self.kind} {self.task_id}"
