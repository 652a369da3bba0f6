import numpy as np
import pytest

from demo.synthetic import draw_scene
from domain.imaging import quality
from domain.imaging.fitness import WORDS, FitnessGate, Flaw, flaws_of

USUAL = FitnessGate()


def flaws(pixels, **values):
    return flaws_of(quality.measure(pixels), **{"gate": USUAL, **values})


def even(value, shape=(169, 13)):
    return np.full(shape, value, np.uint8)


def noisy(value, *, by, seed=0):
    drawn = np.random.default_rng(seed).normal(value, by, (512, 512))
    return np.clip(drawn, 0, 255).round().astype(np.uint8)


class TestFlaws:
    @pytest.mark.parametrize(
        ("case", "pixels", "expected"),
        [
            ("a white page", even(255), Flaw.BLOWN_OUT),
            ("a black page", even(0), Flaw.TOO_DARK),
            ("one shade of red", even(76), Flaw.NO_CONTRAST),
            ("a shutter that stayed closed, with its noise", noisy(1, by=1), Flaw.TOO_DARK),
            ("a lamp that is too bright, with its noise", noisy(255, by=1), Flaw.BLOWN_OUT),
            ("a ramp", np.tile(np.linspace(100, 120, 512).astype(np.uint8), (512, 1)), Flaw.BLURRED),
        ],
    )
    def test_name_what_explains_the_rest(self, case, pixels, expected):
        assert flaws(pixels) == (expected,)

    @pytest.mark.parametrize(
        ("case", "pixels"),
        [
            ("the faint noise of a bare wafer", noisy(120, by=2)),
            ("a dark field", noisy(8, by=3)),
            ("a line pattern, clipped to black and white", np.tile(np.repeat([0, 255], 8).astype(np.uint8), (512, 32))),
        ],
    )
    def test_are_none_of_what_is_even_by_nature(self, case, pixels):
        assert flaws(pixels) == ()

    @pytest.mark.parametrize("look", ["brightfield", "sem"])
    @pytest.mark.parametrize("seed", range(4))
    def test_are_none_of_bare_clean_wafers(self, look, seed):
        assert flaws(draw_scene(seed=seed, look=look, family="bare", defects=(), rim=False).pixels) == ()

    def test_tell_of_pictures_that_nobody_looked_at(self):
        assert flaws(noisy(120, by=2), is_first_of_several=True) == (Flaw.FIRST_OF_SEVERAL,)
        assert flaws(even(255), is_first_of_several=True) == (Flaw.BLOWN_OUT, Flaw.FIRST_OF_SEVERAL)

    def test_are_by_what_the_recipe_asks_for(self):
        strict = FitnessGate(least_blur=500.0)

        assert flaws(noisy(120, by=2), gate=strict) == (Flaw.BLURRED,)
        assert flaws(even(255), gate=FitnessGate(most_exposure=1.0, least_contrast=0.0, least_blur=0.0)) == ()

    def test_have_words_each(self):
        assert WORDS.keys() == set(Flaw)


class TestSharpParts:
    def test_plain_corners_do_not_make_an_image_blurred(self):
        pixels = even(250, (640, 640))
        pixels[200:280, 180:260] = np.random.default_rng(0).integers(0, 255, (80, 80))

        assert flaws(pixels) == ()


class TestGate:
    def test_survives_being_stored(self):
        gate = FitnessGate(least_blur=100.0)

        assert FitnessGate.from_dict(gate.to_dict()) == gate
        assert FitnessGate.from_dict({}) == USUAL

    @pytest.mark.parametrize(
        ("described", "field"),
        [
            ({"least_blur": -1}, "gate.least_blur"),
            ({"least_blur": True}, "gate.least_blur"),
            ({"least_contrast": "0"}, "gate.least_contrast"),
            ({"most_exposure": float("nan")}, "gate.most_exposure"),
            ({"most_exposure": 10**400}, "gate.most_exposure"),
            ({"least_exposure": 0.9, "most_exposure": 0.5}, "gate.least_exposure"),
            ({"lens": 1}, "gate.lens"),
            ([], "gate"),
            (None, "gate"),
        ],
    )
    def test_what_cannot_be_is_refused_by_name(self, described, field):
        with pytest.raises(ValueError, match=field):
            FitnessGate.from_dict(described)
