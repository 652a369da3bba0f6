"""Pictures of images for people: drawn from the pixels alone, kept, and made again when they are gone."""

import math

from core import image_store
from core.errors import NotFound
from domain.imaging.parts import PartOfImage, cut_part
from domain.imaging.pyramid import OVERLAP_PX, TILE_PX, grid_size, last_level, level_size, tile_box
from inspection.models import InspectionImage
from inspection.services.decoder import draw_tile, draw_view

WHOLE_PX = 2048
"""Images up to this size are shown whole on a screen."""


def thumbnail_of(image: InspectionImage) -> bytes:
    """The small picture of the wall and of lists.

    Raises:
        NotFound: the original is gone, too.
        UnusableImage, Overloaded, Unavailable: it had to be drawn again, and could not.
    """
    try:
        return image_store.get(image.thumbnail_key)
    except FileNotFoundError:
        return view_of(image, max_side_px=320)


def view_of(image: InspectionImage, *, max_side_px: int) -> bytes:
    """The whole image as a JPEG whose longer side has `max_side_px` at most. Raises as `thumbnail_of`."""
    # Two requests for nearly the same size need not cost two drawings.
    side_px = next((step for step in (512, 1024, 2048, 4096) if step >= max_side_px), 8192)
    key = image_store.key_for(image.sha256, kind="view", suffix=f"-{side_px}.jpg")
    try:
        return image_store.get(key)
    except FileNotFoundError:
        drawn = draw_view(original_of(image), max_side_px=side_px).content
    image_store.put_at(key, drawn)
    return drawn


def tile_of(image: InspectionImage, *, level: int, col: int, row: int) -> bytes:
    """One deep-zoom tile as a JPEG.

    Raises:
        NotFound: there is no such tile.
        and as `thumbnail_of`.
    """
    try:
        columns, rows = grid_size(image.width_px, image.height_px, level=level)
    except ValueError as fault:
        raise NotFound("This image has no such level.") from fault
    if col >= columns or row >= rows:
        raise NotFound("This level has no such tile.")
    key = image_store.key_for(image.sha256, kind="tile", suffix=f"/{level}/{col}_{row}.jpg")
    try:
        return image_store.get(key)
    except FileNotFoundError:
        drawn = draw_tile(
            original_of(image), level=level, col=col, row=row, tile_px=TILE_PX, overlap_px=OVERLAP_PX
        ).content
    image_store.put_at(key, drawn)
    return drawn


def part_of(image: InspectionImage, *, left_px: int, top_px: int, side_px: int, most_px: int) -> PartOfImage:
    """A square of an image as people see it, at the finest size at which it has `most_px` a side at most.

    Of smaller images the picture that the screen shows, of larger ones tiles: whoever looks at the place has them
    already. Raises as `thumbnail_of`.
    """
    if max(image.width_px, image.height_px) <= WHOLE_PX:
        pictures = [(0, 0, view_of(image, max_side_px=WHOLE_PX))]
        size = (image.width_px, image.height_px)
        return cut_part(pictures, size, left_px=left_px, top_px=top_px, side_px=side_px, step=1, most_px=most_px)
    last = last_level(image.width_px, image.height_px)
    step = 1 << max(0, math.ceil(math.log2(side_px / most_px)))
    level = last - step.bit_length() + 1
    size = level_size(image.width_px, image.height_px, level=level)
    tiles = [
        (*tile_box(image.width_px, image.height_px, level=level, col=col, row=row)[:2],
         tile_of(image, level=level, col=col, row=row))
        for row in _tiles_of(top_px // step, side_px // step, size[1])
        for col in _tiles_of(left_px // step, side_px // step, size[0])
    ]  # fmt: skip
    return cut_part(tiles, size, left_px=left_px, top_px=top_px, side_px=side_px, step=step, most_px=most_px)


def _tiles_of(start: int, length: int, size: int) -> range:
    return range(start // TILE_PX, min(size - 1, start + length) // TILE_PX + 1)


def original_of(image: InspectionImage) -> bytes:
    """The file as it arrived.

    Raises:
        NotFound: the store does not have it.
    """
    try:
        return image_store.get_or_bring_back(image.store_key)
    except FileNotFoundError as fault:
        raise NotFound("The file of this image is missing from the store.", image=str(image.pk)) from fault
