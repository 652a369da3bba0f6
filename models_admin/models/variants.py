"""Cheaper forms of a version, made from it."""

from typing import Any, ClassVar

from django.db import models

from models_admin.choices import Precision
from models_admin.models.registry import ModelVersion
from models_admin.models.work import Work


class VariantRun(Work):
    """The making of a version of its own from another one, at another precision.

    `dataset_sha256` names the frozen data set whose images the ranges of INT8 are taken from.
    """

    noun: ClassVar[str] = "model_variant"
    task: ClassVar[str] = "models_admin.make_variant"

    parent = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="variant_runs")
    precision = models.CharField(max_length=8, choices=Precision.choices)
    version = models.CharField(max_length=16)
    dataset_sha256 = models.CharField(max_length=64, blank=True)
    made = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Work.Meta):
        db_table = "model_variant"

    def told(self) -> dict[str, Any]:
        return {"model": self.parent.model.name, "parent": self.parent.version, "version": self.version}
