"""What OpenAPI says about answers. Nothing is rendered by these; `shown` builds them, and a test compares the two."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from core.schema import AnythingField, CountsField
from domain.imaging.fitness import Flaw
from inspection.choices import Band, ItemState, JobState, RunState, Severity
from models_admin.choices import WorkState

COMPONENT_STATES = ["ok", "degraded", "down", "unknown"]
SYSTEM_STATES = ["ok", "degraded", "down"]
VERDICTS = [*Band.values, *RunState.values, "waiting", "unknown"]


def as_query(shape: type[serializers.Serializer], note: str) -> type[serializers.Serializer]:
    """A serializer whose fields are documented as query parameters, each optional, with a note."""
    fields = {}
    for name, field in shape().fields.items():
        fields[name] = field
        field.required, field.help_text = False, f"{field.help_text or ''} {note}".strip()
        if field.default is not empty:
            field.default = empty
    return type(f"{shape.__name__}Parameters", (serializers.Serializer,), fields)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "number"}})
class FiguresField(serializers.DictField):
    """Measurements by name."""


@extend_schema_field({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, "nullable": True})
class PairField(serializers.ListField):
    """x and y."""


@extend_schema_field({"type": "array", "items": {}, "description": "x, y, width, height, class code, severity."})
class CardBoxField(serializers.ListField):
    """One box of a card."""


CAN_RETRY = "It is over, and trying again may end otherwise."


class ReasonOut(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class NamedWaferOut(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    slot = serializers.IntegerField(allow_null=True)


class NamedLotOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()


class NamedRecipeOut(serializers.Serializer):
    code = serializers.CharField()
    version = serializers.IntegerField()


class ImageOut(serializers.Serializer):
    id = serializers.UUIDField()
    file_name = serializers.CharField()
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    width_px = serializers.IntegerField()
    height_px = serializers.IntegerField()
    bit_depth = serializers.IntegerField()
    channels = serializers.IntegerField()
    thumbnail = serializers.CharField()
    view = serializers.CharField()
    tiles = serializers.CharField()
    file = serializers.CharField()
    origin_um = PairField(help_text="Wafer frame, of the top left corner.")
    pixel_um = serializers.FloatField()
    quality = FiguresField()
    notes = serializers.ListField(child=serializers.CharField())
    sha256 = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    received_at = serializers.DateTimeField()
    received_from = serializers.CharField()


class FlawOut(serializers.Serializer):
    code = serializers.ChoiceField(choices=[flaw.value for flaw in Flaw])
    text = serializers.CharField(help_text="For a person.")


class RunImageOut(ImageOut):
    ordinal = serializers.IntegerField()
    flaws = FlawOut(many=True, help_text="Why its band is review at least, whatever was found on it.")


class ImageRowOut(ImageOut):
    wafer = NamedWaferOut()
    lot = NamedLotOut()
    layer = serializers.CharField()
    tool = serializers.CharField(allow_null=True)


class RunOut(serializers.Serializer):
    id = serializers.UUIDField()
    wafer = NamedWaferOut()
    lot = NamedLotOut()
    product = serializers.CharField()
    layer = serializers.CharField()
    tool = serializers.CharField(allow_null=True)
    recipe = NamedRecipeOut()
    model = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    job = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=RunState.choices)
    waiting_for = serializers.CharField(help_text="Why it has not ended, for a person.")
    attempt = serializers.IntegerField()
    band = serializers.ChoiceField(choices=Band.choices, allow_null=True)
    counts_by_class = CountsField()
    counts_by_severity = CountsField()
    detection_count = serializers.IntegerField()
    images = RunImageOut(many=True, help_text="Empty in lists.")
    timings_ms = FiguresField()
    provenance = AnythingField()
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    requested_by = serializers.CharField()
    revision = serializers.IntegerField()
    cached = serializers.BooleanField()
    degraded = serializers.BooleanField(help_text="The fallback version judged.")
    error = ReasonOut(allow_null=True)
    can_retry = serializers.BooleanField(help_text=CAN_RETRY)
    deployment = serializers.IntegerField(allow_null=True, help_text="The one that judged; null: not on record.")
    counts = serializers.BooleanField(help_text="false: a re-run for comparison, which counts for nothing.")
    rerun_of = serializers.UUIDField(allow_null=True)


class AlternativeOut(serializers.Serializer):
    class_id = serializers.IntegerField()
    class_code = serializers.CharField()
    class_name = serializers.CharField()
    confidence = serializers.FloatField()


class DetectionOut(serializers.Serializer):
    id = serializers.UUIDField()
    run = serializers.UUIDField()
    image = serializers.UUIDField()
    wafer = serializers.UUIDField()
    ordinal = serializers.IntegerField()
    model = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    class_id = serializers.IntegerField()
    class_code = serializers.CharField()
    class_name = serializers.CharField()
    confidence = serializers.FloatField(min_value=0, max_value=1, help_text="Calibrated, four decimals.")
    raw_score = serializers.FloatField()
    top3 = AlternativeOut(many=True)
    severity = serializers.ChoiceField(choices=Severity.choices)
    band = serializers.ChoiceField(choices=Band.choices)
    nuisance = serializers.BooleanField()
    bbox_px = serializers.ListField(
        child=serializers.FloatField(), min_length=4, max_length=4, help_text="x, y, width, height."
    )
    die = PairField(help_text="Column and row.")
    wafer_x_um = serializers.FloatField(allow_null=True)
    wafer_y_um = serializers.FloatField(allow_null=True)
    size_um = serializers.FloatField(allow_null=True)


class ResultOut(RunOut):
    detections = DetectionOut(many=True)
    repeated = serializers.BooleanField(
        required=False, help_text="Of an upload: the same file was inspected before, nothing new was stored."
    )


class ItemOut(serializers.Serializer):
    ordinal = serializers.IntegerField()
    file_name = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=ItemState.choices)
    run = serializers.UUIDField(allow_null=True)
    image = serializers.UUIDField(allow_null=True)
    wafer = AnythingField(allow_null=True)
    detection_count = serializers.IntegerField(allow_null=True)
    band = serializers.ChoiceField(choices=Band.choices, allow_null=True)
    waiting_for = serializers.CharField()
    error = ReasonOut(allow_null=True)
    can_retry = serializers.BooleanField(help_text=CAN_RETRY)
    latency_ms = serializers.FloatField(allow_null=True)


class RerunOut(serializers.Serializer):
    """Of a job that judges again, to compare: its runs count for nothing."""

    model = serializers.CharField()
    version = serializers.CharField()
    of = AnythingField(help_text="What was chosen: deployment, recipe_version, tool, since, until.")


class JobOut(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=JobState.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    waiting = serializers.IntegerField()
    progress = serializers.FloatField()
    eta_s = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    requested_by = serializers.CharField()
    revision = serializers.IntegerField()
    summary = AnythingField(help_text="Of a finished job: success_rate, p50_ms, p95_ms, throughput_per_s.")
    rerun = RerunOut(allow_null=True, help_text="null: an ordinary job, whose runs count.")


class JobDetailOut(JobOut):
    items = ItemOut(many=True)


class LotOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    product = serializers.CharField()
    created_at = serializers.DateTimeField()


class ProductOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    wafer_diameter_um = serializers.FloatField()
    edge_exclusion_um = serializers.FloatField()
    die_pitch_um = PairField()
    grid_centre_um = PairField(help_text="Wafer centre seen from the corner of die (0, 0).")


class HoldOut(serializers.Serializer):
    """Why a wafer is not to go on."""

    number = serializers.IntegerField(help_text="To release it by.")
    by = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class HoldStepOut(serializers.Serializer):
    number = serializers.IntegerField()
    is_held = serializers.BooleanField(help_text="False: released.")
    reason = serializers.CharField()
    author = serializers.CharField()
    made_at = serializers.DateTimeField()


class WaferOut(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    slot = serializers.IntegerField(allow_null=True)
    lot = NamedLotOut()
    product = ProductOut()
    created_at = serializers.DateTimeField()
    hold = HoldOut(allow_null=True, help_text="Null where it is on none.")
    url = serializers.CharField(help_text="Its page.")


class WaferDetailOut(WaferOut):
    newest_run = serializers.UUIDField(allow_null=True)
    holds = HoldStepOut(many=True, help_text="Holds and releases, the newest first.")


class ToolOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    cadence_s = serializers.IntegerField()
    last_image_at = serializers.DateTimeField(allow_null=True)


class LayerOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    step = serializers.IntegerField()


class RecipeOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    model = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    preprocessing = AnythingField(allow_null=True)
    preprocessing_sha256 = serializers.CharField(allow_null=True)
    tile_px = serializers.IntegerField(allow_null=True)
    overlap_px = serializers.IntegerField(allow_null=True)
    thresholds = FiguresField()
    review_from = serializers.FloatField(allow_null=True)
    reject_from = serializers.FloatField(allow_null=True)
    nms_iou = serializers.FloatField(allow_null=True)
    pixel_um = serializers.FloatField(allow_null=True)


class RecipeVersionOut(serializers.Serializer):
    version = serializers.IntegerField(help_text="Counts up within the recipe; runs name it in their provenance.")
    preprocessing = AnythingField()
    preprocessing_sha256 = serializers.CharField()
    tile_px = serializers.IntegerField(help_text="What the model took when this version was written.")
    overlap_px = serializers.IntegerField()
    thresholds = FiguresField()
    review_from = serializers.FloatField()
    reject_from = serializers.FloatField()
    nms_iou = serializers.FloatField()
    pixel_um = serializers.FloatField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()


class DefectClassOut(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    colour = serializers.CharField(help_text="#rrggbb")
    severity = serializers.ChoiceField(choices=Severity.choices)
    key = serializers.CharField()


class CardImageOut(serializers.Serializer):
    id = serializers.UUIDField()
    file_name = serializers.CharField(allow_blank=True)
    thumbnail = serializers.CharField()
    width_px = serializers.IntegerField()
    height_px = serializers.IntegerField()


class PictureOut(serializers.Serializer):
    run = serializers.UUIDField()
    image = CardImageOut()
    boxes = serializers.ListField(child=CardBoxField())


class StandingOut(serializers.Serializer):
    """A wafer at a layer by all of its images: of each, the newest finished run has the word."""

    state = serializers.ChoiceField(choices=RunState.choices, help_text="The gravest of the images' newest runs.")
    verdict = serializers.ChoiceField(choices=VERDICTS, help_text="The one word for band and state.")
    band = serializers.ChoiceField(choices=Band.choices, allow_null=True, help_text="The worst of the images'.")
    why = serializers.CharField(
        help_text="Why an image waits, failed or cannot be judged by what is found, for a person."
    )
    counts_by_class = CountsField(help_text="Over all images.")
    counts_by_severity = CountsField(help_text="Over all images.")
    detection_count = serializers.IntegerField()
    images = serializers.IntegerField()
    under_way = serializers.IntegerField(help_text="Images that are still queued or running.")
    picture = PictureOut(allow_null=True, help_text="Of the gravest image, where another run has the word about it.")


class CurrentImageOut(RunImageOut):
    run = serializers.UUIDField(help_text="The run that has the word about it, else its newest.")
    state = serializers.ChoiceField(choices=RunState.choices, help_text="Of its newest run.")


class WaferStandingOut(StandingOut):
    wafer = NamedWaferOut()
    layer = serializers.CharField()
    images = CurrentImageOut(many=True)  # type: ignore[assignment]
    detections = DetectionOut(many=True)
    runs = RunOut(many=True, help_text="Those that have the word about an image, newest first.")


class CardOut(serializers.Serializer):
    """One wafer at a glance; also the data of every `run.*` event. All but `standing` is said of the run alone."""

    run = serializers.UUIDField()
    wafer = NamedWaferOut()
    lot = serializers.CharField()
    product = serializers.CharField()
    layer = serializers.CharField()
    tool = serializers.CharField(allow_null=True)
    recipe = serializers.CharField()
    state = serializers.ChoiceField(choices=RunState.choices)
    waiting_for = serializers.CharField()
    band = serializers.ChoiceField(choices=Band.choices, allow_null=True)
    counts_by_class = CountsField()
    counts_by_severity = CountsField()
    detection_count = serializers.IntegerField()
    model = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    deployment = serializers.IntegerField(allow_null=True, help_text="The one that judged; null: not on record.")
    image = CardImageOut(allow_null=True)
    boxes = serializers.ListField(child=CardBoxField())
    images = serializers.IntegerField()
    queued_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField()
    degraded = serializers.BooleanField()
    cached = serializers.BooleanField()
    hold = HoldOut(allow_null=True, help_text="Of the wafer.")
    error = ReasonOut(allow_null=True)
    can_retry = serializers.BooleanField(help_text=CAN_RETRY)
    url = serializers.CharField()
    standing = StandingOut()


class WallOut(serializers.Serializer):
    at = serializers.DateTimeField()
    cards = CardOut(many=True)


class ComponentOut(serializers.Serializer):
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=COMPONENT_STATES)
    detail = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    latency_ms = serializers.FloatField(allow_null=True)


class QueueOut(serializers.Serializer):
    queued = serializers.IntegerField()
    running = serializers.IntegerField()
    oldest_queued_s = serializers.FloatField(allow_null=True)
    held_up_s = serializers.FloatField(allow_null=True, help_text="How long the oldest run that waits for Triton has.")
    failed_24h = serializers.IntegerField()
    waiting_for = serializers.CharField(allow_null=True)


class InferenceHealthOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=SYSTEM_STATES)
    banner = serializers.CharField(allow_null=True)
    components = ComponentOut(many=True)
    breaker = AnythingField()
    queue = QueueOut()
    triton = AnythingField()


class CacheOut(serializers.Serializer):
    hits = serializers.IntegerField(allow_null=True)
    misses = serializers.IntegerField(allow_null=True)
    ratio = serializers.FloatField(allow_null=True)


class SystemOut(InferenceHealthOut):
    versions = AnythingField()
    cache = CacheOut()
    workers = AnythingField()


class FiguresRowOut(serializers.Serializer):
    model = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=RunState.choices)
    runs = serializers.IntegerField()
    cached = serializers.IntegerField()
    degraded = serializers.IntegerField()
    detections = serializers.IntegerField()
    total_ms = AnythingField(help_text="p50, p95, p99.")
    infer_ms = AnythingField(help_text="p50, p95, p99.")


class InferenceMetricsOut(serializers.Serializer):
    since_hours = serializers.IntegerField()
    runs = FiguresRowOut(many=True)
    queue = QueueOut()
    cache = CacheOut()


class BenchmarkOut(serializers.Serializer):
    model = serializers.CharField()
    images = serializers.IntegerField()
    concurrency = serializers.IntegerField()
    side_px = serializers.IntegerField()
    wall_s = serializers.FloatField()
    images_per_s = serializers.FloatField()
    p50_ms = serializers.FloatField()
    p95_ms = serializers.FloatField()
    p99_ms = serializers.FloatField()


class ExplanationErrorOut(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class ExplanationOut(serializers.Serializer):
    """What each place around a detection is worth to it."""

    id = serializers.UUIDField()
    detection = serializers.UUIDField()
    state = serializers.ChoiceField(choices=WorkState.choices)
    doing = serializers.CharField(allow_blank=True, help_text="What it is at.")
    steps_done = serializers.IntegerField()
    steps_total = serializers.IntegerField()
    is_cancel_asked = serializers.BooleanField()
    waiting_for = serializers.CharField(allow_blank=True, help_text="Why it is still queued.")
    error = ExplanationErrorOut(allow_null=True)
    region_px = serializers.ListField(
        child=serializers.FloatField(), help_text="x, y, width, height; empty until done."
    )
    heat = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="Rows of the region from the top: the share of the finding that is lost when a place is covered; "
        "below 0 where covering makes it surer. Empty until done.",
    )
    strength = serializers.FloatField(allow_null=True, help_text="Of the finding in the picture as it is, 0 to 1.")
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField()
