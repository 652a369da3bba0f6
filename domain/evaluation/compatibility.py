"""Whether a version can judge by a recipe: signature, classes, preprocessing, freshness; each with a word and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

MEASURED_DAYS, TRAINED_DAYS = 90, 365
"""Older than this a figure, or what a version learned from, may not be what comes off the line now."""


class Fit(IntEnum):
    """The higher the worse."""

    OK = 0
    WARN = 1
    REFUSE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One look.

    Attributes:
        words: a whole sentence.
    """

    check: str
    fit: Fit
    words: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A validation of the version.

    Attributes:
        days: since then.
    """

    preprocessing_sha256: str
    has_passed: bool
    days: float


def signature(*, tile_px: int, recipe_tile_px: int, overlap_px: int, scale: float) -> Check:
    """Tiles are always cut to the side that the model takes; what a recipe was made for may have been another."""
    if overlap_px >= tile_px:
        words = f"Tiles of {tile_px} px would overlap by {overlap_px} px: nothing would be left of them."
        return Check("signature", Fit.REFUSE, words)
    if tile_px != recipe_tile_px:
        words = f"It takes tiles of {tile_px} px; the recipe was written for {recipe_tile_px} px."
        return Check("signature", Fit.WARN, words)
    return Check("signature", Fit.OK, f"Tiles of {tile_px} px, at {scale:g} of the size of an image, as it takes them.")


def class_map(
    classes: Sequence[str], *, defined: Collection[str], thresholds: Mapping[str, float], champion: Collection[str]
) -> Check:
    """
    Args:
        classes: of the version.
        defined: of the house; what is not among them cannot be stored.
        thresholds: of the recipe.
        champion: classes of the version in force; empty where there is none.
    """
    unknown = [code for code in classes if code not in defined]
    if unknown:
        return Check("classes", Fit.REFUSE, f"It names classes that nobody has defined: {', '.join(unknown)}.")
    lost = sorted(set(champion) - set(classes))
    if lost:
        return Check("classes", Fit.REFUSE, f"It does not know what the version in force finds: {', '.join(lost)}.")
    idle = sorted(set(thresholds) - set(classes))
    if idle:
        words = f"The recipe has thresholds of classes that it does not name: {', '.join(idle)}."
        return Check("classes", Fit.WARN, words)
    return Check("classes", Fit.OK, f"Each of its {len(classes)} classes is defined.")


def preprocessing(sha256: str, *, measured: Sequence[Measurement]) -> Check:
    """Whether the version was measured on images that were prepared as this recipe does."""
    alike = [one for one in measured if one.preprocessing_sha256 == sha256]
    if not measured:
        return Check(
            "preprocessing", Fit.WARN, "It was never validated, so not on images prepared as this recipe does."
        )
    if not alike:
        return Check("preprocessing", Fit.WARN, "It was validated, but never on images prepared as this recipe does.")
    if not any(one.has_passed for one in alike):
        words = "On images prepared as this recipe does it has not met its gates."
        return Check("preprocessing", Fit.WARN, words)
    return Check("preprocessing", Fit.OK, "It met its gates on images prepared as this recipe does.")


def freshness(*, trained_days: float, measured: Sequence[Measurement]) -> Check:
    """How old what is known of it is."""
    if not measured:
        return Check("freshness", Fit.WARN, f"Registered {trained_days:.0f} days ago, and never validated since.")
    newest = min(one.days for one in measured)
    words = f"Registered {trained_days:.0f} days ago, last validated {newest:.0f} days ago."
    is_old = newest > MEASURED_DAYS or trained_days > TRAINED_DAYS
    return Check("freshness", Fit.WARN if is_old else Fit.OK, words)


def standing(status: str) -> Check:
    """What people have said of the version."""
    if status in ("rejected", "archived"):
        return Check("status", Fit.REFUSE, f"It is {status}.")
    if status == "candidate":
        return Check("status", Fit.WARN, "It is a candidate: nothing says yet that it may judge.")
    return Check("status", Fit.OK, f"It is {status}.")
