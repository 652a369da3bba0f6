"""How images are shown to a version, and how its answers are read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from django.conf import settings

from domain.imaging.preprocess import PreprocessProfile, profile_sha256
from serving.detector import Detector
from serving.tensors import DetectorSpec

# What recipes begin with.
OVERLAP_PX, NMS_IOU = 64, 0.5


@dataclass(frozen=True)
class Reading:
    """What a recipe version says of images and answers; of thresholds only those that differ from the version's own.

    Attributes:
        preprocessing: as `PreprocessProfile.to_dict` writes it.
        thresholds: confidence by code of the class.
    """

    preprocessing: Mapping[str, Any] = field(default_factory=lambda: PreprocessProfile().to_dict())
    overlap_px: int = OVERLAP_PX
    nms_iou: float = NMS_IOU
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Reading":
        """
        Raises:
            ValueError: not a preprocessing profile; the field is named.
        """
        values = dict(described)
        if "preprocessing" in values:
            values["preprocessing"] = PreprocessProfile.from_dict(values["preprocessing"]).to_dict()
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def preprocessing_sha256(self) -> str:
        return profile_sha256(PreprocessProfile.from_dict(self.preprocessing))

    @property
    def sha256(self) -> str:
        """Equal exactly when the same images give the same answers by the same version, the code included."""
        text = json.dumps([self.as_dict(), settings.CODE_VERSION], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def detector(self, spec: DetectorSpec, *, triton_name: str) -> Detector:
        """The version as it is asked."""
        thresholds = [self.thresholds.get(code, spec.thresholds[code]) for code in spec.classes]
        return Detector(
            triton_name=triton_name,
            spec=spec,
            tile_px=spec.shape.tile_px,
            overlap_px=min(self.overlap_px, spec.shape.tile_px - 1),
            scale=float(self.preprocessing["scale"]),
            thresholds=np.array(thresholds, np.float32),
            nms_iou=self.nms_iou,
            deadline_s=settings.INFERENCE_DEADLINE_MS / 1000,
        )
