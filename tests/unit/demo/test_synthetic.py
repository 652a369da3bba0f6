import numpy as np
import pytest

from demo.synthetic import (
    CLASS_CODES,
    FAMILIES,
    HELD_OUT_FAMILIES,
    LINE_FAMILIES,
    LOOKS,
    TRAINING_FAMILIES,
    draw_scene,
    optics,
    visibility,
)
from demo.synthetic import scene as scene_module
from demo.synthetic.types import Edit, Scene


def first_with(code: str, *, size_px: tuple[int, int] = (192, 192)) -> Scene:
    """The first seed whose scene shows the defect that was asked for."""
    for seed in range(40):
        scene = draw_scene(seed=seed, size_px=size_px, defects=(code,))
        if len(scene):
            return scene
    raise AssertionError(f"no visible {code} in 40 scenes")


class TestDrawScene:
    def test_the_same_seed_gives_the_same_bytes(self):
        one, two = draw_scene(seed=(5, 7)), draw_scene(seed=(5, 7))

        assert one.pixels.tobytes() == two.pixels.tobytes()
        assert one.boxes_px.tolist() == two.boxes_px.tolist()

    def test_another_seed_gives_another_picture(self):
        assert draw_scene(seed=1).pixels.tobytes() != draw_scene(seed=2).pixels.tobytes()

    @pytest.mark.parametrize("size_px", [(512, 512), (1024, 700), (256, 320)])
    def test_draws_any_size(self, size_px):
        scene = draw_scene(seed=3, size_px=size_px)

        assert scene.pixels.shape == size_px[::-1]
        assert scene.pixels.dtype == np.uint8

    @pytest.mark.parametrize("code", CLASS_CODES)
    def test_every_class_can_be_asked_for(self, code):
        assert set(first_with(code).class_codes) == {code}

    def test_no_defects_asked_for_is_a_clean_wafer(self):
        assert len(draw_scene(seed=8, defects=())) == 0

    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("look", LOOKS)
    def test_every_texture_is_drawn_in_every_look(self, family, look):
        scene = draw_scene(seed=4, size_px=(160, 160), family=family, look=look, defects=())

        assert scene.pixels.std() > 1

    def test_boxes_lie_in_the_picture_and_hold_their_masks(self):
        for seed in range(25):
            scene = draw_scene(seed=seed, size_px=(256, 256))
            for (x, y, w, h), mask in zip(scene.boxes_px, scene.masks, strict=True):
                assert x >= 0 and y >= 0 and x + w <= 256 and y + h <= 256
                assert mask.shape == (h, w)
                # Tight: every side of the box touches the defect.
                assert mask[0].any() and mask[-1].any() and mask[:, 0].any() and mask[:, -1].any()

    def test_held_out_textures_are_never_drawn_unasked(self):
        drawn = {draw_scene(seed=seed, size_px=(128, 128)).meta["family"] for seed in range(60)}

        assert drawn <= set(TRAINING_FAMILIES)
        assert not drawn & set(HELD_OUT_FAMILIES)

    def test_bridges_and_opens_are_only_drawn_on_lines(self):
        for seed in range(60):
            scene = draw_scene(seed=seed, size_px=(192, 192), families=FAMILIES)
            if {"bridge", "open"} & set(scene.class_codes):
                assert scene.meta["family"] in LINE_FAMILIES


class TestTruth:
    """What differs from the defect-free picture is in the boxes, and the boxes hold what differs."""

    @pytest.mark.parametrize("code", CLASS_CODES)
    def test_the_strong_part_of_the_difference_is_inside_the_box(self, code, monkeypatch):
        pairs = []
        original = scene_module.render_pair

        def spying(**arguments):
            pairs.append(original(**arguments))
            return pairs[-1]

        monkeypatch.setattr(scene_module, "render_pair", spying)
        scene = first_with(code)
        clean, ideal, _ = pairs[-1]
        difference = np.abs(ideal - clean)

        outside = difference.copy()
        for x, y, w, h in scene.boxes_px.astype(int):
            outside[max(0, y - 1) : y + h + 1, max(0, x - 1) : x + w + 1] = 0

        assert outside.max() < 0.5 * difference.max()

    def test_a_clean_scene_differs_nowhere(self):
        scene = draw_scene(seed=11, defects=())

        assert (len(scene.boxes_px), len(scene.masks), len(scene.contrast_to_noise)) == (0, 0, 0)


class TestVisibility:
    @staticmethod
    def mark(*, contrast: float, noise: float) -> visibility.Visible | None:
        """A bright square of 8 x 8 on flat ground, 40 x 40 in all."""
        difference = np.zeros((40, 40), np.float32)
        difference[16:24, 16:24] = contrast
        grain = np.random.default_rng(0).standard_normal((40, 40)).astype(np.float32) * noise
        edit = Edit("particle", 0, 0, np.ones((40, 40), np.float32))
        return visibility.measure(edit, clean=np.zeros((40, 40), np.float32), difference=difference, noise=grain)

    def test_a_mark_well_above_the_noise_is_seen_with_its_exact_box(self):
        seen = self.mark(contrast=60, noise=3)

        assert seen is not None
        assert seen.box_px == (16, 16, 8, 8)

    def test_contrast_to_noise_is_peak_over_noise_pooled_over_nine_pixels(self):
        seen = self.mark(contrast=60, noise=3)

        assert seen is not None
        # White noise of 3 grey levels averaged over 3 x 3 pixels has a spread of 1.
        assert seen.contrast_to_noise == pytest.approx(60, rel=0.12)

    @pytest.mark.parametrize(
        ("case", "contrast", "noise"), [("drowned in noise", 20, 15), ("lost on any screen", 5, 0.1)]
    )
    def test_what_nobody_could_point_at_is_no_defect(self, case, contrast, noise):
        assert self.mark(contrast=contrast, noise=noise) is None


class TestOptics:
    def test_noise_has_the_spread_the_look_asks_for(self):
        rng = np.random.default_rng(1)
        look = optics.choose_look(rng, name="brightfield", height_px=200, width_px=200)
        noise = optics.draw_noise(np.random.default_rng(2), look=look, height_px=200, width_px=200)
        flat = np.full((200, 200), 128, np.float32)

        exposed = optics.expose(flat, look=look, noise=noise)

        assert (exposed - flat).std() == pytest.approx(look.noise * 255 * noise.grain.std(), rel=0.05)
