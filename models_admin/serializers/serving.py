"""Deploying and serving: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from core.fields import LabelField
from core.pagination import PageIn
from core.schema import AnythingField
from models_admin.choices import ControlKind, ControlOutcome, DeploymentState, RouteSlot, VersionStatus

_LONGEST_REASON = 300
_MOST_INSTANCES = 32
_LONGEST_DELAY_US = 100_000
_LONGEST_QUEUE = 1024
_LARGEST_BATCH = 64


def _version(*, required: bool = True, help_text: str = "") -> serializers.RegexField:
    return serializers.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", max_length=14, required=required, help_text=help_text
    )


def _reason(*, required: bool) -> LabelField:
    return LabelField(max_length=_LONGEST_REASON, required=required, help_text="Why, for the trail.")


class _PlaceIn(serializers.Serializer):
    recipe = LabelField(default="", allow_blank=True, help_text="Of images by this recipe only; empty: of all.")
    tool = LabelField(default="", allow_blank=True, help_text="Of images from this tool only; empty: from all.")
    product = LabelField(default="", allow_blank=True, help_text="Of wafers of this product only; empty: of all.")
    slot = serializers.ChoiceField(choices=RouteSlot.choices, default=RouteSlot.CHAMPION)
    seen_generation = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Of the route you looked at; 0: there was none."
    )


class DeployIn(_PlaceIn):
    version = _version()
    reason = _reason(required=False)
    unvalidated = serializers.BooleanField(
        default=False, help_text="A candidate is meant, though no gate has passed it; takes a reason."
    )


class RollbackIn(_PlaceIn):
    reason = _reason(required=True)


class DeactivateQuery(_PlaceIn):
    reason = _reason(required=True)


class LoadIn(serializers.Serializer):
    version = _version()
    reason = _reason(required=False)


class UnloadQuery(serializers.Serializer):
    version = _version()
    reason = _reason(required=False)


class ConfigIn(serializers.Serializer):
    seen_revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="Of the one you looked at.")
    instances = serializers.IntegerField(
        min_value=1, max_value=_MOST_INSTANCES, required=False, help_text="Copies that compute side by side."
    )
    max_queue_delay_us = serializers.IntegerField(
        min_value=0, max_value=_LONGEST_DELAY_US, required=False, help_text="A lone request waits so long for company."
    )
    preferred_batches = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_LARGEST_BATCH),
        max_length=_LARGEST_BATCH,
        required=False,
        help_text="Sizes at which a batch is computed at once.",
    )
    max_queue_size = serializers.IntegerField(
        min_value=1, max_value=_LONGEST_QUEUE, required=False, help_text="Requests that may wait; more are refused."
    )
    reason = _reason(required=False)


class MetadataIn(serializers.Serializer):
    seen_revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Of what you looked at.")
    description = serializers.CharField(max_length=4000, allow_blank=True, required=False)
    contact = LabelField(max_length=200, allow_blank=True, required=False)


class MetadataQuery(serializers.Serializer):
    version = _version(required=False, help_text="Whose own description to add; the newest unless it says so.")


class ControlCallsQuery(PageIn):
    kind = serializers.ChoiceField(choices=ControlKind.choices, required=False)
    outcome = serializers.ChoiceField(choices=ControlOutcome.choices, required=False)


class _PlaceOut(serializers.Serializer):
    recipe = serializers.CharField(allow_blank=True, help_text="Empty: every recipe.")
    tool = serializers.CharField(allow_blank=True, help_text="Empty: every tool.")
    product = serializers.CharField(allow_blank=True, help_text="Empty: every product.")


class AskedPlaceOut(_PlaceOut):
    slot = serializers.ChoiceField(choices=RouteSlot.choices)
    is_rollback = serializers.BooleanField()


class StepTakenOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=DeploymentState.choices)
    at = serializers.DateTimeField()


class BringingOut(serializers.Serializer):
    """One bringing of a version onto Triton."""

    id = serializers.IntegerField()
    model = serializers.CharField()
    version = serializers.CharField()
    triton_name = serializers.CharField()
    config_revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DeploymentState.choices)
    steps = StepTakenOut(many=True, help_text="The last of them, oldest first.")
    error = serializers.CharField(allow_blank=True, help_text="Why it failed, or what it waits for.")
    leaves = serializers.BooleanField(help_text="It is unloaded as soon as it has drained.")
    measured = AnythingField(help_text="Speed by the configuration it replaced and by its own; empty where none.")
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    asked_for = AskedPlaceOut(many=True, help_text="Places it takes when it has proved itself.")


class ServedPlaceOut(_PlaceOut):
    slot = serializers.ChoiceField(choices=RouteSlot.choices)
    generation = serializers.IntegerField()


class ServedVersionOut(BringingOut):
    status = serializers.ChoiceField(choices=VersionStatus.choices)
    ready = serializers.BooleanField(allow_null=True, help_text="Triton has it ready; null: Triton does not answer.")
    places = ServedPlaceOut(many=True)


class EarlierOut(serializers.Serializer):
    version = serializers.CharField()
    status = serializers.ChoiceField(choices=VersionStatus.choices)
    is_warm = serializers.BooleanField(help_text="Going back to it is a matter of a moment.")


class RouteOut(_PlaceOut):
    generation = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    champion = serializers.CharField()
    fallback = serializers.CharField(allow_null=True)
    champion_before = EarlierOut(allow_null=True, help_text="What rolling back leads to.")
    fallback_before = EarlierOut(allow_null=True)


class StatusOut(serializers.Serializer):
    model = serializers.CharField()
    triton = serializers.CharField(help_text="`ready`, or `unknown` while it does not answer.")
    config_revision = serializers.IntegerField()
    versions = ServedVersionOut(many=True, help_text="What is loaded or on its way, then what failed last.")
    routes = RouteOut(many=True)


class ServedConfigOut(serializers.Serializer):
    version = serializers.CharField()
    deployment = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DeploymentState.choices)
    error = serializers.CharField(allow_blank=True)
    measured = AnythingField()


class ConfigOut(serializers.Serializer):
    model = serializers.CharField()
    revision = serializers.IntegerField(help_text="0: as the settings say.")
    instances = serializers.IntegerField()
    max_queue_delay_us = serializers.IntegerField()
    preferred_batches = serializers.ListField(child=serializers.IntegerField())
    max_queue_size = serializers.IntegerField()
    max_batch = serializers.IntegerField(help_text="What a batch holds; of the contract, not to be changed.")
    reason = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField(allow_null=True)
    made_by = serializers.CharField(allow_blank=True)
    served = ServedConfigOut(many=True, help_text="Versions by this configuration, with what it did to their speed.")


class MetadataOut(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    contact = serializers.CharField(allow_blank=True)
    revision = serializers.IntegerField()
    version = serializers.CharField(allow_null=True)
    metadata = AnythingField(help_text="The version's `model.json`, which never changes.")


class ControlCallOut(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ControlKind.choices)
    outcome = serializers.ChoiceField(
        choices=ControlOutcome.choices, help_text="`unknown`: Triton did not answer; its state is seen when it does."
    )
    detail = serializers.CharField(allow_blank=True)
    triton_name = serializers.CharField()
    model = serializers.CharField()
    version = serializers.CharField()
    asked_by = serializers.CharField()
    began_at = serializers.DateTimeField()
    took_ms = serializers.FloatField()
    memory_before = serializers.IntegerField(allow_null=True, help_text="Bytes of Triton's processes; null: unseen.")
    memory_after = serializers.IntegerField(allow_null=True)


class ProcessesOut(serializers.Serializer):
    processes = serializers.IntegerField()
    memory_bytes = serializers.IntegerField()
    cpu_s = serializers.FloatField(help_text="Since they began; its growth per second is cores in use.")


class HostOut(serializers.Serializer):
    cpu_utilisation = serializers.FloatField(allow_null=True)
    memory_used_bytes = serializers.FloatField(allow_null=True)
    memory_total_bytes = serializers.FloatField(allow_null=True)


class HeldModelOut(serializers.Serializer):
    triton_name = serializers.CharField()
    model = serializers.CharField(allow_null=True, help_text="null: no deployment of ours.")
    version = serializers.CharField(allow_null=True)
    deployment = serializers.IntegerField(allow_null=True)
    deployment_state = serializers.CharField(allow_null=True)
    config_revision = serializers.IntegerField(allow_null=True)
    instances = serializers.IntegerField(allow_null=True)
    max_queue_size = serializers.IntegerField(allow_null=True)
    state = serializers.CharField(allow_blank=True, help_text="Triton's word.")
    reason = serializers.CharField(allow_blank=True)
    ready = serializers.BooleanField()
    places = ServedPlaceOut(many=True)
    requests = serializers.IntegerField(help_text="Answered since it was loaded.")
    failed = serializers.IntegerField()
    tiles = serializers.IntegerField()
    batches = serializers.IntegerField()
    queue_ms = serializers.FloatField(help_text="Summed over the requests.")
    compute_ms = serializers.FloatField(help_text="Summed over the requests.")
    pending = serializers.IntegerField(allow_null=True, help_text="In its queue now.")
    rejected = serializers.IntegerField(allow_null=True, help_text="Waited for too long.")
    memory_bytes = serializers.IntegerField(allow_null=True, help_text="What loading it cost.")
    breaker = AnythingField(help_text="`state`, and why it is open.")


class ServerOut(serializers.Serializer):
    live = serializers.BooleanField()
    ready = serializers.BooleanField()
    version = serializers.CharField(allow_blank=True)
    fault = serializers.CharField(allow_blank=True)
    answered_in_ms = serializers.FloatField()
    at = serializers.DateTimeField()
    processes = ProcessesOut(allow_null=True, help_text="null: Triton runs where its processes cannot be seen.")
    host = HostOut()
    gpus = serializers.ListField(child=AnythingField())
    models = HeldModelOut(many=True)
