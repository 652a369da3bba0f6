"""How a layer is inspected. A change is a new version; a version never changes."""

from django.db import models
from django.db.models import F, Q


class Recipe(models.Model):
    """A named way to inspect; `versions` holds what it says, the highest number is in force.

    `in_force` is that version alone, in a list, where `selectors.recipes_visible_to` has read the recipe.
    """

    in_force: list["RecipeVersion"]

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="recipes")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True)
    model_name = models.CharField(max_length=63, default="visual_defects")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "recipe"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="recipe_once")]

    def __str__(self) -> str:
        return self.code


class RecipeVersion(models.Model):
    """Preprocessing, tiling, thresholds and bands, as one immutable row.

    `thresholds` maps class codes to the confidence from which a detection is reported; a class that is not named uses
    the model's own threshold. `tile_px` is what the recipe's model took when the version was written: a detector takes
    tiles of one size, so images are always cut to that of the model that judges.
    """

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    preprocessing = models.JSONField(help_text="A preprocessing profile; see domain.imaging.preprocess.")
    preprocessing_sha256 = models.CharField(max_length=64)
    tile_px = models.PositiveSmallIntegerField(default=512)
    overlap_px = models.PositiveSmallIntegerField(default=64)
    thresholds = models.JSONField(default=dict, blank=True)
    review_from = models.FloatField(default=0.30)
    reject_from = models.FloatField(default=0.70)
    nms_iou = models.FloatField(default=0.5)
    pixel_um = models.FloatField(default=1.0, help_text="Side of an original pixel, unless the upload says.")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "recipe_version"
        ordering = ["recipe", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["recipe", "number"], name="recipe_version_once"),
            models.CheckConstraint(
                condition=Q(review_from__gte=0, reject_from__lte=1, review_from__lte=F("reject_from")),
                name="recipe_bands_ordered",
            ),
            models.CheckConstraint(condition=Q(overlap_px__lt=F("tile_px"), pixel_um__gt=0), name="recipe_geometry"),
        ]

    def __str__(self) -> str:
        return f"{self.recipe.code} v{self.number}"
