"""What a snapshot says of its images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.shapes.kinds import Box, Kind, Shape

SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "bmp": ".bmp", "tiff": ".tif"}


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class DefectObject:
    """A defect as people have settled it.

    Attributes:
        task, annotation: where it was said: a review task, and the number of the annotation that counts.
        stage: the state the task was in when the snapshot was taken.
        shape: what was drawn, where that is more than the box around it.
    """

    class_code: str
    bbox_px: Box
    task: str
    annotation: int
    author: str
    stage: str
    shape: Shape | None = None

    @property
    def kind(self) -> Kind:
        return self.shape.kind if self.shape else Kind.BOX


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image of a snapshot.

    Attributes:
        sha256: of the file; `pixel_sha256` of the decoded pixels, the same for the same picture in another file.
        format: png, jpeg, webp, bmp or tiff.
        file_name: the sender's; a label, never a path.
        tool: empty for what people uploaded.
        nuisances: places where a model saw something, and people said that nothing of interest is there.
        is_complete: every detection of the run that stands has been settled; elsewhere on the image is nothing that a
            model found and nobody looked at.
    """

    image: str
    sha256: str
    pixel_sha256: str
    width_px: int
    height_px: int
    format: str
    file_name: str
    site: str
    lot: str
    wafer: str
    layer: str
    tool: str
    product: str
    split: Split
    objects: tuple[DefectObject, ...]
    nuisances: tuple[Box, ...]
    is_complete: bool

    @property
    def stem(self) -> str:
        """The name of its file in an export, without the suffix: the digest, so whoever reads it back finds it."""
        return self.sha256

    @property
    def export_name(self) -> str:
        return self.sha256 + SUFFIXES[self.format]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An image that is left out, and the one with the same pixels that stays."""

    image: str
    of: str


@dataclass(frozen=True, slots=True)
class Header:
    """What all images of a snapshot have in common.

    Attributes:
        classes: codes of every class of the house, in a fixed order: the place is the number in formats with numbers.
        shares: of train, validation and test.
    """

    site: str
    classes: tuple[str, ...]
    seed: int
    shares: tuple[float, float, float]
