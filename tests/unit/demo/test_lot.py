import cv2
import numpy as np
import pytest

from demo.synthetic.lot import draw_clean, draw_lot, draw_with


class TestDrawLot:
    lot = list(draw_lot(seed=2, wafers=3, pictures_per_wafer=2, size_px=(256, 256)))

    def test_has_every_picture_of_every_wafer(self):
        assert [(item.wafer, item.picture) for item in self.lot] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]

    def test_is_of_one_product(self):
        assert len({item.scene.meta["family"] for item in self.lot}) == 1

    def test_the_troubled_wafer_has_the_most_defects(self):
        counts = [sum(len(item.scene) for item in self.lot if item.wafer == wafer) for wafer in (1, 2, 3)]

        assert counts.index(max(counts)) == 1

    def test_dies_of_a_wafer_differ(self):
        assert self.lot[0].die != self.lot[1].die

    def test_png_holds_the_very_pixels(self):
        decoded = cv2.imdecode(np.frombuffer(self.lot[0].png(), np.uint8), cv2.IMREAD_GRAYSCALE)

        assert decoded.tobytes() == self.lot[0].scene.pixels.tobytes()


class TestDrawWith:
    def test_shows_exactly_what_was_asked_for(self):
        assert sorted(draw_with(seed=1, codes=("pit", "open"), size_px=(256, 256)).class_codes) == ["open", "pit"]

    def test_refuses_an_unknown_class(self):
        with pytest.raises(ValueError, match="unknown defect 'dent'"):
            draw_with(seed=1, codes=("dent",))


def test_a_clean_wafer_has_no_defects():
    assert len(draw_clean(seed=1, size_px=(256, 256))) == 0
