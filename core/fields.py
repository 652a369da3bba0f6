"""Input fields that take nothing for granted: labels that can be shown, numbers that are numbers."""

import math
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.text import has_unshowable, normalised

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LONGEST_NUMBER = 64


class LabelField(serializers.CharField):
    """A name people read: NFC, at most `max_length` characters, each of which can be seen."""

    default_error_messages = {
        "unshowable": "It holds a character that cannot be shown; use letters, digits, punctuation, plain spaces."
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 64)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        label = normalised(data)
        if has_unshowable(label):
            self.fail("unshowable")
        return label


class NumberField(serializers.FloatField):
    """A finite number within its range. NaN, infinities, digits of other scripts and booleans are refused."""

    default_error_messages = {"invalid": "A finite number is wanted."}

    def __init__(self, *, min_value: float, max_value: float, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, str):
            text = data.strip()
            if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
                self.fail("invalid")
            value = float(text)
        elif isinstance(data, int | float) and not isinstance(data, bool) and abs(data) < 1e300:
            value = float(data)
        else:
            self.fail("invalid")
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class WholeNumberField(serializers.IntegerField):
    """A whole number within its range, in ASCII digits."""

    def __init__(self, *, min_value: int, max_value: int, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        is_number = isinstance(data, int) and not isinstance(data, bool)
        if not is_number and not (isinstance(data, str) and _INTEGER.fullmatch(data.strip())):
            self.fail("invalid")
        return int(data)


class KeyField(serializers.UUIDField):
    """A key as text. Numbers would be UUIDs, too, as far as Python goes."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        key: UUID = super().to_internal_value(data)
        return key


class NewKeyField(KeyField):
    """The key of something new, made by whoever sends it. Lists have the newest first by their keys."""

    default_error_messages = {"untimed": "A UUID version 7 is wanted: it begins with its time."}

    def to_internal_value(self, data: Any) -> UUID:
        key = super().to_internal_value(data)
        if key.version != 7:
            self.fail("untimed")
        return key


class MomentField(serializers.DateTimeField):
    """A time between 2000 and 2200; without a zone it is UTC."""

    default_error_messages = {"far": "A time between the years 2000 and 2200 is wanted."}
    EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
            self.fail("invalid", format="ISO 8601")
        moment = super().to_internal_value(value)
        if not self.EARLIEST <= moment <= self.LATEST:
            self.fail("far")
        return moment
