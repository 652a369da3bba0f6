"""Images for the load: no two alike as files, so that each is decoded, judged and stored anew."""

import struct
import zlib
from dataclasses import dataclass

import cv2
import numpy as np

from demo.synthetic.scene import draw_scene

SIDE_PX = 1024
_END_CHUNK_BYTES = 12


@dataclass(frozen=True)
class ImagePool:
    """A few drawn images; `unique` makes any number of different files of them."""

    files: list[bytes]

    @classmethod
    def draw(cls, *, count: int, seed: int) -> "ImagePool":
        """1024 x 1024 grey PNGs of about 0.85 MB each."""
        return cls([_png(draw_scene(seed=[seed, index], size_px=(SIDE_PX, SIDE_PX)).pixels) for index in range(count)])

    def unique(self, number: int) -> bytes:
        """The same picture as its neighbours in the pool, in a file with a comment of its own."""
        file = self.files[number % len(self.files)]
        comment = b"tEXtComment\x00" + str(number).encode()
        chunk = struct.pack(">I", len(comment) - 4) + comment + struct.pack(">I", zlib.crc32(comment))
        return file[:-_END_CHUNK_BYTES] + chunk + file[-_END_CHUNK_BYTES:]


def _png(pixels: np.ndarray) -> bytes:
    noise = np.random.default_rng(0).normal(0, 12, pixels.shape)
    grainy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    is_written, encoded = cv2.imencode(".png", grainy, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not is_written:
        raise RuntimeError("a drawn image could not be written as PNG")
    return bytes(encoded)
