"""What a queue selects, as a value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Selection:
    """Which detections a queue takes. An empty tuple takes all.

    Attributes:
        recipes, layers, tools, classes, bands: codes.
        min_confidence, max_confidence: both bounds included.
        min_disagreement: how far versions of the model disagree (`domain.review.disagreement`), at least.
    """

    recipes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    min_disagreement: float = 0.0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """From what `as_dict` gave; what is not named takes all."""
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in known
        }
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def takes_image(self, *, recipe: str, layer: str, tool: str | None) -> bool:
        """Whether an image is where the queue looks, whatever was found on it."""
        return _is_among(recipe, self.recipes) and _is_among(layer, self.layers) and _is_among(tool, self.tools)

    def takes(
        self,
        *,
        recipe: str,
        layer: str,
        tool: str | None,
        defect_class: str,
        band: str,
        confidence: float,
        disagreement: float,
    ) -> bool:
        """Whether a detection belongs here. What people uploaded has no tool, and is in queues of all tools only."""
        return (
            self.takes_image(recipe=recipe, layer=layer, tool=tool)
            and _is_among(defect_class, self.classes)
            and _is_among(band, self.bands)
            and self.min_confidence <= confidence <= self.max_confidence
            and disagreement >= self.min_disagreement
        )


def _is_among(value: str | None, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted
