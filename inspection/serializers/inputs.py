"""What requests must look like. Shape and range only; whether a code exists is the services' business."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from core.errors import Invalid
from core.fields import KeyField, LabelField, MomentField, NumberField, WholeNumberField
from core.pagination import PageIn
from core.parsers import strict_json
from inspection.choices import Band, JobState, RunState, Severity
from inspection.services import Upload

FARTHEST_UM = 1_000_000.0
LARGEST_PIXEL_UM = 10_000.0
SMALLEST_PIXEL_UM = 0.0001
MOST_IMAGES = 100
ORIGIN = ("image_origin_x_um", "image_origin_y_um")


class JudgeIn(serializers.Serializer):
    """Who is to judge."""

    recipe = LabelField(required=False, help_text="Default: DEFAULT. Must exist.")
    model = serializers.RegexField(
        r"^[a-z][a-z0-9_]{0,62}$", max_length=63, required=False, help_text="Instead of the recipe's model."
    )
    version = serializers.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", max_length=14, required=False,
        help_text="A loaded version, instead of the one in force. No other answers for it.",
    )  # fmt: skip
    cache = serializers.BooleanField(default=True, help_text="Whether an answer for the same pixels may be reused.")


class UploadIn(JudgeIn):
    """What an upload says about its images. Codes that do not exist yet are made, except of recipes."""

    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")
    lot = LabelField(required=False, help_text="Default: `ADHOC-` and the date.")
    wafer = LabelField(required=False, help_text="Default: named after the image's digest.")
    slot = WholeNumberField(min_value=0, max_value=999, required=False)
    product = LabelField(required=False, help_text="Default: GENERIC.")
    layer = LabelField(required=False, help_text="Default: NA.")
    tool = LabelField(required=False)
    image_origin_x_um = NumberField(
        min_value=-FARTHEST_UM, max_value=FARTHEST_UM, required=False,
        help_text="Wafer frame, of the image's top left corner.",
    )  # fmt: skip
    image_origin_y_um = NumberField(min_value=-FARTHEST_UM, max_value=FARTHEST_UM, required=False)
    pixel_um = NumberField(
        min_value=SMALLEST_PIXEL_UM, max_value=LARGEST_PIXEL_UM, required=False, help_text="Default: the recipe's."
    )


class PredictIn(UploadIn):
    image = serializers.FileField(allow_empty_file=True, help_text="PNG, JPEG, WebP, BMP or TIFF.")
    external_id = LabelField(max_length=128, required=False, help_text="The caller's own id; unique per site.")


class PredictQuery(UploadIn):
    """Beside an image that is the whole body."""

    external_id = LabelField(max_length=128, required=False)
    file_name = LabelField(max_length=255, required=False)


class StreamIn(UploadIn):
    """The first frame of a stream of images."""


@extend_schema_field({"type": "string", "description": "A JSON list of texts, one for each image."})
class IdListField(serializers.Field):
    """Texts as JSON in a field of a form; null where an image has none."""

    default_error_messages = {"invalid": f"A JSON list of at most {MOST_IMAGES} texts is wanted."}

    def to_internal_value(self, data: Any) -> list[str | None]:
        try:
            value = strict_json(data) if isinstance(data, str) else None
        except (ParseError, Invalid):
            value = None
        if not isinstance(value, list) or len(value) > MOST_IMAGES:
            self.fail("invalid")
        return [None if item is None else _external_id.run_validation(item) for item in value]


class BatchIn(UploadIn):
    images = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=MOST_IMAGES
    )
    external_id = serializers.ListField(
        child=LabelField(max_length=128, allow_blank=True), max_length=MOST_IMAGES, required=False,
        help_text="One for each image, in order.",
    )  # fmt: skip
    external_ids = IdListField(required=False)
    label = LabelField(max_length=120, required=False)  # type: ignore[assignment]


class BatchOfIdsIn(JudgeIn):
    """Images that are stored already."""

    ids = serializers.ListField(child=KeyField(), min_length=1, max_length=MOST_IMAGES)
    site = LabelField(max_length=32, required=False)
    label = LabelField(max_length=120, required=False)  # type: ignore[assignment]


_external_id = LabelField(max_length=128)


class WallQuery(serializers.Serializer):
    limit = WholeNumberField(min_value=1, max_value=500, default=200)
    tool = LabelField(default="", help_text="`by hand` is what people uploaded.")
    product = LabelField(default="")
    band = serializers.ChoiceField(choices=Band.choices, default="", help_text="Of the standing.")
    wafer = serializers.UUIDField(required=False)


class StandingQuery(serializers.Serializer):
    layer = LabelField(default="", help_text="That of the newest run where none is named.")


class _Between(PageIn):
    since = MomentField(required=False, help_text="Not older than this (ISO 8601).")
    until = MomentField(required=False, help_text="Older than this (ISO 8601).")


class LotsQuery(PageIn):
    code = LabelField(required=False)
    product = LabelField(required=False)


class WafersQuery(_Between):
    lot = LabelField(required=False)
    code = LabelField(required=False)
    product = LabelField(required=False)
    on_hold = serializers.BooleanField(default=False, help_text="Only wafers that are on hold.")


class HoldIn(serializers.Serializer):
    reason = LabelField(max_length=300, help_text="Why; it stays with the record.")


class WaferReleaseIn(HoldIn):
    seen_number = WholeNumberField(
        min_value=1, max_value=2**31 - 1, help_text="Of the hold that was looked at; 409 when it is another."
    )


class ImagesQuery(_Between):
    wafer = serializers.UUIDField(required=False)
    lot = LabelField(required=False)
    layer = LabelField(required=False)
    tool = LabelField(required=False)
    external_id = LabelField(max_length=128, required=False)


class RunsQuery(_Between):
    wafer = serializers.UUIDField(required=False)
    job = serializers.UUIDField(required=False)
    lot = LabelField(required=False)
    product = LabelField(required=False)
    layer = LabelField(required=False)
    tool = LabelField(required=False)
    recipe = LabelField(required=False)
    state = serializers.ChoiceField(choices=RunState.choices, required=False)
    band = serializers.ChoiceField(choices=Band.choices, required=False)


class DetectionsQuery(_Between):
    run = serializers.UUIDField(required=False)
    image = serializers.UUIDField(required=False)
    wafer = serializers.UUIDField(required=False)
    lot = LabelField(required=False)
    layer = LabelField(required=False)
    tool = LabelField(required=False)
    class_code = serializers.SlugField(max_length=32, required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    band = serializers.ChoiceField(choices=Band.choices, required=False)
    min_confidence = NumberField(min_value=0, max_value=1, required=False)
    max_confidence = NumberField(min_value=0, max_value=1, required=False)


class JobsQuery(PageIn):
    state = serializers.ChoiceField(choices=JobState.choices, required=False)


class CatalogueQuery(PageIn):
    limit = WholeNumberField(min_value=1, max_value=200, default=200)
    code = LabelField(required=False)


class ViewQuery(serializers.Serializer):
    side = WholeNumberField(
        min_value=64, max_value=8192, default=2048, help_text="The longer side, in pixels, at most."
    )


class ProductIn(serializers.Serializer):
    site = LabelField(max_length=32, required=False)
    code = LabelField()
    name = LabelField(max_length=120, required=False, allow_blank=True)
    wafer_diameter_um = NumberField(min_value=1_000, max_value=FARTHEST_UM, required=False)
    edge_exclusion_um = NumberField(min_value=0, max_value=100_000, required=False)
    die_pitch_x_um = NumberField(min_value=1, max_value=FARTHEST_UM, required=False)
    die_pitch_y_um = NumberField(min_value=1, max_value=FARTHEST_UM, required=False)
    grid_centre_x_um = NumberField(min_value=-FARTHEST_UM, max_value=FARTHEST_UM, required=False)
    grid_centre_y_um = NumberField(min_value=-FARTHEST_UM, max_value=FARTHEST_UM, required=False)


class ToolIn(serializers.Serializer):
    site = LabelField(max_length=32, required=False)
    code = LabelField()
    name = LabelField(max_length=120, required=False, allow_blank=True)
    cadence_s = WholeNumberField(min_value=1, max_value=604_800, required=False)


class LayerIn(serializers.Serializer):
    site = LabelField(max_length=32, required=False)
    code = LabelField()
    name = LabelField(max_length=120, required=False, allow_blank=True)
    step = WholeNumberField(min_value=0, max_value=1_000_000, required=False)


class RecipeSettingsIn(serializers.Serializer):
    """What a version of a recipe says."""

    preprocessing = serializers.DictField(required=False, help_text="A preprocessing profile; empty changes nothing.")
    tile_px = WholeNumberField(
        min_value=1, max_value=8192, required=False, help_text="Only what the recipe's model takes; best left out."
    )
    overlap_px = WholeNumberField(min_value=0, max_value=256, required=False)
    thresholds = serializers.DictField(
        child=NumberField(min_value=0, max_value=1), required=False, help_text="Confidence by class code."
    )
    review_from = NumberField(min_value=0, max_value=1, required=False)
    reject_from = NumberField(min_value=0, max_value=1, required=False)
    nms_iou = NumberField(min_value=0.05, max_value=0.95, required=False)
    pixel_um = NumberField(min_value=SMALLEST_PIXEL_UM, max_value=LARGEST_PIXEL_UM, required=False)


class RecipeIn(RecipeSettingsIn):
    site = LabelField(max_length=32, required=False)
    code = LabelField()
    name = LabelField(max_length=120, required=False, allow_blank=True)


class RecipeVersionIn(RecipeSettingsIn):
    """What changes; everything else stays as it is in force."""

    seen_version = WholeNumberField(
        min_value=1, max_value=2**31 - 1, required=False,
        help_text="The version that was looked at; 409 when another one is in force.",
    )  # fmt: skip
    reason = LabelField(max_length=300, required=False, help_text="For the trail.")


class BenchmarkIn(serializers.Serializer):
    site = LabelField(max_length=32, default=None)
    recipe = LabelField(default=None, help_text="Whose model is asked. Default: DEFAULT.")
    images = WholeNumberField(min_value=1, max_value=200, default=20)
    concurrency = WholeNumberField(min_value=1, max_value=8, default=2)
    side_px = WholeNumberField(min_value=64, max_value=2048, default=512)


def upload_of(values: Mapping[str, Any], *, priority: int) -> Upload:
    """Checked values as the services take them.

    Raises:
        Invalid: half of a place.
    """
    missing = [name for name in ORIGIN if name not in values]
    if len(missing) == 1:
        raise Invalid("A place on the wafer has two coordinates.", fields={missing[0]: ["Give both or neither."]})
    return Upload(
        site=values.get("site"),
        lot=values.get("lot"),
        wafer=values.get("wafer"),
        slot=values.get("slot"),
        product=values.get("product"),
        layer=values.get("layer"),
        tool=values.get("tool"),
        recipe=values.get("recipe"),
        model=values.get("model"),
        version=values.get("version"),
        origin_x_um=values.get("image_origin_x_um"),
        origin_y_um=values.get("image_origin_y_um"),
        pixel_um=values.get("pixel_um"),
        external_id=values.get("external_id"),
        use_cache=values["cache"],
        priority=priority,
    )
