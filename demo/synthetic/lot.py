"""A demonstration lot: several wafers of one product, mostly good, one of them in trouble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.synthetic.scene import draw_scene
from demo.synthetic.types import CLASS_CODES, LOOKS, Scene

DIES_ACROSS = 8
LINE_PRODUCTS = ("logic", "lines", "gratings")
"""Products on which every class can occur."""


@dataclass(frozen=True, slots=True)
class LotPicture:
    """One picture of one wafer. wafer, picture: counted from 1. die: column, row seen from the wafer's middle."""

    wafer: int
    picture: int
    die: tuple[int, int]
    scene: Scene

    @property
    def file_name(self) -> str:
        """Sorts by wafer, then by picture."""
        return f"wafer-{self.wafer:02d}-picture-{self.picture:03d}.png"

    def png(self) -> bytes:
        """The pixels as an 8 bit grey PNG."""
        return encode_png(self.scene.pixels)


def draw_lot(
    *,
    seed: int,
    wafers: int = 6,
    pictures_per_wafer: int = 4,
    size_px: tuple[int, int] = (1024, 1024),
    troubled_wafer: int | None = None,
) -> Iterator[LotPicture]:
    """Draw a lot picture by picture.

    All wafers share product and microscope. Two pictures in three are clean, the others have one or two defects; the
    troubled wafer (by default the last but one) has several on every picture, as after a scratch in handling.

    Args:
        seed: the same lot again.
        wafers, pictures_per_wafer: how many.
        size_px: width, height of a picture.
        troubled_wafer: counted from 1; 0 for none.
    """
    rng = np.random.default_rng((seed, 0))
    family = str(rng.choice(LINE_PRODUCTS))
    look = str(rng.choice(LOOKS, p=(0.7, 0.3)))
    troubled = max(1, wafers - 1) if troubled_wafer is None else troubled_wafer
    for wafer in range(1, wafers + 1):
        dies = _dies(rng, count=pictures_per_wafer)
        for picture, die in enumerate(dies, start=1):
            codes = _codes(rng, troubled=wafer == troubled)
            scene = draw_scene(
                seed=(seed, wafer, picture),
                size_px=size_px,
                look=look,
                family=family,
                defects=codes,
                rim="edge_chip" in codes,
            )
            yield LotPicture(wafer=wafer, picture=picture, die=die, scene=scene)


def draw_clean(*, seed: int, size_px: tuple[int, int] = (512, 512), family: str | None = None) -> Scene:
    """A wafer without defects."""
    return draw_scene(seed=seed, size_px=size_px, family=family, defects=())


def draw_with(*, seed: int, codes: Sequence[str], size_px: tuple[int, int] = (512, 512), tries: int = 20) -> Scene:
    """A scene on which everything that was asked for can be seen.

    Raises:
        ValueError: it never could within `tries` seeds, or a code is unknown.
    """
    if unknown := set(codes) - set(CLASS_CODES):
        raise ValueError(f"unknown defect {sorted(unknown)[0]!r}, want some of {', '.join(CLASS_CODES)}")
    for attempt in range(tries):
        scene = draw_scene(seed=(seed, attempt), size_px=size_px, defects=codes)
        if sorted(scene.class_codes) == sorted(codes):
            return scene
    raise ValueError(f"no scene of {size_px} px showed all of {', '.join(codes)}")


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A grey picture as PNG."""
    written, coded = cv2.imencode(".png", pixels)
    if not written:
        raise ValueError(f"OpenCV could not write {pixels.shape} as PNG")
    return coded.tobytes()


def _codes(rng: np.random.Generator, *, troubled: bool) -> tuple[str, ...]:
    if not troubled and rng.random() < 0.65:
        return ()
    count = int(rng.integers(3, 6)) if troubled else int(rng.integers(1, 3))
    codes = [str(code) for code in rng.choice(CLASS_CODES, count)]
    return tuple(["scratch", *codes[1:]] if troubled else codes)


def _dies(rng: np.random.Generator, *, count: int) -> list[tuple[int, int]]:
    """Different dies within a circle around the middle of the wafer."""
    half = DIES_ACROSS // 2
    inside = [
        (column, row)
        for column in range(-half, half)
        for row in range(-half, half)
        if (column + 0.5) ** 2 + (row + 0.5) ** 2 < (half - 0.3) ** 2
    ]
    return [inside[index] for index in rng.permutation(len(inside))[:count]]
