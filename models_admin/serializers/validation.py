"""Golden sets, gates and validations: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from core.fields import KeyField, LabelField, NumberField, WholeNumberField
from core.pagination import PageIn
from core.schema import AnythingField, CountsField
from domain.datasets.records import Split
from models_admin.choices import WorkState
from models_admin.serializers.work import WorkOut

_NAME = r"^[a-z][a-z0-9_]{0,62}$"
_VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$"
_SHA256 = r"^[0-9a-f]{64}$"
_SPLITS = [split.value for split in Split]
_STATES = WorkState.choices


class GoldenSetIn(serializers.Serializer):
    model = serializers.RegexField(_NAME, max_length=63, help_text="Whose versions it measures.")
    name = LabelField(max_length=64, help_text="Not used before for this model at this site.")
    sha256 = serializers.RegexField(_SHA256, max_length=64, help_text="Digest of a data set: `sha256` of `datasets/`.")
    splits = serializers.ListField(
        child=serializers.ChoiceField(choices=_SPLITS),
        min_length=1,
        max_length=3,
        default=["test"],
        help_text="Parts of the data set that count; `train` only where no version has learned from it.",
    )
    site = LabelField(max_length=32, required=False, help_text="Where the data set was frozen; yours by default.")


class GoldenSetsQuery(PageIn):
    model = serializers.RegexField(_NAME, max_length=63, required=False)
    retired = serializers.BooleanField(required=False, help_text="Only those put away, or only those in use.")


class ReasonIn(serializers.Serializer):
    reason = LabelField(max_length=400)


class ReadingIn(serializers.Serializer):
    """How images are shown and answers read; what is left out is as recipes begin."""

    preprocessing = serializers.DictField(required=False, help_text="A profile, as recipes have it.")
    overlap_px = WholeNumberField(min_value=0, max_value=256, required=False)
    nms_iou = NumberField(min_value=0.0, max_value=1.0, required=False)
    thresholds = serializers.DictField(
        child=NumberField(min_value=0.0, max_value=1.0),
        required=False,
        help_text="Confidence by class; others are the version's own.",
    )


class ValidateIn(serializers.Serializer):
    version = serializers.RegexField(_VERSION, max_length=14)
    golden_set = KeyField()
    reading = ReadingIn(required=False)


class ValidationsQuery(PageIn):
    model = serializers.RegexField(_NAME, max_length=63, required=False)
    version = serializers.RegexField(_VERSION, max_length=14, required=False)
    golden_set = KeyField(required=False)
    state = serializers.ChoiceField(choices=_STATES, required=False)


class ReportQuery(serializers.Serializer):
    version = serializers.RegexField(_VERSION, max_length=14, required=False, help_text="The newest of any without it.")


class LimitsIn(serializers.Serializer):
    """Limits to change; null lifts one."""

    images_least = WholeNumberField(min_value=0, max_value=1_000_000, required=False, allow_null=True)
    accuracy_least = NumberField(min_value=0.0, max_value=1.0, required=False, allow_null=True)
    recall_drop_most = NumberField(min_value=0.0, max_value=1.0, required=False, allow_null=True)
    recall_drop_defects_least = WholeNumberField(min_value=0, max_value=1_000_000, required=False)
    map50_least = NumberField(min_value=0.0, max_value=1.0, required=False, allow_null=True)
    ece_most = NumberField(min_value=0.0, max_value=1.0, required=False, allow_null=True)
    latency_p95_most_ms = NumberField(min_value=0.0, max_value=600_000.0, required=False, allow_null=True)


class GatesIn(serializers.Serializer):
    limits = LimitsIn()
    seen_number = WholeNumberField(
        min_value=0, max_value=2**31, help_text="`number` of the gates that were looked at; another one answers 409."
    )
    reason = LabelField(max_length=400)


class GoldenSetOut(serializers.Serializer):
    id = serializers.UUIDField()
    site = serializers.CharField()
    model = serializers.CharField()
    name = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the data set's manifest.")
    splits = serializers.ListField(child=serializers.ChoiceField(choices=_SPLITS))
    images = serializers.IntegerField()
    defects = serializers.IntegerField()
    classes = CountsField(help_text="Defects by class.")
    left_out = CountsField(help_text="Images that cannot be counted, by reason: `incomplete`, `no_box`.")
    registered_by = serializers.CharField()
    registered_at = serializers.DateTimeField()
    retired_by = serializers.CharField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    retired_because = serializers.CharField(allow_blank=True)


class _GoldenSetNamed(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    site = serializers.CharField()


class ValidationOut(WorkOut):
    model = serializers.CharField()
    version = serializers.CharField()
    golden_set = _GoldenSetNamed()
    has_passed = serializers.BooleanField(allow_null=True, help_text="Every gate; null while there is no report.")
    gate_number = serializers.IntegerField(allow_null=True, help_text="Of the gates it was held to.")


class ValidationDetailOut(ValidationOut):
    reading = ReadingIn(help_text="How images are shown and answers read.")
    report = AnythingField(
        allow_null=True,
        help_text="`gates`, `figures` of version and champion, what differs (`paired`), how it was measured.",
    )
    report_sha256 = serializers.CharField(allow_null=True, help_text="Of the report as canonical JSON.")


class ReportOut(serializers.Serializer):
    id = serializers.UUIDField(help_text="Of the validation.")
    sha256 = serializers.CharField()
    report = AnythingField()


class GatesOut(serializers.Serializer):
    model = serializers.CharField()
    number = serializers.IntegerField(help_text="0: what every model begins with.")
    limits = LimitsIn()
    reason = serializers.CharField(allow_blank=True)
    changed_by = serializers.CharField(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)
