"""The demonstration lot: 25 wafers whose images are drawn from seeds, so every installation shows the same ones."""

from dataclasses import dataclass

import cv2
import numpy as np

from demo.site import GEOMETRY, LAYERS, PIXEL_UM, TOOLS
from demo.synthetic.scene import draw_scene
from demo.synthetic.types import Scene
from domain.wafer.die_grid import DieGrid, WaferShape, dies_on_wafer
from inspection.services import WaferImage

LOT, WAFERS, IMAGES_PER_WAFER = "A12", 25, 5
SIDE_PX = 768
SEED = 20_261_121
# Most wafers are fine, as on a good day; some have one bad spot, and a few need a person.
SPOTTED_WAFERS, TROUBLED_WAFERS = frozenset({2, 6, 11, 14, 19, 24}), frozenset({4, 9, 17, 22})


@dataclass(frozen=True)
class DemoWafer:
    """One wafer of the lot, with what its upload says."""

    slot: int
    layer: str
    tool: str
    images: list[WaferImage]


def draw_wafer(slot: int) -> DemoWafer:
    """The wafer in a slot, 1 to 25: five fields of view at dies of its own."""
    rng = np.random.default_rng([SEED, slot])
    images = [_field_of_view(rng, slot=slot, number=number) for number in range(1, IMAGES_PER_WAFER + 1)]
    return DemoWafer(slot=slot, layer=LAYERS[slot % len(LAYERS)], tool=TOOLS[slot % len(TOOLS)], images=images)


def _field_of_view(rng: np.random.Generator, *, slot: int, number: int) -> WaferImage:
    has_defects = slot in TROUBLED_WAFERS or (slot in SPOTTED_WAFERS and number == IMAGES_PER_WAFER)
    defects: tuple[str, ...] | None = None if has_defects else ()
    look = "sem" if slot % len(TOOLS) == 2 else "brightfield"
    scene = draw_scene(seed=[SEED, slot, number], size_px=(SIDE_PX, SIDE_PX), look=look, defects=defects, rim=False)
    return WaferImage(name=f"W{slot:02d}_{number}.png", data=png_of(scene), origin_um=place_on_wafer(rng))


def png_of(scene: Scene) -> bytes:
    is_written, encoded = cv2.imencode(".png", scene.pixels)
    if not is_written:
        raise RuntimeError("a drawn image could not be written as PNG")
    return encoded.tobytes()


def place_on_wafer(rng: np.random.Generator) -> tuple[float, float]:
    """Somewhere inside a whole die."""
    grid = DieGrid(
        pitch_um=(GEOMETRY["die_pitch_x_um"], GEOMETRY["die_pitch_y_um"]),
        centre_um=(GEOMETRY["grid_centre_x_um"], GEOMETRY["grid_centre_y_um"]),
    )
    shape = WaferShape(diameter_um=GEOMETRY["wafer_diameter_um"], edge_exclusion_um=GEOMETRY["edge_exclusion_um"])
    dies = dies_on_wafer(grid=grid, wafer=shape)
    column, row = dies[rng.integers(len(dies))]
    side_um = SIDE_PX * PIXEL_UM
    offset_um = rng.uniform([0, side_um], [grid.pitch_um[0] - side_um, grid.pitch_um[1]])
    x_um, y_um = np.array([column, row]) * grid.pitch_um - np.array(grid.centre_um) + offset_um
    return float(round(x_um, 1)), float(round(y_um, 1))
