"""What is asked and answered about trust: agreement of people, quality of models."""

from rest_framework import serializers

from annotations.serializers.documented import TaskOut
from core.fields import LabelField, WholeNumberField

DEFAULT_DAYS, MOST_DAYS = 30, 90


class WindowQuery(serializers.Serializer):
    site = LabelField(max_length=32, required=False, help_text="Code of the site. Default: the caller's first.")
    days = WholeNumberField(min_value=1, max_value=MOST_DAYS, default=DEFAULT_DAYS, help_text="How far back.")


class DifferencesQuery(WindowQuery):
    first = LabelField(max_length=150, help_text="User name of one.")
    second = LabelField(max_length=150, help_text="User name of the other.")


class EstimateOut(serializers.Serializer):
    """A number with its interval of 95 %; null for what the data cannot say."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class TogetherOut(serializers.Serializer):
    items = serializers.IntegerField(help_text="Tasks that it is about.")
    people_each = serializers.IntegerField(help_text="How many people saw each.")
    kappa = EstimateOut(help_text="Fleiss' kappa.")


class ClassAgreementOut(TogetherOut):
    class_code = serializers.CharField(help_text="`nuisance` is one of the answers.")


class ShiftAgreementOut(TogetherOut):
    shift = serializers.ChoiceField(choices=["early", "late", "night"])
    from_hour = serializers.IntegerField(help_text="When it begins, in local time of the site.")


class SeenOut(serializers.Serializer):
    username = serializers.CharField()
    items = serializers.IntegerField(help_text="Tasks that others saw, too.")


class BoxAgreementOut(serializers.Serializer):
    items = serializers.IntegerField(help_text="Tasks on which either drew a box.")
    f1 = EstimateOut(help_text="Share of all boxes of both with a partner that overlaps by half or more.")
    mean_iou = serializers.FloatField(allow_null=True, help_text="Mean overlap of those.")


class PairOut(serializers.Serializer):
    first = serializers.CharField()
    second = serializers.CharField()
    items = serializers.IntegerField(help_text="Tasks that both saw.")
    differ = serializers.IntegerField(help_text="Of those, with another verdict, class or place.")
    agreed = EstimateOut(help_text="Share of the same answer.")
    kappa = EstimateOut(help_text="Cohen's kappa.")
    boxes = BoxAgreementOut()


class AgreementOut(serializers.Serializer):
    site = serializers.CharField()
    days = serializers.IntegerField()
    items = serializers.IntegerField(help_text="Tasks that were compared, found in that time.")
    is_sample = serializers.BooleanField(help_text="There are more; the newest `most` were compared.")
    most = serializers.IntegerField()
    people = SeenOut(many=True)
    overall = TogetherOut()
    classes = ClassAgreementOut(many=True)
    shifts = ShiftAgreementOut(many=True)
    pairs = PairOut(many=True)


class TasksOut(serializers.Serializer):
    results = TaskOut(many=True)


class QualityQuery(WindowQuery):
    tool = LabelField(required=False, help_text="Code of a tool: only its images.")
    version = LabelField(max_length=200, required=False, help_text="Only what that one judged, as `name version`.")


class RateOut(serializers.Serializer):
    audit = EstimateOut(help_text="From the random audit, each image weighed by its chance to be drawn.")
    naive = serializers.FloatField(allow_null=True, help_text="Share among all that was reviewed, for comparison.")
    answers = serializers.IntegerField(help_text="Audited items that the estimate divides by.")


class QualityPartOut(serializers.Serializer):
    missed = RateOut(help_text="Of the defects, the share that the model did not name (so).")
    false_calls = RateOut(help_text="Of what the model named, the share that is not a defect (of that class).")


class OverallQualityOut(QualityPartOut):
    alarmed_images = RateOut(help_text="Of the images without a defect, the share on which one was called.")


class ClassQualityOut(QualityPartOut):
    class_code = serializers.CharField()


class ToolQualityOut(QualityPartOut):
    tool = serializers.CharField()


class VersionQualityOut(QualityPartOut):
    version = serializers.CharField(help_text="`name version` of a model.")


class AuditedImagesOut(serializers.Serializer):
    complete = serializers.IntegerField(help_text="Drawn by chance, and all on them is settled.")
    waiting = serializers.IntegerField(help_text="Drawn, and not all is settled; nothing of them counts yet.")


class NeededOut(serializers.Serializer):
    half_width = serializers.FloatField(help_text="How far the interval of a rate of 0.1 reaches to either side.")
    answers = serializers.IntegerField(help_text="Independent answers that it takes.")


class QualityBoundsOut(serializers.Serializer):
    images = serializers.IntegerField(help_text="Newest audited images that are counted.")
    tasks = serializers.IntegerField(help_text="Newest tasks of which the reviewed ones are compared with.")


class QualityOut(serializers.Serializer):
    site = serializers.CharField()
    days = serializers.IntegerField()
    images = AuditedImagesOut()
    reviewed = serializers.IntegerField(help_text="Items beside the audit that reviewers settled.")
    most = QualityBoundsOut()
    overall = OverallQualityOut()
    classes = ClassQualityOut(many=True)
    tools = ToolQualityOut(many=True)
    versions = VersionQualityOut(many=True)
    needed = NeededOut(many=True)
