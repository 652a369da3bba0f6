"""Whether an image is fit to be judged by what was found on it, or only by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Flaw(StrEnum):
    """Why nothing found on an image does not mean that nothing is there."""

    TOO_DARK = "too_dark"
    BLOWN_OUT = "blown_out"
    NO_CONTRAST = "no_contrast"
    BLURRED = "blurred"
    FIRST_OF_SEVERAL = "first_of_several"


WORDS: Mapping[str, str] = {
    Flaw.TOO_DARK: "The image is next to black, so defects cannot be seen.",
    Flaw.BLOWN_OUT: "The image is blown out to white, so defects cannot be seen.",
    Flaw.NO_CONTRAST: "The image is next to one shade, so defects cannot be seen.",
    Flaw.BLURRED: "The image has no sharp detail, so defects cannot be seen.",
    Flaw.FIRST_OF_SEVERAL: "Only the first picture of its file was inspected.",
}
"""For people."""


@dataclass(frozen=True, slots=True)
class FitnessGate:
    """What an image needs to be judged, in figures of `domain.imaging.quality.measure`.

    The usual values turn away what nothing can be seen on, and let pass bare wafers, dark fields and thermal pictures,
    which are even by nature. Noise counts as sharp detail, and a clean bare wafer has little of either: the usual
    `least_blur` finds pictures that have none. A recipe that knows its images can ask for more, and find those out of
    focus.

    Attributes:
        least_exposure: mean grey value, 0..1; below, the image is too dark.
        most_exposure: mean grey value, 0..1; above, it is blown out.
        least_contrast: standard deviation of the grey value, 0..1: 0.005 is one grey value and a bit.
        least_blur: variance of the Laplacian in the sharpest patch.

    Raises:
        ValueError: a value that cannot be, with its name.
    """

    least_exposure: float = 0.01
    most_exposure: float = 0.99
    least_contrast: float = 0.005
    least_blur: float = 0.25

    def __post_init__(self) -> None:
        for name, most in (("least_exposure", 1), ("most_exposure", 1), ("least_contrast", 1), ("least_blur", 1e6)):
            value = getattr(self, name)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not is_number or not 0 <= value <= most:
                raise ValueError(f"gate.{name}: want a number from 0 to {most:g}")
        if self.least_exposure > self.most_exposure:
            raise ValueError("gate.least_exposure: more than most_exposure")

    @classmethod
    def from_dict(cls, described: Any) -> FitnessGate:
        """Read a stored gate; absent entries take the usual values, unknown ones are refused."""
        if not isinstance(described, Mapping):
            raise ValueError("gate: want an object")
        unknown = sorted(set(described) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"gate.{unknown[0]}: not a setting of the quality gate")
        return cls(**described)

    def to_dict(self) -> dict[str, float]:
        """As stored in a recipe: JSON types only."""
        return {name: float(value) for name, value in asdict(self).items()}


def flaws_of(figures: Mapping[str, float], *, gate: FitnessGate, is_first_of_several: bool = False) -> tuple[Flaw, ...]:
    """Why a person has to look at an image, whatever is found on it; nothing where it is fit to be judged.

    Args:
        figures: of `domain.imaging.quality.measure`.
        is_first_of_several: its file has further pictures that nobody looks at.
    """
    seen = _of_the_picture(figures, gate=gate)
    several = (Flaw.FIRST_OF_SEVERAL,) if is_first_of_several else ()
    return (*((seen,) if seen else ()), *several)


def _of_the_picture(figures: Mapping[str, float], *, gate: FitnessGate) -> Flaw | None:
    """The first that explains the rest: what is black has neither contrast nor detail."""
    if figures["exposure"] < gate.least_exposure:
        return Flaw.TOO_DARK
    if figures["exposure"] > gate.most_exposure:
        return Flaw.BLOWN_OUT
    if figures["contrast"] < gate.least_contrast:
        return Flaw.NO_CONTRAST
    if figures["blur"] < gate.least_blur:
        return Flaw.BLURRED
    return None
