import numpy as np
import pytest

from domain.review.disagreement import Found, disagreement

PIT, CRACK = 1, 2
HERE, NEARLY_HERE, ELSEWHERE = (10, 10, 20, 20), (12, 10, 20, 20), (100, 10, 20, 20)


def found(*things):
    """Of (box, class, confidence)."""
    return Found(
        boxes_px=np.array([box for box, _, _ in things], np.float64).reshape(-1, 4),
        class_id=np.array([class_id for _, class_id, _ in things], np.int64),
        confidence=np.array([confidence for _, _, confidence in things], np.float64),
    )


class TestDisagreement:
    @pytest.mark.parametrize(
        ("case", "earlier", "wanted"),
        [
            ("another said the same as surely", [(NEARLY_HERE, PIT, 0.8)], 0.0),
            ("another was less sure", [(NEARLY_HERE, PIT, 0.3)], 0.5),
            ("another was surer", [(NEARLY_HERE, PIT, 1.0)], 0.2),
            ("another class, less sure", [(NEARLY_HERE, CRACK, 0.3)], 0.8),
            ("another class, surer", [(NEARLY_HERE, CRACK, 0.9)], 0.9),
            ("another found something elsewhere", [(ELSEWHERE, PIT, 0.8)], 0.8),
            ("another looked and found nothing", [], 0.8),
            ("the same is among others that lie closer", [(HERE, CRACK, 0.9), (NEARLY_HERE, PIT, 0.7)], 0.1),
            ("the closest of the same class", [(NEARLY_HERE, PIT, 0.1), (HERE, PIT, 0.7)], 0.1),
        ],
    )
    def test_is_the_distance_of_what_both_say(self, case, earlier, wanted):
        assert disagreement(found((HERE, PIT, 0.8)), earlier=found(*earlier)) == pytest.approx([wanted])

    def test_is_none_where_one_version_alone_has_looked(self):
        assert disagreement(found((HERE, PIT, 0.8)), earlier=None).tolist() == [0.0]

    @pytest.mark.parametrize(("shift_px", "wanted"), [(6, 0.1), (7, 0.8)])
    def test_takes_half_an_overlap_for_one_place(self, shift_px, wanted):
        # 20 px wide boxes, 6 px apart: 14 of 26 in common; 7 px apart: 13 of 27.
        earlier = found(((10 + shift_px, 10, 20, 20), PIT, 0.7))

        assert disagreement(found((HERE, PIT, 0.8)), earlier=earlier) == pytest.approx([wanted])

    def test_is_of_each_by_itself(self):
        score = disagreement(
            found((HERE, PIT, 0.8), (ELSEWHERE, CRACK, 0.6)), earlier=found((HERE, PIT, 0.8), (HERE, CRACK, 0.9))
        )

        assert score == pytest.approx([0.0, 0.6])

    def test_of_nothing_is_nothing(self):
        assert disagreement(found(), earlier=found((HERE, PIT, 0.8))).shape == (0,)
        assert disagreement(found(), earlier=found()).shape == (0,)
