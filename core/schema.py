"""How views are described in the OpenAPI document."""

import re

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers


class PlainSchema(AutoSchema):
    """Operations are named after their method and path, so that a new path never renames an old operation."""

    def get_operation_id(self) -> str:
        words = re.findall(r"[A-Za-z0-9]+", self.path.removeprefix("/api/v1"))
        return "_".join([self.method.lower(), *words])

    def get_summary(self) -> str:
        """The first sentence of the docstring: what stands beside the path in the list of operations."""
        return self._said()[0]

    def get_description(self) -> str:  # type: ignore[override]
        """What the docstring says beyond its first sentence."""
        return self._said()[1]

    def _said(self) -> tuple[str, str]:
        said = " ".join(super().get_description().split())
        first, _, more = said.partition(". ")
        return first.removesuffix("."), more


def page_of(row: type[serializers.Serializer]) -> serializers.Serializer:
    """A cursor page of rows."""
    return inline_serializer(
        name=f"{row.__name__.removesuffix('Out')}Page",
        fields={
            "next": serializers.CharField(allow_null=True, help_text="Address of the older page."),
            "previous": serializers.CharField(allow_null=True, help_text="Address of the newer page."),
            "results": row(many=True),
        },
    )


@extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
class CountsField(serializers.DictField):
    """Numbers by name."""


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnythingField(serializers.DictField):
    """An object whose members depend on what it describes."""
