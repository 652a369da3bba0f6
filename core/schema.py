"""How views are described in the OpenAPI document."""

import re

from drf_spectacular.openapi import AutoSchema


class PlainSchema(AutoSchema):
    """Operations are named after their method and path, so that a new path never renames an old operation."""

    def get_operation_id(self) -> str:
        words = re.findall(r"[A-Za-z0-9]+", self.path.removeprefix("/api/v1"))
        return "_".join([self.method.lower(), *words])
