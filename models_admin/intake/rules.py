"""The rules a model file is held against, and what is said where it breaks one."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Each is one sentence that a person can act on; see `docs/models.md`."""

    SIZE = "size"
    FORMAT = "format"
    VALID = "valid"
    EXTERNAL_DATA = "external_data"
    OPSET = "opset"
    OPERATORS = "operators"
    FUNCTIONS = "functions"
    COUNTS = "counts"
    SIGNATURE = "signature"
    LOADS = "loads"
    TIME = "time"
    MEMORY = "memory"
    SHAPES = "shapes"
    FINITE = "finite"
    DETERMINISM = "determinism"
    BATCHES = "batches"
    CLASSES = "classes"
    VERSION = "version"


@dataclass(frozen=True)
class Refusal:
    """One rule that is broken.

    Attributes:
        where: the part of the file, as its author named it: `node 17 /head/Conv`, `output boxes`.
        detail: what is wrong, and what would be right.
    """

    rule: Rule
    where: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}
