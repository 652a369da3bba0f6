"""Versions that came from an MLflow registry, or went to one."""

from typing import Any, ClassVar

from django.db import models

from models_admin.choices import TransferWay
from models_admin.models.registry import ModelVersion
from models_admin.models.work import Work


class Transfer(Work):
    """One version on its way between an MLflow registry and ours.

    Attributes:
        remote_name, remote_version: in the registry; the version of an export is known once it is there.
        chosen_by: how the version was chosen, `alias champion`, `stage Production`, `version 3`.
        remote_run: MLflow's run behind it.
        server: the address, without credentials.
        version: number of ours.
        made: what it was registered as; of an export what went.
    """

    noun: ClassVar[str] = "transfer"
    task: ClassVar[str] = "models_admin.transfer"

    way = models.CharField(max_length=8, choices=TransferWay.choices)
    server = models.CharField(max_length=300, blank=True)
    remote_name = models.CharField(max_length=250)
    remote_version = models.CharField(max_length=32, blank=True)
    chosen_by = models.CharField(max_length=300, blank=True)
    remote_run = models.CharField(max_length=64, blank=True)
    alias = models.CharField(max_length=250, blank=True, help_text="Set on what is exported.")
    model_name = models.CharField(max_length=63)
    version = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    made = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")

    class Meta(Work.Meta):
        db_table = "transfer"

    def told(self) -> dict[str, Any]:
        return {"way": self.way, "model": self.model_name, "version": self.version}
