"""Tasks, who holds them, and what people said."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotations.choices import CHECKS, Change, Ending, Layer, TaskKind, TaskState, Verdict
from inspection.choices import Band, Severity


class ReviewTask(models.Model):
    """One thing for people to look at: a detection, a defect that a person added, or a whole image of the audit.

    The key of a detection's task follows from the detection's, so that taking it in twice meets the primary key.
    `seats_taken` counts who holds it and who has decided; a queue hands it out while that is below `wants`. `revision`
    grows with every annotation; `annotation_number` names the one that counts, 0 while there is none. Class, box,
    shape, confidence, severity and band are those of the detection, or of the one who added it; an image has its box.

    A check (`choices.CHECKS`) asks `asked` once more about the detection of `original`. What is said of it, or added
    beside it, says something about who was asked and nothing about the wafer: all that has an `original` is left out
    wherever tasks are counted, listed or learned from.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=TaskKind.choices)
    # Detections are partitioned by their key; the row of a detection is never deleted.
    detection = models.ForeignKey(
        "inspection.Detection", null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    run = models.ForeignKey("inspection.InspectionRun", on_delete=models.PROTECT, related_name="+", db_index=False)
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="+")
    wafer = models.ForeignKey("inspection.Wafer", on_delete=models.PROTECT, related_name="+", db_index=False)
    original = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    defect_class = models.ForeignKey(
        "inspection.DefectClass", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    confidence = models.FloatField(null=True)
    severity = models.CharField(max_length=16, choices=Severity.choices, blank=True)
    band = models.CharField(max_length=8, choices=Band.choices, blank=True)
    x_px = models.FloatField()
    y_px = models.FloatField()
    width_px = models.FloatField()
    height_px = models.FloatField()
    shape = models.JSONField(null=True, help_text="Of what a person added: see domain.shapes.said. Null: the box.")
    worth = models.FloatField(default=0.0, help_text="See domain.review.worth.")
    state = models.CharField(max_length=12, choices=TaskState.choices, default=TaskState.OPEN)
    wants = models.PositiveSmallIntegerField(default=1, help_text="How many reviewers.")
    seats_taken = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    annotation_number = models.PositiveIntegerField(default=0)
    counts_from = models.PositiveIntegerField(
        default=1, help_text="Annotations with smaller numbers are from before it was opened again."
    )
    made_at = models.DateTimeField()

    class Meta:
        db_table = "review_task"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["site", "-id"], name="review_task_by_site"),
            models.Index(fields=["wafer", "-id"], name="review_task_by_wafer"),
            models.Index(
                fields=["site", "state", "-id"],
                condition=Q(state__in=["disputed", "decided", "validated"]),
                name="review_task_by_stage",
            ),
            models.Index(fields=["site", "-id"], condition=Q(wants__gt=1), name="review_task_overlap"),
            models.Index(fields=["asked", "kind", "-id"], condition=Q(kind__in=CHECKS), name="review_check_by_asked"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(seats_taken__lte=F("wants")), name="review_task_seats"),
            models.CheckConstraint(
                condition=Q(kind__in=[TaskKind.DETECTION, *CHECKS], detection__isnull=False)
                | Q(kind__in=[TaskKind.MISSED, TaskKind.IMPORTED, TaskKind.IMAGE], detection__isnull=True),
                name="review_task_of_something",
            ),
            models.CheckConstraint(
                condition=Q(kind=TaskKind.IMAGE, defect_class__isnull=True)
                | ~Q(kind=TaskKind.IMAGE) & Q(defect_class__isnull=False),
                name="review_task_of_a_class",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CHECKS, original__isnull=False, asked__isnull=False)
                | Q(kind=TaskKind.MISSED, asked__isnull=True)
                | Q(original__isnull=True, asked__isnull=True) & ~Q(kind__in=CHECKS),
                name="review_task_checks_somebody",
            ),
            models.UniqueConstraint(
                fields=["original", "kind", "asked"], condition=Q(kind__in=CHECKS), name="review_check_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class ReviewHold(models.Model):
    """A task in a reviewer's hands until `held_until`, and how that ended. `draft` is what is not decided yet."""

    id = models.UUIDField(primary_key=True, editable=False)
    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="holds", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    queue = models.ForeignKey(
        "annotations.ReviewQueue", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    taken_at = models.DateTimeField()
    held_until = models.DateTimeField()
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    draft = models.JSONField(default=dict)

    class Meta:
        db_table = "review_hold"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "reviewer"], condition=Q(ending=""), name="review_hold_once"),
            models.CheckConstraint(
                condition=Q(ending="", ended_at__isnull=True) | ~Q(ending="") & Q(ended_at__isnull=False),
                name="review_hold_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "reviewer"], name="review_hold_by_task"),
            models.Index(fields=["reviewer", "queue"], condition=Q(ending=""), name="review_hold_mine"),
            models.Index(fields=["held_until"], condition=Q(ending=""), name="review_hold_lapse"),
            models.Index(fields=["queue", "ended_at"], condition=Q(ending="decided"), name="review_hold_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.reviewer_id} {self.ending}"


class Annotation(models.Model):
    """What a person said about a task. Never edited: another word is another row.

    `number` is the revision of the task it was said of, so two people cannot speak to one revision unseen.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="annotations", db_index=False)
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    layer = models.CharField(max_length=12, choices=Layer.choices, default=Layer.OPINION)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    change = models.CharField(max_length=12, choices=Change.choices)
    defect_class = models.ForeignKey(
        "inspection.DefectClass", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    x_px = models.FloatField(null=True)
    y_px = models.FloatField(null=True)
    width_px = models.FloatField(null=True)
    height_px = models.FloatField(null=True)
    shape = models.JSONField(
        null=True, help_text="What was drawn, where that is more than the box around it: see domain.shapes.said."
    )
    linked_to = models.ForeignKey(
        ReviewTask,
        null=True,
        on_delete=models.PROTECT,
        related_name="links",
        db_index=False,
        help_text="Of a part: what it was split from. Of what was merged: into which task.",
    )
    comment = models.CharField(max_length=2000, blank=True)
    took_ms = models.PositiveIntegerField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "annotation"
        ordering = ["task", "number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="annotation_once"),
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.DEFECT) | Q(defect_class__isnull=False, width_px__isnull=False),
                name="annotation_of_a_defect_says_which",
            ),
        ]
        indexes = [
            models.Index(fields=["author", "-id"], name="annotation_by_author"),
            models.Index(fields=["linked_to"], condition=Q(linked_to__isnull=False), name="annotation_by_link"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} #{self.number} {self.verdict}"


class ReviewStep(models.Model):
    """A step of a task that no annotation made: validated, accepted, opened again. Never edited.

    `number` is the revision of the task that it was made of, as those of annotations are.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="steps", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=TaskState.choices, help_text="That it came to.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "review_step"
        ordering = ["task", "number"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="review_step_once")]
        indexes = [
            models.Index(fields=["site", "-id"], condition=Q(state=TaskState.ACCEPTED), name="review_step_accepted")
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.state}"
