"""Why a model saw a defect, as a picture of what it looked at."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from models_admin.models import Work


class Explanation(Work):
    """What each place around a detection is worth to it, found by the version that made the detection.

    `heat` has CELLS rows of as many numbers, the share of the finding that is lost when the place is covered (see
    `domain.detection.occlusion`); `region_px` is where they lie, in pixels of the image.
    """

    noun: ClassVar[str] = "explanation"
    task: ClassVar[str] = "inspection.explain"

    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+")
    # A detection is found by its time, not by a constraint over the months.
    detection = models.UUIDField(unique=True)
    wafer = models.ForeignKey("inspection.Wafer", on_delete=models.PROTECT, related_name="+", db_index=False)
    model_version = models.ForeignKey(
        "models_admin.ModelVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    region_px = ArrayField(models.FloatField(), default=list, blank=True, help_text="x, y, width, height.")
    heat = models.JSONField(default=list, blank=True)
    strength = models.FloatField(null=True, blank=True, help_text="Of the finding in the picture as it is, 0 to 1.")

    class Meta(Work.Meta):
        db_table = "detection_explanation"

    def told(self) -> dict[str, Any]:
        return {"detection": str(self.detection), "wafer": str(self.wafer_id)}

    def heard_by(self) -> list[str]:
        return [f"site:{self.site_id}"]
