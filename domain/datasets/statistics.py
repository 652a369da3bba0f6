"""Counts over the images of a snapshot, made in portions and added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from domain.datasets.records import ImageRecord

Counts = dict[str, Any]
"""Whole numbers by name, nested; what is in both of two is added."""

_MOST_PER_IMAGE = 20


def counts_of(records: Iterable[ImageRecord]) -> Counts:
    """What plots of a snapshot are drawn from.

    Returns:
        `images`, `objects`, `nuisances`, `complete`, `empty` (without a defect) by split; `lots`: images by split and
        lot; `classes`: objects by split and class; `layers`, `tools`, `products`: images by code; `stages`, `authors`:
        objects; `shapes`: objects by kind; `sizes`: objects by class and the power of two of pixels at which the square
        root of their area begins;
        `per_image`: images by how many objects they have, 20 for more.
    """
    flat: dict[str, Counter[str]] = defaultdict(Counter)
    nested: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for record in records:
        split = record.split.value
        flat["images"][split] += 1
        flat["objects"][split] += len(record.objects)
        flat["nuisances"][split] += len(record.nuisances)
        flat["complete"][split] += record.is_complete
        flat["empty"][split] += not record.objects
        flat["layers"][record.layer] += 1
        flat["tools"][record.tool] += 1
        flat["products"][record.product] += 1
        flat["per_image"][str(min(len(record.objects), _MOST_PER_IMAGE))] += 1
        nested["lots"][split][record.lot] += 1
        for one in record.objects:
            nested["classes"][split][one.class_code] += 1
            nested["sizes"][one.class_code][_size(one.bbox_px[2] * one.bbox_px[3])] += 1
            flat["shapes"][one.kind] += 1
            flat["stages"][one.stage] += 1
            flat["authors"][one.author] += 1
    return {
        **{name: dict(counts) for name, counts in flat.items()},
        **{name: {key: dict(counts) for key, counts in inner.items()} for name, inner in nested.items()},
    }


def added(one: Counts, other: Counts) -> Counts:
    """Both counts together."""
    total = dict(one)
    for name, value in other.items():
        known = total.get(name, {} if isinstance(value, dict) else 0)
        total[name] = added(known, value) if isinstance(value, dict) else known + value
    return total


def _size(area_px: float) -> str:
    """The largest power of two that is not above the square root of the area."""
    side_px = int(area_px**0.5)
    return str(1 << max(0, side_px.bit_length() - 1))
