"""What a data set selects, as a value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from annotations.choices import SETTLED


@dataclass(frozen=True)
class DatasetSelection:
    """Which images belong to a data set: those on which something that fits has been settled.

    All that has been settled on such an image comes with it, whatever it is: what is there and not said would be
    learned as background. An empty tuple takes all.

    Attributes:
        recipes, layers, tools, lots: codes.
        classes: codes of what people said; of a nuisance, what the model had said.
        bands, min_confidence, max_confidence: of the detection; what a person added fits every range that takes all.
        states: of tasks; by default only what is accepted.
        since, until: when the image was received; `until` is not included.
    """

    recipes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    states: tuple[str, ...] = (SETTLED[-1].value,)
    since: str | None = None
    until: str | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """From what `as_dict` gave, or from a checked request; what is not named is as by default."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in stored.items() if name in known})

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def takes_every_confidence(self) -> bool:
        return self.min_confidence <= 0 and self.max_confidence >= 1


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        # Their order says nothing: the same choice is the same selection.
        return tuple(sorted(set(value)))
    return value.isoformat() if isinstance(value, datetime) else value
