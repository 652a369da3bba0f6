"""What a version must reach before it may judge wafers, and which of it it does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Gates:
    """Limits; None where a model is not held to one.

    Attributes:
        images_least: fewer say nothing about a version.
        accuracy_least: share of images whose verdict is right.
        recall_drop_most: what a class may lose against the champion, as a share of its defects.
        recall_drop_defects_least: a class with fewer defects in the set is not held to that.
        map50_least: mean average precision at an overlap of a half.
        ece_most: expected calibration error.
        latency_p95_most_ms: of one image after the other, from the file to the findings.

    Raises:
        ValueError: a limit that cannot be, with its name.
    """

    images_least: int | None = 10
    accuracy_least: float | None = 0.95
    recall_drop_most: float | None = 0.05
    recall_drop_defects_least: int = 10
    map50_least: float | None = 0.5
    ece_most: float | None = 0.1
    latency_p95_most_ms: float | None = 500.0

    def __post_init__(self) -> None:
        for name in ("accuracy_least", "recall_drop_most", "map50_least", "ece_most"):
            _check_number(name, getattr(self, name), most=1.0)
        _check_number("latency_p95_most_ms", self.latency_p95_most_ms, most=600_000.0)
        _check_whole("images_least", self.images_least, may_be_none=True)
        _check_whole("recall_drop_defects_least", self.recall_drop_defects_least, may_be_none=False)

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> Gates:
        """
        Raises:
            ValueError: an entry that is no gate, or a limit that cannot be.
        """
        unknown = sorted(set(described) - {known.name for known in fields(cls)})
        if unknown:
            raise ValueError(f"{unknown[0]}: there is no such gate")
        return cls(**described)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClassDrop:
    """What a class lost against the champion.

    Attributes:
        defects: of the class in the set.
        lost: recall of the champion less that of the version; above 0 it is worse.
    """

    name: str
    defects: int
    lost: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What gates are held against; nan for what the data cannot say.

    Attributes:
        drops: of every class; None where there is no champion to compare with.
    """

    images: int
    accuracy: float
    map50: float
    ece: float
    latency_p95_ms: float
    drops: Sequence[ClassDrop] | None


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate and what came of it.

    Attributes:
        value, limit: None where there is nothing to compare.
        has_passed: False also where the figure could not be measured.
        words: a whole sentence.
    """

    gate: str
    value: float | None
    limit: float | None
    has_passed: bool
    words: str


def check(gates: Gates, measured: Measured) -> tuple[GateResult, ...]:
    """Every gate that a model is held to, in a fixed order."""
    found = [
        _at_least("images", measured.images, gates.images_least, "{:.0f} images were judged", "{:.0f}"),
        _at_least("accuracy", measured.accuracy, gates.accuracy_least, "The verdict is right on {:.2%} of the images"),
        _recall_drop(gates, measured.drops),
        _at_least("map50", measured.map50, gates.map50_least, "The mean average precision (mAP50) is {:.4f}", "{:.4f}"),
        _at_most("ece", measured.ece, gates.ece_most, "The calibration error (ECE) is {:.4f}", "{:.4f}"),
        _at_most(
            "latency",
            measured.latency_p95_ms,
            gates.latency_p95_most_ms,
            "95 % of the images take up to {:.1f} ms",
            "{:.1f} ms",
        ),
    ]
    return tuple(one for one in found if one is not None)


_UNKNOWN = "It could not be measured on this golden set."


def _at_least(gate: str, value: float, limit: float | None, words: str, unit: str = "{:.2%}") -> GateResult | None:
    return None if limit is None else _held(gate, value, limit, value >= limit, words, f"at least {unit}")


def _at_most(gate: str, value: float, limit: float | None, words: str, unit: str) -> GateResult | None:
    return None if limit is None else _held(gate, value, limit, value <= limit, words, f"at most {unit}")


def _held(gate: str, value: float, limit: float, has_passed: bool, words: str, wanted: str) -> GateResult:
    if math.isnan(value):
        return GateResult(gate, None, limit, has_passed=False, words=_UNKNOWN)
    said = f"{words.format(value)}; wanted is {wanted.format(limit)}."
    return GateResult(gate, value, limit, has_passed=has_passed, words=said)


def _recall_drop(gates: Gates, drops: Sequence[ClassDrop] | None) -> GateResult | None:
    limit = gates.recall_drop_most
    if limit is None:
        return None
    if drops is None:
        return GateResult("recall_drop", None, limit, True, "There is no champion to compare with.")
    held = [one for one in drops if one.defects >= gates.recall_drop_defects_least and not math.isnan(one.lost)]
    if not held:
        least = gates.recall_drop_defects_least
        return GateResult("recall_drop", None, limit, True, f"No class has {least} defects in this set to compare by.")
    worst = max(held, key=lambda one: one.lost)
    beyond = sorted((one for one in held if one.lost > limit + 1e-9), key=lambda one: -one.lost)
    if not beyond:
        words = (
            f"No class loses more than {limit:.1%} of its defects against the champion; the most is {worst.lost:.1%}."
        )
        return GateResult("recall_drop", worst.lost, limit, True, words)
    named = ", ".join(f"{one.name} {one.lost:.1%} of {one.defects}" for one in beyond)
    words = f"Against the champion recall is lost: {named}; at most {limit:.1%} may be."
    return GateResult("recall_drop", worst.lost, limit, False, words)


def _check_number(name: str, value: float | None, *, most: float) -> None:
    if value is None:
        return
    # The chained comparison is also what refuses NaN.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= most:
        raise ValueError(f"{name}: want a number from 0 to {most:g}, or none")


def _check_whole(name: str, value: int | None, *, may_be_none: bool) -> None:
    if value is None and may_be_none:
        return
    if type(value) is not int or not 0 <= value <= 1_000_000:
        raise ValueError(f"{name}: want a whole number from 0")
