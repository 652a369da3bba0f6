"""How views are described in the OpenAPI document."""

import re

from drf_spectacular.openapi import AutoSchema


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
