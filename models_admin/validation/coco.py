"""Mean average precision as COCO counts it, by the library that others use for it."""

import logging
import math
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

from domain.evaluation.detection_metrics import Boxes

# It says every step.
logging.getLogger("faster_coco_eval").setLevel(logging.WARNING)
# Of an image, the surest so many are counted, as COCO does.
MOST_PER_IMAGE = 100


@dataclass(frozen=True, eq=False)
class CocoFigures:
    """Average precision, 0..1; nan where there is no defect to find.

    Attributes:
        map50: mean over classes at an overlap of a half.
        map50_95: mean over classes and ten overlaps from 0.5 to 0.95.
        ap50, ap50_95: (C,) float64 the same of each class.
    """

    map50: float
    map50_95: float
    ap50: NDArray[np.float64]
    ap50_95: NDArray[np.float64]


def coco_figures(found: Boxes, truth: Boxes, *, image_count: int, class_count: int) -> CocoFigures:
    """
    Args:
        found: everything the model has an opinion of, no threshold applied.
        truth: what is there; images are numbered 0..image_count - 1.
    """
    if not len(truth):
        nothing = np.full(class_count, math.nan)
        return CocoFigures(math.nan, math.nan, nothing, nothing)
    if not len(found):
        # The library has no answer to an empty list.
        nothing = np.where(np.bincount(truth.class_index, minlength=class_count) > 0, 0.0, math.nan)
        return CocoFigures(0.0, 0.0, nothing, nothing)
    there = COCO(_annotations(truth, image_count=image_count, class_count=class_count))
    evaluation = COCOeval_faster(there, there.loadRes(_results(found)), "bbox")
    evaluation.params.maxDets = [1, 10, MOST_PER_IMAGE]
    evaluation.params.imgIds = list(range(image_count))
    evaluation.params.catIds = list(range(class_count))
    evaluation.evaluate()
    evaluation.accumulate()
    # (overlaps, recalls, classes, sizes, most per image); -1 where there is nothing to find.
    precision = np.asarray(evaluation.eval["precision"], np.float64)[..., 0, -1]
    by_overlap = np.where(precision < 0, math.nan, precision).mean(axis=1)
    ap50, ap50_95 = by_overlap[0], by_overlap.mean(axis=0)
    return CocoFigures(float(np.nanmean(ap50)), float(np.nanmean(ap50_95)), ap50, ap50_95)


def _annotations(truth: Boxes, *, image_count: int, class_count: int) -> dict[str, list[dict[str, object]]]:
    return {
        "images": [{"id": image} for image in range(image_count)],
        "categories": [{"id": index, "name": str(index)} for index in range(class_count)],
        "annotations": [
            {
                "id": row + 1,
                "image_id": int(truth.image[row]),
                "category_id": int(truth.class_index[row]),
                "bbox": truth.boxes_px[row].tolist(),
                "area": float(truth.boxes_px[row, 2] * truth.boxes_px[row, 3]),
                "iscrowd": 0,
            }
            for row in range(len(truth))
        ],
    }


def _results(found: Boxes) -> list[dict[str, object]]:
    return [
        {
            "image_id": int(found.image[row]),
            "category_id": int(found.class_index[row]),
            "bbox": found.boxes_px[row].tolist(),
            "score": float(found.confidence[row]),
        }
        for row in range(len(found))
    ]
