"""Pictures for people: whole views, deep-zoom tiles, cut-outs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from domain.arrays import PixelArray
from domain.imaging import pyramid, thumbnail
from domain.imaging.decode import DecodedImage
from domain.imaging.preprocess import to_eight_bit
from domain.imaging.refusal import ImageRefused


def described(image: DecodedImage) -> dict[str, Any]:
    """What every answer says about its image."""
    return {
        "width_px": image.width_px,
        "height_px": image.height_px,
        "bit_depth": image.bit_depth,
        "format": image.format,
        "orientation": image.orientation,
        "notes": list(image.notes),
        "is_first_of_several": image.is_first_of_several,
    }


class Viewer:
    """Draws from one image at a time, and keeps it: who looks at one tile looks at the next.

    Args:
        decode: from the bytes of a file to its pixels.
    """

    def __init__(self, decode: Callable[[bytes], DecodedImage]) -> None:
        self._decode = decode
        self.forget()

    def forget(self) -> None:
        """Let go of the image, for its memory."""
        self._key = b""
        self._about: dict[str, Any] = {}
        self._levels: dict[int, PixelArray] = {}

    def draw(self, data: bytes, request: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """An encoded picture and what there is to say about its image.

        Raises:
            ImageRefused: of the file, or because there is nothing where the request points.
        """
        key = hashlib.sha256(data).digest()
        if key != self._key:
            self.forget()
            image = self._decode(data)
            self._about = described(image)
            self._levels = {self._last_level: to_eight_bit(image.pixels, stretch=True)}
            self._key = key
        picture = {"view": self._view, "tile": self._tile, "crop": self._crop}[request["do"]](request)
        encoded = thumbnail.encode_png(picture) if request.get("png") else thumbnail.encode_jpeg(picture, 90)
        return encoded, self._about

    @property
    def _last_level(self) -> int:
        return pyramid.last_level(self._about["width_px"], self._about["height_px"])

    def _view(self, request: dict[str, Any]) -> PixelArray:
        return thumbnail.shrunk(self._levels[self._last_level], max_side_px=request["max_side_px"])

    def _tile(self, request: dict[str, Any]) -> PixelArray:
        where = {name: request[name] for name in ("level", "col", "row", "tile_px", "overlap_px")}
        size = {"width_px": self._about["width_px"], "height_px": self._about["height_px"]}
        try:
            return pyramid.cut_tile(self._at_level(request["level"]), **size, **where)
        except ValueError as error:
            raise ImageRefused("no_such_tile", f"There is no such tile: {error}.") from error

    def _at_level(self, level: int) -> PixelArray:
        whole = self._levels[self._last_level]
        if level not in self._levels:
            shown = pyramid.level_image(whole, level=level)
            # The whole image and one smaller level at a time: a viewer seldom asks for two.
            self._levels = {self._last_level: whole, level: shown}
        return self._levels[level]

    def _crop(self, request: dict[str, Any]) -> PixelArray:
        whole = self._levels[self._last_level]
        x, y, w, h = request["box_px"]
        height, width = whole.shape[:2]
        left, top = max(0, min(x, width - 1)), max(0, min(y, height - 1))
        piece = whole[top : max(top + 1, min(y + h, height)), left : max(left + 1, min(x + w, width))]
        return thumbnail.shrunk(piece, max_side_px=request["max_side_px"])
