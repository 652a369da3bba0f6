import pytest

from domain.evaluation.compatibility import Fit, Measurement, class_map, freshness, preprocessing, signature, standing

MEASURED = Measurement(preprocessing_sha256="a", has_passed=True, days=3)


@pytest.mark.parametrize(
    ("check", "fit", "words"),
    [
        (signature(tile_px=512, recipe_tile_px=512, overlap_px=64, scale=0.5), Fit.OK, "at 0.5 of the size"),
        (signature(tile_px=256, recipe_tile_px=512, overlap_px=64, scale=1), Fit.WARN, "written for 512 px"),
        (signature(tile_px=64, recipe_tile_px=512, overlap_px=64, scale=1), Fit.REFUSE, "nothing would be left"),
        (class_map(["pit"], defined={"pit"}, thresholds={}, champion=["pit"]), Fit.OK, "Each of its 1 classes"),
        (class_map(["pit"], defined={"pit"}, thresholds={"open": 0.5}, champion=[]), Fit.WARN, "open"),
        (class_map(["pit"], defined={"pit"}, thresholds={}, champion=["pit", "open"]), Fit.REFUSE, "finds: open"),
        (class_map(["dent"], defined={"pit"}, thresholds={}, champion=[]), Fit.REFUSE, "defined: dent"),
        (preprocessing("a", measured=[MEASURED]), Fit.OK, "met its gates"),
        (preprocessing("b", measured=[MEASURED]), Fit.WARN, "never on images prepared"),
        (preprocessing("a", measured=[]), Fit.WARN, "never validated"),
        (preprocessing("a", measured=[Measurement("a", False, 3)]), Fit.WARN, "has not met"),
        (freshness(trained_days=10, measured=[MEASURED]), Fit.OK, "validated 3 days ago"),
        (freshness(trained_days=400, measured=[MEASURED]), Fit.WARN, "400 days"),
        (freshness(trained_days=10, measured=[Measurement("a", True, 91)]), Fit.WARN, "91 days ago"),
        (freshness(trained_days=10, measured=[]), Fit.WARN, "never validated"),
        (standing("validated"), Fit.OK, "validated"),
        (standing("candidate"), Fit.WARN, "candidate"),
        (standing("rejected"), Fit.REFUSE, "rejected"),
    ],
)
def test_each_look_has_a_word_and_says_why(check, fit, words):
    assert check.fit is fit
    assert words in check.words
