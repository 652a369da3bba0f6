import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from domain.detection.boxes import pairwise_iou
from domain.evaluation.agreement import (
    box_agreement,
    cohen_kappa,
    cohen_kappa_per_class,
    cross_table,
    fleiss_kappa,
    fleiss_kappa_per_class,
    pair_boxes,
    repeatability,
    share_agreed,
)
from domain.evaluation.intervals import Estimate

FLEISS_COHEN_EVERITT = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
"""Fleiss, Cohen, Everitt 1969: 200 patients, two judges."""
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
"""Cohen 1960: 200 patients, two clinicians."""
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
"""Gwet, Handbook of Inter-Rater Reliability: 100 patients, two abstractors; errors by its R package irrCAC."""
# Fleiss 1971: 30 patients, six psychiatrists each; depression, personality disorder, schizophrenia, neurosis, other.
PSYCHIATRISTS = np.array(
    [
        [int(count) for count in row]
        for row in [
            "00060",
            "03003",
            "01401",
            "00006",
            "03030",
            "20400",
            "00402",
            "20310",
            "20040",
            "00006",
            "10050",
            "11040",
            "03300",
            "10050",
            "02031",
            "00501",
            "30012",
            "51000",
            "02040",
            "10203",
            "00006",
            "01050",
            "02013",
            "20040",
            "10041",
            "05010",
            "40002",
            "02040",
            "10500",
            "00006",
        ]
    ]
)
counts = arrays(np.int64, (3, 3), elements=st.integers(0, 40))


def standard_error(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / (2 * 1.959964)


def unknown(estimate: Estimate) -> bool:
    return all(math.isnan(end) for end in (estimate.value, estimate.low, estimate.high))


def without_interval(estimate: Estimate) -> bool:
    return math.isnan(estimate.low) and math.isnan(estimate.high) and not math.isnan(estimate.value)


class TestCrossTable:
    def test_counts_who_said_what(self):
        table = cross_table(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), class_count=3)

        assert table.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]

    def test_nothing_said_is_a_table_of_zeros(self):
        assert cross_table(np.zeros(0, int), np.zeros(0, int), class_count=2).tolist() == [[0, 0], [0, 0]]

    def test_takes_small_integers(self):
        many = np.full(3, 100, np.int8)

        assert cross_table(many, many, class_count=101)[100, 100] == 3

    @pytest.mark.parametrize(
        ("second", "message"), [([0, 1, 1], r"\(2,\) and \(3,\)"), ([0, 2], "0 to 1"), ([-1, 0], "0 to 1")]
    )
    def test_refuses_what_does_not_fit(self, second, message):
        with pytest.raises(ValueError, match=message):
            cross_table(np.array([0, 1]), np.array(second), class_count=2)


class TestShareAgreed:
    def test_is_the_diagonal_with_wilsons_interval(self):
        agreed = share_agreed(np.array([[60, 20], [162, 21]]))

        assert agreed.value == 81 / 263
        assert (agreed.low, agreed.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))

    def test_of_nothing_is_unknown(self):
        assert unknown(share_agreed(np.zeros((2, 2), int)))


class TestCohenKappa:
    def test_agrees_with_fleiss_cohen_everitt_1969(self):
        found = cohen_kappa(FLEISS_COHEN_EVERITT)

        assert found.value == 9 / 21
        assert standard_error(found) ** 2 == pytest.approx(0.002885, abs=5e-7)

    def test_agrees_with_cohen_1960(self):
        found = cohen_kappa(COHEN)

        assert found.value == 29 / 59
        assert (found.low, found.high) == (pytest.approx(0.39, abs=5e-3), pytest.approx(0.59, abs=5e-3))

    def test_agrees_with_irrcac(self):
        found = cohen_kappa(ABSTRACTORS)

        assert found.value == pytest.approx(0.7964094, abs=1e-7)
        assert standard_error(found) == pytest.approx(0.05891072, abs=1e-7)

    @pytest.mark.parametrize(
        ("case", "table", "kappa"),
        [
            ("all the same", [[7, 0], [0, 3]], 1.0),
            ("always the opposite, half each", [[0, 5], [5, 0]], -1.0),
            ("one of them never distinguishes", [[5, 5], [0, 0]], 0.0),
        ],
    )
    def test_without_variance_has_no_interval(self, case, table, kappa):
        found = cohen_kappa(np.array(table))

        assert found.value == pytest.approx(kappa)
        assert without_interval(found)

    @pytest.mark.parametrize(
        ("case", "table"), [("nothing to compare", [[0, 0], [0, 0]]), ("one class only", [[9, 0], [0, 0]])]
    )
    def test_is_unknown(self, case, table):
        assert unknown(cohen_kappa(np.array(table)))

    @given(counts)
    def test_is_the_same_both_ways_round(self, table):
        one, other = cohen_kappa(table), cohen_kappa(table.T)

        assert [one.value, one.low, one.high] == pytest.approx([other.value, other.low, other.high], nan_ok=True)

    @given(counts, st.permutations(range(3)))
    def test_does_not_mind_the_order_of_classes(self, table, order):
        moved = table[np.ix_(order, order)]

        assert cohen_kappa(moved).value == pytest.approx(cohen_kappa(table).value, nan_ok=True)

    @given(counts)
    def test_stays_within_bounds(self, table):
        kappa = cohen_kappa(table)

        assert math.isnan(kappa.value) or -1.0 <= kappa.value <= 1.0
        assert math.isnan(kappa.low) or -1.0 <= kappa.low <= kappa.value <= kappa.high <= 1.0

    def test_interval_covers_the_truth_about_as_often_as_it_says(self):
        share = FLEISS_COHEN_EVERITT / 200
        tables = np.random.default_rng(3).multinomial(300, share.ravel(), size=600).reshape(-1, 3, 3)

        covered = [kappa.low <= 9 / 21 <= kappa.high for kappa in map(cohen_kappa, tables)]

        assert 0.93 <= np.mean(covered) <= 0.97

    @pytest.mark.parametrize("table", [np.zeros((2, 3), int), np.array([[1, -1], [0, 0]]), np.zeros(4, int)])
    def test_refuses_what_is_no_table(self, table):
        with pytest.raises(ValueError, match="square table"):
            cohen_kappa(table)


