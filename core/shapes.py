"""What a request must look like. A serializer declares and documents it; `Shape` checks it without copying a field."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty

from core.errors import Invalid

_MOST_UNKNOWN_NAMED = 10


class Shape:
    """Checks values against the fields of a serializer.

    Every fault is reported with its field's name; a field nobody asked for is a fault, and so is a value given twice.
    """

    def __init__(self, serializer_class: type[serializers.Serializer]) -> None:
        serializer = serializer_class()
        self._fields = {name: field for name, field in serializer.fields.items() if not field.read_only}

    def check(self, data: Any) -> dict[str, Any]:
        """The values in their types; fields that were not given and have no default are left out.

        Raises:
            Invalid: naming every field that cannot be used.
        """
        if not isinstance(data, Mapping):
            raise Invalid("The body must be an object.", fields={"": ["An object is wanted, with named values."]})
        faults: dict[str, Any] = {
            str(name)[:64]: ["There is no such field."]
            for name in [name for name in data if name not in self._fields][:_MOST_UNKNOWN_NAMED]
        }
        values: dict[str, Any] = {}
        for name, field in self._fields.items():
            try:
                values[name] = field.run_validation(_given(data, name, field))
            except SkipField:
                continue
            except ValidationError as fault:
                faults[name] = fault.detail
        if faults:
            raise Invalid.of(faults)
        return values


class Part(serializers.Serializer):
    """A serializer that is a field of another: there, too, a name it does not have is a fault."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name)[:64] for name in data if name not in self.fields][:_MOST_UNKNOWN_NAMED]
            if unknown:
                raise ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


@lru_cache(maxsize=256)
def shape_of(serializer_class: type[serializers.Serializer]) -> Shape:
    """The shape a serializer declares, made once."""
    return Shape(serializer_class)


def checked(serializer_class: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """`data` as the serializer declares it. Raises as `Shape.check`."""
    return shape_of(serializer_class).check(data)


def _given(data: Mapping[str, Any], name: str, field: Any) -> Any:
    if name not in data:
        return empty
    if not isinstance(data, QueryDict):
        return data[name]
    given = data.getlist(name)
    if isinstance(field, serializers.ListField):
        return given
    if len(given) > 1:
        raise ValidationError(["It was given more than once."])
    # A form sends its empty inputs, too.
    return given[0] if given[0] != "" else empty
