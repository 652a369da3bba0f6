"""Frozen data sets of drawn scenes, as annotations leave them in the image store."""

import hashlib
from dataclasses import replace

import cv2
import numpy as np

from core import image_store
from demo.synthetic.scene import draw_scene
from demo.synthetic.types import CLASS_CODES
from domain.datasets.manifest import header_line, image_line
from domain.datasets.records import Header, Split
from tests.data_sets import make_object, make_record

SHARES = (0.7, 0.15, 0.15)


def scene_record(number, *, defects=None, **values):
    """An image with what is drawn on it; its file is in the store."""
    scene = draw_scene(seed=[77, number], size_px=(512, 512), look="brightfield", rim=False, defects=defects)
    objects = tuple(
        make_object(code, tuple(float(side) for side in box), number=100 * number + at)
        for at, (code, box) in enumerate(zip(scene.class_codes, scene.boxes_px, strict=True))
    )
    return _record(number, scene.pixels, objects=objects, **values)


def white_record(number, **values):
    """An image on which nothing is, as bright as can be."""
    return _record(number, np.full((512, 512), 255, np.uint8), objects=(), **values)


def _record(number, pixels, **values):
    data = cv2.imencode(".png", pixels)[1].tobytes()
    image_store.put(data, kind="original", suffix=".png")
    height_px, width_px = pixels.shape
    return make_record(
        number, **{
            "sha256": hashlib.sha256(data).hexdigest(), "width_px": width_px, "height_px": height_px,
            "split": Split.TEST, "lot": f"L{number}", **values,
        },
    )  # fmt: skip


def freeze(records, *, site="FAB1"):
    """Write the manifest; its digest."""
    header = Header(site=site, classes=tuple(sorted(CLASS_CODES)), seed=1, shares=SHARES)
    content = header_line(header) + b"".join(image_line(replace(one, site=site)) for one in records)
    image_store.put(content, kind="dataset", suffix=".jsonl")
    return hashlib.sha256(content).hexdigest()
