"""Images as they arrived: the bytes are in the image store under their digest."""

from django.db import models
from django.db.models import F, Func, Q, Value


class InspectionImage(models.Model):
    """One image of one wafer and layer. The same file for the same wafer and layer is the same row."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    wafer = models.ForeignKey("inspection.Wafer", on_delete=models.PROTECT, related_name="images")
    layer = models.ForeignKey("inspection.Layer", on_delete=models.PROTECT, related_name="+")
    tool = models.ForeignKey("inspection.Tool", null=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    pixel_sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    bit_depth = models.PositiveSmallIntegerField()
    channels = models.PositiveSmallIntegerField()
    format = models.CharField(max_length=8)
    file_name = models.CharField(max_length=255, blank=True, help_text="A label, never a path.")
    store_key = models.CharField(max_length=128)
    thumbnail_key = models.CharField(max_length=128)
    origin_x_um = models.FloatField(null=True, help_text="Wafer frame, of the image's top left corner.")
    origin_y_um = models.FloatField(null=True, help_text="Wafer frame, of the image's top left corner.")
    pixel_um = models.FloatField()
    quality = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    external_id = models.CharField(max_length=128, null=True)
    received_at = models.DateTimeField()
    received_from = models.CharField(max_length=150)

    class Meta:
        db_table = "inspection_image"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["wafer", "layer", "sha256"], name="image_once"),
            models.UniqueConstraint(
                fields=["site", "external_id"], condition=Q(external_id__isnull=False), name="image_external_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-id"], name="image_by_site"),
            models.Index(fields=["site", "sha256"], name="image_by_digest"),
            # Without its suffix: files of labels often leave it away.
            models.Index(
                "site",
                Func(F("file_name"), Value("[.][^.]*$"), Value(""), function="regexp_replace"),
                condition=~Q(file_name=""),
                name="image_by_stem",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or self.sha256[:12]
