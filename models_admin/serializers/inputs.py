"""What requests must look like. Shape and range only; whether a model exists is the services' business."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError

from core.pagination import PageIn
from core.parsers import strict_json
from models_admin.choices import IntakeState, VersionStatus

LONGEST_DESCRIPTION = 2**20
LONGEST_CARD = 2**20


class DocumentField(serializers.CharField):
    """A JSON object as a part of a form."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            document = strict_json(super().to_internal_value(data))
        except (ParseError, ValueError, RecursionError) as fault:
            raise ValidationError(f"This is no JSON: {fault}") from fault
        if not isinstance(document, dict):
            raise ValidationError("An object is wanted, with named values.")
        return document


class VersionIn(serializers.Serializer):
    """A file that is to be a version, and what there is to say of it."""

    file = serializers.FileField(allow_empty_file=True, help_text="ONNX, everything in one file.")
    version = serializers.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$", max_length=14, help_text="Semantic version, not used before: `2.4.0`."
    )
    description = DocumentField(
        max_length=LONGEST_DESCRIPTION,
        required=False,
        help_text="`model.json` as training writes it. What it leaves out is as in the newest version of the model.",
    )
    card = serializers.CharField(max_length=LONGEST_CARD, required=False, help_text="The model card, Markdown.")


class StatusIn(serializers.Serializer):
    """What people say of a version. That it is validated, the gates say."""

    status = serializers.ChoiceField(choices=[VersionStatus.REJECTED.value, VersionStatus.ARCHIVED.value])
    reason = serializers.CharField(max_length=300, help_text="Why; it stays in the trail.")


class IntakesQuery(PageIn):
    state = serializers.ChoiceField(choices=IntakeState.choices, required=False)
