"""Where a version can judge: for a recipe, a tool, a product, or any of them together."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

PARTS = ("recipe_code", "tool_code", "product_code")


@dataclass(frozen=True)
class Place:
    """A recipe, a tool and a product; an empty one stands for all of them.

    Codes are as sites use them: two sites that call a tool the same have one route for both.
    """

    recipe_code: str = ""
    tool_code: str = ""
    product_code: str = ""

    def __str__(self) -> str:
        named = [getattr(self, part) for part in PARTS if getattr(self, part)]
        return " · ".join(named) or "everything"

    def as_dict(self) -> dict[str, Any]:
        """By the names of columns and events."""
        return {part: getattr(self, part) for part in PARTS}

    def shown(self) -> dict[str, str]:
        """By the names of the interface."""
        return {"recipe": self.recipe_code, "tool": self.tool_code, "product": self.product_code}

    def wider(self) -> list["Place"]:
        """The place itself and every wider one, in the order in which routes are looked for.

        A route that names more goes first; of two that name as many, recipe goes before tool and tool before product.
        """
        named = [part for part in PARTS if getattr(self, part)]
        return [
            Place(**{part: getattr(self, part) for part in kept})
            for count in range(len(named), -1, -1)
            for kept in combinations(named, count)
        ]


EVERYTHING = Place()
