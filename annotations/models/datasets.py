"""Snapshots of what people have settled, the files made of them, and what a snapshot is put together from."""

from django.db import models
from django.db.models import Q

from annotations.choices import BuildState, TaskState
from domain.datasets.formats import Format
from domain.datasets.records import Split


class BuiltRow(models.Model):
    """Something that workers make: the row says how far it is, and who may go on with it.

    `attempt` is the fencing number: it grows with every claim, and only the newest claim may write. `failures` counts
    attempts that ended by a fault of the row's own.
    """

    state = models.CharField(max_length=12, choices=BuildState.choices, default=BuildState.BUILDING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0, help_text="0 while it is not known.")
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class DatasetSnapshot(BuiltRow):
    """Images with what people have settled on them at one moment, split by lot. Once it is ready nothing of it changes.

    `selection` is as `annotations.selectors.DatasetSelection` reads it. While it is built, `parts` and `after_image`
    say how far its manifest is written.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    selection = models.JSONField()
    seed = models.BigIntegerField()
    shares = models.JSONField(help_text="Of train, validation and test.")
    is_collected = models.BooleanField(default=False, help_text="What belongs to it is settled.")
    is_split = models.BooleanField(default=False)
    parts = models.PositiveIntegerField(default=0)
    after_image = models.UUIDField(null=True)
    statistics = models.JSONField(default=dict)
    manifest_key = models.CharField(max_length=128, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    manifest_bytes = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dataset_snapshot"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="dataset_once"),
            models.CheckConstraint(
                condition=~Q(state=BuildState.READY) | ~Q(manifest_sha256=""), name="dataset_ready_has_manifest"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-id"], name="dataset_by_site"),
            models.Index(fields=["id"], condition=Q(state="building"), name="dataset_building"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"


class DatasetImage(models.Model):
    """An image of a snapshot that is being built."""

    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.CASCADE, related_name="images", db_index=False)
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey("inspection.Lot", on_delete=models.PROTECT, related_name="+", db_index=False)
    is_complete = models.BooleanField()
    words = models.PositiveIntegerField()
    split = models.CharField(max_length=12, choices=[(split.value, split.name) for split in Split], blank=True)
    duplicate_of = models.UUIDField(null=True, help_text="The image with the same pixels that stays.")

    class Meta:
        db_table = "dataset_image"
        constraints = [models.UniqueConstraint(fields=["snapshot", "image"], name="dataset_image_once")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.image_id}"


class DatasetWord(models.Model):
    """A task of a snapshot that is being built, with the annotation that counted when it was begun."""

    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.CASCADE, related_name="words", db_index=False)
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey("annotations.ReviewTask", on_delete=models.PROTECT, related_name="+", db_index=False)
    annotation_number = models.PositiveIntegerField()
    stage = models.CharField(max_length=12, choices=TaskState.choices)

    class Meta:
        db_table = "dataset_word"
        constraints = [models.UniqueConstraint(fields=["snapshot", "image", "task"], name="dataset_word_once")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.task_id}"


class DatasetExport(BuiltRow):
    """A snapshot as a file in one format; it can always be made again, and is the same then."""

    snapshot = models.ForeignKey(DatasetSnapshot, on_delete=models.PROTECT, related_name="exports", db_index=False)
    format = models.CharField(max_length=16, choices=[(format.value, format.name) for format in Format])
    with_images = models.BooleanField(default=False)
    file_key = models.CharField(max_length=128, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dataset_export"
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "format", "with_images"], name="dataset_export_once")
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="building"), name="dataset_export_building")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.format} {self.state}"
