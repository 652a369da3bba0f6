"""The fab's own things: products, tools, layers, lots, wafers, and the classes of defects."""

from django.conf import settings
from django.db import models

from inspection.choices import Severity


class Product(models.Model):
    """What the die grid of a wafer looks like. Wafer frame: origin at the centre, +x right, +y up, notch down."""

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="products")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    wafer_diameter_um = models.FloatField(default=300_000.0)
    edge_exclusion_um = models.FloatField(default=3_000.0)
    die_pitch_x_um = models.FloatField(default=10_000.0)
    die_pitch_y_um = models.FloatField(default=10_000.0)
    grid_centre_x_um = models.FloatField(default=5_000.0, help_text="Wafer centre seen from the corner of die (0, 0).")
    grid_centre_y_um = models.FloatField(default=5_000.0, help_text="Wafer centre seen from the corner of die (0, 0).")

    class Meta:
        db_table = "product"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="product_once"),
            models.CheckConstraint(
                condition=models.Q(die_pitch_x_um__gt=0, die_pitch_y_um__gt=0, wafer_diameter_um__gt=0),
                name="product_geometry_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Tool(models.Model):
    """A machine images come from."""

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="tools")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    cadence_s = models.PositiveIntegerField(default=300, help_text="Silent after this long without an image.")
    last_image_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "tool"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="tool_once")]

    def __str__(self) -> str:
        return self.code


class Layer(models.Model):
    """A step of the process."""

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="layers")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    step = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "layer"
        ordering = ["step", "code"]
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="layer_once")]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """Wafers that travel together."""

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=64)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "lot"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="lot_once")]

    def __str__(self) -> str:
        return self.code


class Wafer(models.Model):
    """One wafer of a lot. Its key is public, so it does not count up."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="wafers")
    code = models.CharField(max_length=64)
    slot = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    # What the newest of its holds says, so that lists of wafers need not look for it.
    hold_number = models.PositiveIntegerField(default=0, db_default=0)
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=150, default="", db_default="")
    hold_reason = models.CharField(max_length=300, default="", db_default="")

    class Meta:
        db_table = "wafer"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["lot", "code"], name="wafer_once")]
        indexes = [
            models.Index(fields=["site", "-id"], name="wafer_by_site"),
            models.Index(fields=["site", "-id"], condition=models.Q(held_at__isnull=False), name="wafer_on_hold"),
        ]

    def __str__(self) -> str:
        return f"{self.lot.code}/{self.code}"


class WaferHold(models.Model):
    """A wafer was put on hold, or released from it. Never edited; the newest row of a wafer says how it is."""

    id = models.UUIDField(primary_key=True, editable=False)
    wafer = models.ForeignKey(Wafer, on_delete=models.PROTECT, related_name="holds", db_index=False)
    number = models.PositiveIntegerField(help_text="Counts the wafer's rows from 1.")
    is_held = models.BooleanField(help_text="False: released.")
    reason = models.CharField(max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "wafer_hold"
        ordering = ["wafer", "number"]
        constraints = [models.UniqueConstraint(fields=["wafer", "number"], name="wafer_hold_once")]

    def __str__(self) -> str:
        return f"{self.wafer_id} #{self.number} {'held' if self.is_held else 'released'}"


class DefectClass(models.Model):
    """One kind of defect as people and models name it (an ADC class)."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    colour = models.CharField(max_length=7, help_text="#rrggbb, told apart by colour-blind eyes.")
    severity = models.CharField(max_length=16, choices=Severity.choices)
    key = models.CharField(max_length=1, help_text="The key that picks it.")

    class Meta:
        db_table = "defect_class"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
