"""Training runs: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from core.fields import LabelField, NumberField, WholeNumberField
from core.pagination import PageIn
from core.schema import AnythingField
from models_admin.choices import VersionStatus, WorkState
from models_admin.models.training import LONGEST_LOG, MOST_STEPS
from models_admin.serializers.work import WorkOut
from models_admin.services import TRAINING_DEFAULTS

_NAME = r"^[a-z][a-z0-9_]{0,62}$"
_VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$"


class TrainingsQuery(PageIn):
    model = serializers.RegexField(_NAME, max_length=63, required=False)
    state = serializers.ChoiceField(choices=WorkState.choices, required=False)


class TrainingIn(serializers.Serializer):
    """What is to be learned from what."""

    model = serializers.RegexField(_NAME, max_length=63)
    base = serializers.RegexField(_VERSION, max_length=14, help_text="The version to begin with.")
    dataset_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="Of the manifest of a frozen data set.")
    dataset_label = LabelField(required=False, allow_blank=True, help_text="What the data set is called.")
    version = serializers.RegexField(
        _VERSION,
        max_length=14,
        required=False,
        allow_blank=True,
        help_text="Number of the new version; its INT8 form has the next one. Left out: the next minor number.",
    )
    seed = WholeNumberField(min_value=0, max_value=2**31 - 1, default=TRAINING_DEFAULTS["seed"])
    steps = WholeNumberField(min_value=1, max_value=MOST_STEPS, default=TRAINING_DEFAULTS["steps"])
    rate = NumberField(
        min_value=1e-6, max_value=1e-2, default=TRAINING_DEFAULTS["rate"], help_text="Learning rate at its height."
    )
    replay_share = NumberField(
        min_value=0.0,
        max_value=0.9,
        default=TRAINING_DEFAULTS["replay_share"],
        help_text="Share of what it sees that is like what the base learned from, against forgetting.",
    )
    scenes = WholeNumberField(
        min_value=2,
        max_value=2000,
        default=TRAINING_DEFAULTS["scenes"],
        help_text="Drawn scenes that stand for what was learned before, and are measured on.",
    )


class ReasonIn(serializers.Serializer):
    reason = LabelField(required=False, allow_blank=True, max_length=300)


class LogQuery(serializers.Serializer):
    offset = WholeNumberField(min_value=0, max_value=LONGEST_LOG, default=0, help_text="Character to begin at.")


class MadeOut(serializers.Serializer):
    model = serializers.CharField()
    version = serializers.CharField()
    precision = serializers.CharField()
    status = serializers.ChoiceField(choices=VersionStatus.choices)
    sha256 = serializers.CharField()


class SettingsOut(serializers.Serializer):
    seed = serializers.IntegerField()
    steps = serializers.IntegerField()
    rate = serializers.FloatField()
    replay_share = serializers.FloatField()
    scenes = serializers.IntegerField()


class TrainingOut(WorkOut):
    site = serializers.CharField(help_text="Of the data set.")
    model = serializers.CharField()
    base = serializers.CharField(help_text="The version it begins with.")
    version = serializers.CharField(help_text="The version it makes.")
    int8_version = serializers.CharField(help_text="Its INT8 form.")
    dataset_sha256 = serializers.CharField()
    dataset_label = serializers.CharField(allow_blank=True)
    settings = SettingsOut()
    attempt = serializers.IntegerField()
    device = serializers.CharField(allow_blank=True)
    code_version = serializers.CharField(allow_blank=True)
    log_length = serializers.IntegerField(help_text="Characters.")
    made = MadeOut(many=True, help_text="Registered versions.")


class TrainingDetailOut(TrainingOut):
    result = AnythingField(
        help_text="`compared`: before and after per class, on the data set (`new`) and on drawn scenes (`old`), shares "
        "with their 95 % intervals; `seconds`, `device`. Empty until it is done."
    )


class LogOut(serializers.Serializer):
    offset = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    next = serializers.IntegerField(help_text="Where to go on.")
    is_over = serializers.BooleanField(help_text="Nothing will follow.")


class CurveOut(serializers.Serializer):
    loss = AnythingField(help_text="Points with `step`, `total` and the parts of the loss.")
    metrics = AnythingField(help_text="Points with `step`, and mAP50 on the data set and on drawn scenes.")
