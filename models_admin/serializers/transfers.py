"""Imports from MLflow and exports to it: what requests must look like, and what OpenAPI says of the answers."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.fields import LabelField
from core.pagination import PageIn
from models_admin.choices import TransferWay, WorkState
from models_admin.serializers.work import WorkOut

_NAME = r"^[a-z][a-z0-9_]{0,62}$"
_VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$"
_CHOICES = ("alias", "stage", "remote_version")


class TransfersQuery(PageIn):
    way = serializers.ChoiceField(choices=TransferWay.choices, required=False)
    state = serializers.ChoiceField(choices=WorkState.choices, required=False)


class ImportIn(serializers.Serializer):
    """A version of an MLflow registry, chosen in one of three ways."""

    name = LabelField(max_length=250, help_text="Of the registered model in MLflow.")
    alias = LabelField(max_length=250, required=False, help_text="The version under this alias.")
    stage = LabelField(max_length=64, required=False, help_text="The newest version in this stage.")
    remote_version = serializers.RegexField(r"^[0-9]{1,9}$", required=False, help_text="The version of this number.")
    model = serializers.RegexField(_NAME, max_length=63, help_text="Which model of ours it becomes a version of.")
    version = serializers.RegexField(
        _VERSION, max_length=14, required=False, help_text="Its number here. Left out: the next minor number."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Say what would happen, and do nothing.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(bool(attrs.get(name)) for name in _CHOICES) != 1:
            raise ValidationError({"alias": "Choose by alias, by stage or by version; one of them."})
        return attrs


class ExportIn(serializers.Serializer):
    model = serializers.RegexField(_NAME, max_length=63)
    version = serializers.RegexField(_VERSION, max_length=14)
    name = LabelField(max_length=250, required=False, help_text="In MLflow. Left out: as here.")
    alias = LabelField(max_length=250, required=False, help_text="Set on it once it is there.")


class TransferOut(WorkOut):
    way = serializers.ChoiceField(choices=TransferWay.choices)
    server = serializers.CharField(help_text="Address without credentials.")
    remote_name = serializers.CharField()
    remote_version = serializers.CharField(allow_blank=True)
    chosen_by = serializers.CharField(allow_blank=True)
    remote_run = serializers.CharField(allow_blank=True, help_text="MLflow's run behind it.")
    alias = serializers.CharField(allow_blank=True)
    model = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField(allow_blank=True)
    bytes = serializers.IntegerField()
    is_registered = serializers.BooleanField(help_text="It is a version here.")


class PlanOut(serializers.Serializer):
    remote_name = serializers.CharField()
    remote_version = serializers.CharField()
    stage = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    remote_run = serializers.CharField(allow_blank=True)
    folder = serializers.CharField()
    file = serializers.CharField(allow_blank=True)
    bytes = serializers.IntegerField()
    model_name = serializers.CharField()
    version = serializers.CharField(help_text="Its number here.")
    has_description = serializers.BooleanField(help_text="`model.json` lies beside it.")
    known = serializers.BooleanField(help_text="It is registered here with the same digest.")
    faults = serializers.ListField(child=serializers.CharField(), help_text="Why it would be refused. Empty: nothing.")


class ConnectionOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=["off", "up", "down"])
    server = serializers.CharField(allow_blank=True, help_text="Address without credentials.")
    version = serializers.CharField(allow_blank=True, help_text="Of MLflow.")
    detail = serializers.CharField(allow_blank=True, help_text="What is wrong, and what to do.")
    took_ms = serializers.FloatField(allow_null=True)


class SourceVersionOut(serializers.Serializer):
    version = serializers.CharField()
    stage = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    run = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField(allow_null=True)


class SourceOut(serializers.Serializer):
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    versions = SourceVersionOut(many=True, help_text="Newest first.")


class SourcesOut(serializers.Serializer):
    results = SourceOut(many=True)
