import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs requirements-training.txt")

from demo.synthetic import draw_scene
from training.batches import cut, turn
from training.cache import draw_labels


def lit_square(x: int, y: int, w: int, h: int, *, side_px: int = 64):
    """A picture that is bright in one box, its label map, and the box."""
    pixels = np.zeros((side_px, side_px), np.uint8)
    pixels[y : y + h, x : x + w] = 200
    labels = np.zeros((side_px // 2, side_px // 2), np.uint8)
    labels[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2] = 3
    return pixels, labels, np.array([[x, y, w, h]], np.float32)


def bounds(pixels: np.ndarray) -> list[float]:
    y, x = np.nonzero(pixels)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


class TestTurn:
    @pytest.mark.parametrize("seed", range(8))
    def test_boxes_follow_the_pixels(self, seed):
        pixels, labels, boxes = lit_square(10, 20, 12, 6)
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)

        turned, turned_labels, moved = turn(np.random.default_rng(seed), pixels=pixels, labels=labels, corners=corners)

        assert moved[0].tolist() == bounds(turned)
        assert moved[0].tolist() == [2 * value for value in bounds(turned_labels)]


class TestCut:
    @pytest.mark.parametrize("seed", range(12))
    def test_what_is_left_of_a_box_is_what_is_left_of_the_pixels(self, seed):
        pixels, labels, boxes = lit_square(26, 22, 20, 16)

        window, _, corners, kept = cut(
            np.random.default_rng(seed),
            pixels=pixels,
            labels=labels,
            boxes_px=boxes,
            classes=np.array([2], np.int16),
            side_px=32,
        )

        assert window.shape == (32, 32)
        if len(kept):
            assert corners[0].tolist() == bounds(window)
            left = (corners[0, 2] - corners[0, 0]) * (corners[0, 3] - corners[0, 1]) / (20 * 16)
            assert kept[0] == (2 if left >= 0.35 else -2)


class TestDrawLabels:
    def test_every_defect_is_marked_inside_its_box(self):
        scene = next(scene for seed in range(20) if len(scene := draw_scene(seed=seed, size_px=(256, 256))) >= 2)
        labels = np.zeros((128, 128), np.uint8)

        draw_labels(scene, out=labels)

        assert set(np.unique(labels)) - {0} == {index + 1 for index in scene.class_index}
