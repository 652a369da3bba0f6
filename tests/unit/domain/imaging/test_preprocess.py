import numpy as np
import pytest

from domain.imaging.fitness import FitnessGate
from domain.imaging.preprocess import PreprocessProfile, preprocess, profile_sha256, to_eight_bit
from tests import image_files as files

DEFAULT = PreprocessProfile()


class TestProfile:
    def test_survives_being_stored(self):
        profile = PreprocessProfile(contrast="clahe", denoise="median3", scale=0.5, gate=FitnessGate(least_blur=50))

        assert PreprocessProfile.from_dict(profile.to_dict()) == profile

    def test_nothing_stored_is_the_default(self):
        assert PreprocessProfile.from_dict({}) == DEFAULT

    @pytest.mark.parametrize(
        ("described", "field"),
        [
            ({"contrast": "loud"}, "contrast"),
            ({"denoise": None}, "denoise"),
            ({"depth": "8"}, "depth"),
            ({"version": 2}, "version"),
            ({"version": True}, "version"),
            ({"version": 1.0}, "version"),
            ({"scale": 0}, "scale"),
            ({"scale": float("nan")}, "scale"),
            ({"scale": "1"}, "scale"),
            ({"scale": True}, "scale"),
            ({"scale": 100}, "scale"),
            ({"scale": float("inf")}, "scale"),
            ({"scale": 10**400}, "scale"),
            ({"sharpen": 1}, "sharpen"),
            ({"gate": {"least_blur": -1}}, "gate.least_blur"),
            ({"gate": None}, "gate"),
        ],
    )
    def test_what_is_not_offered_is_refused_by_name(self, described, field):
        with pytest.raises(ValueError, match=field):
            PreprocessProfile.from_dict(described)

    def test_digest_is_equal_for_equal_profiles_only(self):
        same = profile_sha256(PreprocessProfile.from_dict({"scale": 1}))

        assert same == profile_sha256(DEFAULT)
        assert same == profile_sha256(PreprocessProfile.from_dict({"gate": {"least_blur": FitnessGate().least_blur}}))
        assert same != profile_sha256(PreprocessProfile(scale=0.5))
        assert same != profile_sha256(PreprocessProfile(gate=FitnessGate(least_blur=50)))
        assert len(same) == 64

    def test_digest_of_the_default_never_changes(self):
        assert profile_sha256(DEFAULT) == "b1753fa9ff5ba48a2c3caf1ea5d4def5f82dadf1ac50dc732fb71edfb6c52c40"


class TestPreprocess:
    def test_the_default_leaves_grey_bytes_alone(self):
        pixels = files.texture()

        assert preprocess(pixels, profile=DEFAULT) is pixels or np.array_equal(
            preprocess(pixels, profile=DEFAULT), pixels
        )

    @pytest.mark.parametrize(
        "profile",
        [
            PreprocessProfile(contrast="stretch"),
            PreprocessProfile(contrast="clahe"),
            PreprocessProfile(denoise="median3"),
            PreprocessProfile(scale=0.5),
            DEFAULT,
        ],
    )
    @pytest.mark.parametrize(
        "pixels",
        [files.texture(), files.texture(dtype=np.uint16), files.colours(), files.colours(dtype=np.uint16)],
        ids=["grey", "grey16", "rgb", "rgb16"],
    )
    def test_makes_grey_bytes_of_everything_and_changes_no_input(self, profile, pixels):
        before = pixels.copy()

        grey = preprocess(pixels, profile=profile)

        assert grey.dtype == np.uint8
        assert grey.shape == (round(48 * profile.scale), round(64 * profile.scale))
        assert np.array_equal(pixels, before)

    def test_green_is_brighter_than_blue(self):
        pixels = np.array([[[0, 255, 0], [0, 0, 255]]], np.uint8)

        assert preprocess(pixels, profile=DEFAULT).tolist() == [[150, 29]]

    def test_twelve_bits_in_sixteen_are_not_black(self):
        pixels = files.texture(dtype=np.uint16) >> 4

        grey = preprocess(pixels, profile=DEFAULT)

        assert int(grey.min()) < 10
        assert int(grey.max()) > 245

    def test_a_hot_pixel_does_not_decide(self):
        pixels = np.tile(np.linspace(1000, 2000, 256).astype(np.uint16), (256, 1))
        pixels[3, 3] = 65535

        assert int(preprocess(pixels, profile=DEFAULT)[100, 200]) > 180

    def test_noise_of_a_blank_image_stays_noise(self):
        pixels = (30_000 + np.random.default_rng(0).integers(0, 10, (64, 64))).astype(np.uint16)

        assert int(np.ptp(preprocess(pixels, profile=DEFAULT))) < 12

    def test_shift_keeps_grey_values_comparable_between_images(self):
        assert to_eight_bit(np.array([[256, 65535]], np.uint16), stretch=False).tolist() == [[1, 255]]

    def test_median_removes_single_pixels(self):
        pixels = np.full((9, 9), 100, np.uint8)
        pixels[4, 4] = 255

        assert (
            preprocess(pixels, profile=PreprocessProfile(denoise="median3")).tolist() == np.full((9, 9), 100).tolist()
        )

    def test_nothing_is_scaled_away(self):
        assert preprocess(np.zeros((3, 3), np.uint8), profile=PreprocessProfile(scale=0.05)).shape == (1, 1)