class TestCohenKappaPerClass:
    def test_puts_all_other_classes_together(self):
        per_class = cohen_kappa_per_class(COHEN)

        # Both say class 0 of 88, one of 120, the other of 100: 0.78 agree, 0.5 would by chance.
        assert per_class[0].value == pytest.approx((0.78 - 0.50) / 0.50)
        assert per_class[0] == cohen_kappa(np.array([[88, 32], [12, 68]]))

    def test_a_class_that_nobody_used_is_unknown(self):
        per_class = cohen_kappa_per_class(np.array([[5, 1, 0], [1, 5, 0], [0, 0, 0]]))

        assert unknown(per_class[2])
        assert not unknown(per_class[0])


class TestFleissKappa:
    def test_agrees_with_fleiss_1971(self):
        assert fleiss_kappa(PSYCHIATRISTS).value == pytest.approx(0.430, abs=5e-4)

    def test_error_of_two_people_agrees_with_irrcac(self):
        pairs = [(one, other) for one in range(3) for other in range(3) for _ in range(ABSTRACTORS[one, other])]
        said = np.array([np.bincount(pair, minlength=3) for pair in pairs])

        found = fleiss_kappa(said)

        # Scott's pi, which this is for two people; scott2.table divides by 100 items, not by 99.
        assert found.value == pytest.approx(0.7962397, abs=1e-7)
        assert standard_error(found) == pytest.approx(0.05905473 * math.sqrt(100 / 99), rel=1e-6)

    def test_error_is_that_of_leaving_out_each_item_in_turn(self):
        left_out = np.array([fleiss_kappa(np.delete(PSYCHIATRISTS, item, axis=0)).value for item in range(30)])
        jackknife = math.sqrt(29 / 30 * ((left_out - left_out.mean()) ** 2).sum())

        assert standard_error(fleiss_kappa(PSYCHIATRISTS)) == pytest.approx(jackknife, rel=0.03)

    def test_complete_agreement_is_one_without_an_interval(self):
        found = fleiss_kappa(np.array([[3, 0], [0, 3], [3, 0]]))

        assert found.value == 1.0
        assert without_interval(found)

    def test_one_item_has_no_interval(self):
        found = fleiss_kappa(np.array([[2, 1]]))

        assert found.value == pytest.approx((1 / 3 - 5 / 9) / (4 / 9))
        assert without_interval(found)

    @pytest.mark.parametrize(
        ("case", "said"),
        [
            ("no items", np.zeros((0, 3), int)),
            ("one class only", np.array([[3, 0], [3, 0]])),
            ("one person", np.array([[1, 0], [0, 1]])),
            ("nobody", np.zeros((2, 2), int)),
        ],
    )
    def test_is_unknown(self, case, said):
        assert unknown(fleiss_kappa(said))

    def test_refuses_items_that_fewer_people_saw(self):
        with pytest.raises(ValueError, match="2 to 3"):
            fleiss_kappa(np.array([[2, 1], [1, 1]]))

    def test_refuses_what_is_no_table(self):
        with pytest.raises(ValueError, match=r"\(N, C\)"):
            fleiss_kappa(np.array([1, 2]))


class TestFleissKappaPerClass:
    def test_agrees_with_fleiss_1971(self):
        per_class = [kappa.value for kappa in fleiss_kappa_per_class(PSYCHIATRISTS)]

        assert per_class == pytest.approx([0.245, 0.245, 0.520, 0.471, 0.566], abs=5e-4)

    def test_a_class_that_nobody_used_is_unknown(self):
        assert unknown(fleiss_kappa_per_class(np.array([[2, 0, 0], [0, 2, 0]]))[2])

    def test_refuses_what_is_no_table(self):
        with pytest.raises(ValueError, match=r"\(N, C\)"):
            fleiss_kappa_per_class(np.array([1, 2]))


