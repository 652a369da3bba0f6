"""The blast radius, and who judged a wafer: what requests must look like, and what OpenAPI says of the answers."""

from rest_framework import serializers

from core.fields import LabelField, MomentField, WholeNumberField
from core.pagination import PageIn
from core.schema import CountsField
from inspection.choices import Band
from inspection.serializers.documented import HoldOut, ImageOut, NamedWaferOut

LARGEST_KEY = 2**63 - 1


class SelectionQuery(serializers.Serializer):
    """At least one of these; all that are given have to be true of a run."""

    deployment = WholeNumberField(min_value=1, max_value=LARGEST_KEY, required=False)
    recipe_version = WholeNumberField(
        min_value=1, max_value=LARGEST_KEY, required=False, help_text="The `id` of `recipes/{id}/versions/`."
    )
    tool = LabelField(required=False, help_text="Its code; `by hand` for what people uploaded.")
    since = MomentField(required=False, help_text="What came to be judged not earlier than this (ISO 8601).")
    until = MomentField(required=False, help_text="What came to be judged before this (ISO 8601).")


class TouchedQuery(SelectionQuery, PageIn):
    """A page of wafers."""


class JudgedQuery(PageIn):
    at = MomentField(
        required=False, help_text="Only what had the word about the wafer then. Default: every run that judged it."
    )


class TouchedOut(serializers.Serializer):
    """A wafer with everything that was said of it by the runs that were asked about."""

    wafer = NamedWaferOut()
    lot = serializers.CharField()
    product = serializers.CharField()
    hold = HoldOut(allow_null=True, help_text="The hold it is on now.")
    url = serializers.CharField()
    newest_run = serializers.UUIDField()
    judged_at = serializers.DateTimeField(help_text="By the newest of the runs.")
    runs = serializers.IntegerField()
    layers = serializers.ListField(child=serializers.CharField())
    tools = serializers.ListField(child=serializers.CharField())
    recipes = serializers.ListField(child=serializers.CharField())
    versions = serializers.ListField(child=serializers.CharField())
    band = serializers.ChoiceField(choices=Band.choices, help_text="The worst of the runs.")
    degraded = serializers.IntegerField(help_text="Runs that the fallback judged.")
    detections = serializers.IntegerField()
    by_class = CountsField()
    by_band = CountsField(help_text="Of the detections.")
    images = serializers.IntegerField(help_text="Of the wafer, at the layers of the runs.")
    images_standing = serializers.IntegerField(help_text="Those about which these runs still have the word.")


class TotalsOut(serializers.Serializer):
    runs = serializers.IntegerField()
    wafers = serializers.IntegerField()
    lots = serializers.IntegerField()
    on_hold = serializers.IntegerField(help_text="Wafers that are on hold now.")
    degraded = serializers.IntegerField(help_text="Runs that the fallback judged.")
    detections = serializers.IntegerField()
    by_class = CountsField()
    by_band = CountsField(help_text="Of the detections.")
    runs_by_band = CountsField()
    is_all = serializers.BooleanField(help_text="false: there are more; only the newest runs were counted.")


class JudgedRecipeOut(serializers.Serializer):
    id = serializers.IntegerField(help_text="Of the recipe version.")
    code = serializers.CharField()
    version = serializers.IntegerField()


class JudgedTenureOut(serializers.Serializer):
    recipe = serializers.CharField(allow_blank=True, help_text="Empty: the route of every recipe without its own.")
    tool = serializers.CharField(allow_blank=True)
    product = serializers.CharField(allow_blank=True)
    slot = serializers.CharField()
    since = serializers.DateTimeField()
    since_known = serializers.BooleanField()
    until = serializers.DateTimeField(allow_null=True)


class JudgedOut(serializers.Serializer):
    run = serializers.UUIDField()
    layer = serializers.CharField()
    tool = serializers.CharField(allow_null=True)
    model = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    recipe = JudgedRecipeOut()
    deployment = serializers.IntegerField(allow_null=True, help_text="null: not on record.")
    tenure = JudgedTenureOut(allow_null=True, help_text="The time for which it held the place it judged in.")
    by_name = serializers.BooleanField(help_text="The version was asked for by name, whoever held the place.")
    degraded = serializers.BooleanField(help_text="The fallback version judged.")
    judged_at = serializers.DateTimeField()
    band = serializers.ChoiceField(choices=Band.choices, allow_null=True)
    detection_count = serializers.IntegerField()
    counts = serializers.BooleanField(help_text="false: a re-run for comparison, which counts for nothing.")
    rerun_of = serializers.UUIDField(allow_null=True)
    stands = serializers.BooleanField(help_text="It has the word about an image: at `at`, or now.")


class RerunIn(SelectionQuery):
    """What is judged again, and by whom."""

    model = serializers.RegexField(r"^[a-z][a-z0-9_]{0,62}$", max_length=63, help_text="Only what it has judged.")
    version = serializers.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", max_length=14, help_text="The version that judges again; it must be loaded."
    )
    label = LabelField(max_length=120, required=False)  # type: ignore[assignment]


class FlippedQuery(serializers.Serializer):
    limit = WholeNumberField(min_value=1, max_value=500, default=100, help_text="Rows; those that flipped most.")


class FlipCountsOut(serializers.Serializer):
    """Calls of a run and its re-run, paired by place."""

    same = serializers.IntegerField()
    band = serializers.IntegerField(help_text="The same class in another band.")
    gone = serializers.IntegerField(help_text="Only the run before says it.")
    new = serializers.IntegerField(help_text="Only the re-run says it.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # No word for a name in Python.
        return {**super().get_fields(), "class": serializers.IntegerField(help_text="Another class in the same place.")}


class FlipTotalsOut(FlipCountsOut):
    runs = serializers.IntegerField(help_text="Of the job.")
    compared = serializers.IntegerField(help_text="Those that have ended.")
    flipped = serializers.IntegerField(help_text="Runs with a flipped call.")
    bands_changed = serializers.IntegerField(help_text="Runs that are in another band as a whole.")


class FlippedRunOut(serializers.Serializer):
    run = serializers.UUIDField(help_text="The re-run.")
    rerun_of = serializers.UUIDField(help_text="The run that counts.")
    wafer = NamedWaferOut()
    lot = serializers.CharField()
    layer = serializers.CharField()
    recipe = serializers.CharField()
    judged_at = serializers.DateTimeField(help_text="Before.")
    bands = serializers.ListField(child=serializers.CharField(), help_text="Before and after.")
    flips = FlipCountsOut()


class FlippedOut(serializers.Serializer):
    totals = FlipTotalsOut()
    results = FlippedRunOut(many=True, help_text="Those that flipped most first.")


class SaidOut(serializers.Serializer):
    id = serializers.UUIDField()
    class_code = serializers.CharField()
    class_name = serializers.CharField()
    confidence = serializers.FloatField()
    severity = serializers.CharField()
    band = serializers.ChoiceField(choices=Band.choices)
    bbox_px = serializers.ListField(child=serializers.FloatField())


class FlippedCallOut(serializers.Serializer):
    flip = serializers.CharField(help_text="`gone`, `new`, `class`, `band` or `same`.")
    before = SaidOut(allow_null=True)
    after = SaidOut(allow_null=True)


class FlippedImageOut(serializers.Serializer):
    image = ImageOut()
    calls = FlippedCallOut(many=True)


class FlippedImagesOut(serializers.Serializer):
    run = serializers.UUIDField()
    rerun_of = serializers.UUIDField()
    images = FlippedImageOut(many=True)
