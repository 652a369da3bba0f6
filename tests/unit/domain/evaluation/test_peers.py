import math

import numpy as np
import pytest

from domain.evaluation.peers import NO_ANSWER, Words, by_class, differing, pairs, shift_of, together
from domain.shapes.kinds import Polygon

HERE, BESIDE, FAR = (0.0, 0.0, 10.0, 10.0), (1.0, 0.0, 10.0, 10.0), (50.0, 0.0, 10.0, 10.0)
NONE = (math.nan,) * 4


def words(answers, boxes=None, *, class_count=3):
    answer = np.array(answers, np.int64)
    default = np.where((answer >= 0) & (answer < class_count - 1), 0, 1)
    box_px = np.array([HERE, NONE])[default] if boxes is None else np.array(boxes, float)
    return Words(answer=answer, box_px=box_px, class_count=class_count)


def pairs_of(table):
    return pairs(table, rng=np.random.default_rng(1))


class TestTogether:
    def test_takes_the_items_that_the_commonest_number_of_people_saw(self):
        found = together(words([[0, 0, -1], [1, 1, -1], [2, -1, 2], [0, 1, 2], [0, -1, -1]]))

        assert (found.items, found.people, found.kappa.value) == (3, 2, 1.0)

    def test_is_unknown_where_nobody_saw_what_another_saw(self):
        found = together(words([[0, -1], [-1, 1]]))

        assert found.items == 0
        assert math.isnan(found.kappa.value)


class TestByClass:
    def test_counts_the_items_of_which_somebody_said_it(self):
        found = by_class(words([[0, 0], [0, 1], [1, 1], [1, 1]]))

        assert [one.items for one in found] == [2, 3, 0]
        assert found[0].kappa.value == pytest.approx(found[1].kappa.value)
        assert math.isnan(found[2].kappa.value)


class TestShapes:
    """Where one of two drew more than a box their shapes are compared, as disputes do."""

    SLIVER = Polygon(((0.0, 0.0), (10.0, 10.0), (0.0, 2.0)))

    def table(self, shapes):
        said = words([[0, 0], [0, 0]], [[HERE, HERE], [HERE, HERE]])
        return Words(said.answer, said.box_px, said.class_count, shapes)

    def test_that_fill_their_boxes_otherwise_lie_apart(self):
        table = self.table({(1, 0): self.SLIVER})

        (pair,) = pairs_of(table)

        assert (pair.differ, pair.f1.value, pair.mean_iou) == (1, 0.5, 1.0)
        assert differing(table, 0, 1).tolist() == [False, True]

    def test_that_are_the_same_do_not(self):
        (pair,) = pairs_of(self.table({(1, 0): self.SLIVER, (1, 1): self.SLIVER}))

        assert (pair.differ, pair.f1.value) == (0, 1.0)

    def test_go_with_their_items(self):
        table = self.table({(1, 0): self.SLIVER}).only(np.array([False, True]))

        assert differing(table, 0, 1).tolist() == [True]


class TestPairs:
    def test_are_of_people_who_saw_something_in_common(self):
        found = pairs_of(words([[0, 0, -1], [1, 1, -1], [-1, 0, 0]]))

        assert [(pair.first, pair.second, pair.items) for pair in found] == [(0, 1, 2), (1, 2, 1)]

    def test_differ_in_class_verdict_and_place(self):
        table = words([[0, 0], [0, 1], [0, 2], [0, 0]], [[HERE, BESIDE], [HERE, HERE], [HERE, NONE], [HERE, FAR]])

        (pair,) = pairs_of(table)

        assert differing(table, 0, 1).tolist() == [False, True, True, True]
        assert (pair.items, pair.differ, pair.agreed.value) == (4, 3, 0.5)

    def test_share_boxes_that_overlap_by_half(self):
        boxes = [[HERE, BESIDE], [HERE, HERE], [HERE, NONE], [HERE, FAR]]

        (pair,) = pairs_of(words([[0, 0], [0, 1], [0, 2], [0, 0]], boxes))

        assert pair.f1.value == pytest.approx(2 * 2 / (4 + 3))
        assert pair.f1.low < pair.f1.value < pair.f1.high
        assert pair.mean_iou == pytest.approx((9 / 11 + 1) / 2)
        assert pair.boxed == 4

    def test_have_no_box_to_compare_where_neither_drew_one(self):
        (pair,) = pairs_of(words([[2, 2], [2, 2]]))

        assert pair.boxed == 0
        assert math.isnan(pair.f1.value)
        assert pair.agreed.value == 1.0


class TestShiftOf:
    @pytest.mark.parametrize(("hour", "shift"), [(6, 0), (13, 0), (14, 1), (21, 1), (22, 2), (0, 2), (5, 2)])
    def test_follows_the_clock(self, hour, shift):
        assert shift_of(np.array([hour])).tolist() == [shift]


def test_words_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="answers"):
        Words(answer=np.full((2, 2), NO_ANSWER), box_px=np.zeros((2, 4)), class_count=2)