class TestRepeatability:
    def test_compares_a_person_with_themselves(self):
        earlier, later = np.repeat([0, 0, 1, 1], [15, 5, 2, 8]), np.repeat([0, 1, 0, 1], [15, 5, 2, 8])

        repeated = repeatability(earlier, later, class_count=2)

        assert repeated.changed.tolist() == [[15, 5], [2, 8]]
        assert repeated.agreed.value == 23 / 30
        assert (repeated.agreed.low, repeated.agreed.high) == (
            pytest.approx(0.5907, abs=5e-5),
            pytest.approx(0.8821, abs=5e-5),
        )
        # By chance 20/30 * 17/30 + 10/30 * 13/30 = 47/90.
        assert repeated.kappa.value == pytest.approx((69 - 47) / (90 - 47))

    def test_saying_one_thing_always_says_nothing_about_judgement(self):
        same = np.zeros(20, int)
        repeated = repeatability(same, same, class_count=2)

        assert repeated.agreed.value == 1.0
        assert repeated.agreed.low == pytest.approx(0.8389, abs=5e-5)
        assert unknown(repeated.kappa)

    def test_without_repeats_nothing_is_known(self):
        none = np.zeros(0, int)
        repeated = repeatability(none, none, class_count=2)

        assert unknown(repeated.agreed)
        assert unknown(repeated.kappa)


SQUARE = (10.0, 10.0, 10.0, 10.0)
HALF_OFF = (15.0, 10.0, 10.0, 10.0)
TENTH_OFF = (11.0, 10.0, 10.0, 10.0)
FAR = (500.0, 500.0, 10.0, 10.0)


def box_array(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, float).reshape(-1, 4)


some_boxes = arrays(np.float64, st.tuples(st.integers(0, 8), st.just(4)), elements=st.integers(1, 12).map(float))


class TestPairBoxes:
    def test_the_closest_pair_goes_first(self):
        found = pair_boxes(box_array(TENTH_OFF, SQUARE, FAR), box_array(SQUARE, FAR))

        assert found.pairs.tolist() == [[1, 0], [2, 1]]
        assert found.iou.tolist() == [1.0, 1.0]

    def test_what_a_closer_box_took_is_not_taken_again(self):
        found = pair_boxes(box_array(TENTH_OFF, SQUARE), box_array(SQUARE))

        assert found.pairs.tolist() == [[1, 0]]
        assert (found.first_count, found.second_count) == (2, 1)

    def test_the_least_overlap_counts(self):
        third = pairwise_iou(box_array(SQUARE), box_array(HALF_OFF))[0, 0]

        assert len(pair_boxes(box_array(SQUARE), box_array(HALF_OFF)).pairs) == 0
        assert pair_boxes(box_array(SQUARE), box_array(HALF_OFF), iou=third).iou.tolist() == [third]

    def test_no_boxes_make_no_pairs(self):
        found = pair_boxes(box_array(), box_array(SQUARE))

        assert found.pairs.shape == (0, 2)
        assert found.iou.shape == (0,)

    @given(some_boxes, some_boxes, st.sampled_from([0.1, 0.3, 0.5, 0.9]))
    def test_no_box_is_in_two_pairs_and_no_pair_is_left_out(self, first, second, iou):
        found = pair_boxes(first, second, iou=iou)

        one, other = found.pairs[:, 0], found.pairs[:, 1]
        assert len(set(one.tolist())) == len(set(other.tolist())) == len(found.pairs)
        overlap = pairwise_iou(first, second)
        assert (overlap[one, other] == found.iou).all()
        assert (found.iou >= iou).all()
        overlap[one, :] = 0.0
        overlap[:, other] = 0.0
        assert (overlap < iou).all()

    @pytest.mark.parametrize("iou", [0.0, -0.5, 1.1, math.nan])
    def test_refuses_an_overlap_that_is_none(self, iou):
        with pytest.raises(ValueError, match="overlap above 0"):
            pair_boxes(box_array(SQUARE), box_array(SQUARE), iou=iou)

    def test_refuses_what_are_no_boxes(self):
        with pytest.raises(ValueError, match=r"\(2, 3\)"):
            pair_boxes(np.zeros((2, 3)), box_array())


class TestBoxAgreement:
    def test_counts_boxes_of_all_images_alike(self):
        both = box_agreement(
            [
                pair_boxes(box_array(SQUARE, FAR), box_array(SQUARE)),
                pair_boxes(box_array(SQUARE), box_array(TENTH_OFF, FAR)),
                pair_boxes(box_array(FAR), box_array()),
            ]
        )

        assert (both.precision, both.recall, both.f1) == (2 / 3, 2 / 4, 4 / 7)
        assert both.mean_iou == pytest.approx((1 + 9 / 11) / 2)

    def test_who_draws_nothing_has_no_precision(self):
        one = box_agreement([pair_boxes(box_array(SQUARE), box_array())])

        assert (one.recall, one.f1) == (0.0, 0.0)
        assert math.isnan(one.precision)
        assert math.isnan(one.mean_iou)

    def test_where_nobody_draws_anything_nothing_is_known(self):
        none = box_agreement([])

        assert all(math.isnan(share) for share in (none.precision, none.recall, none.f1, none.mean_iou))
