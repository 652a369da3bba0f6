import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.review.budget import paces, saved_within, sequence, time_shares

NONE = np.zeros(3, np.bool_)
items = st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 30), st.booleans()), min_size=1, max_size=40)


def arrays(rows):
    worth, seconds, is_audit = zip(*rows, strict=True)
    return np.array(worth), np.array(seconds), np.array(is_audit)


class TestPaces:
    def test_are_medians_of_what_was_seen_often_enough(self):
        took = np.array([1.0, 2.0, 900.0, 7.0])

        assert paces(np.array([4, 4, 4, 9]), took, least=2) == {4: 2.0}

    def test_say_nothing_of_nothing(self):
        assert paces(np.array([], np.int64), np.array([]), least=1) == {}

    def test_want_a_time_for_each(self):
        with pytest.raises(ValueError, match="two"):
            paces(np.array([1]), np.array([]), least=1)


class TestTimeShares:
    def test_weigh_items_by_what_they_take(self):
        # Of ten items two of 20 s, one check and seven others of 4 s: 72 s.
        of_checks, of_audit = time_shares(audit=0.2, checks=0.1, audit_s=20.0, other_s=4.0)

        assert (of_checks, of_audit) == (pytest.approx(4 / 72), pytest.approx(40 / 68))


class TestSequence:
    def test_begins_with_what_saves_most_per_second(self):
        order = sequence(np.array([10.0, 12.0, 3.0]), np.array([5.0, 12.0, 1.0]), NONE, audit_share=0.0)

        assert order.tolist() == [2, 0, 1]

    def test_keeps_the_order_of_what_is_worth_the_same(self):
        assert sequence(np.ones(3), np.ones(3), NONE, audit_share=0.2).tolist() == [0, 1, 2]

    def test_gives_the_audit_its_turn_in_its_own_order(self):
        worth = np.array([0.0, 0.0, 9.0, 8.0, 7.0, 6.0])
        is_audit = np.array([True, True, False, False, False, False])

        order = sequence(worth, np.ones(6), is_audit, audit_share=0.25)

        assert order.tolist() == [0, 2, 3, 4, 1, 5]

    def test_lets_the_worth_of_an_audited_item_count(self):
        order = sequence(np.array([0.0, 50.0, 1.0]), np.ones(3), np.array([True, True, False]), audit_share=0.1)

        assert order.tolist() == [0, 1, 2]

    @given(items, st.floats(0.01, 0.9))
    def test_keeps_the_audits_share_of_every_beginning(self, rows, share):
        worth, seconds, is_audit = arrays(rows)
        order = sequence(worth, seconds, is_audit, audit_share=share)
        spent, audited = np.cumsum(seconds[order]), np.cumsum(np.where(is_audit, seconds, 0.0)[order])

        assert sorted(order.tolist()) == list(range(len(rows)))
        is_left = audited < audited[-1] - 1e-9
        assert (audited >= share * (spent - 2 * seconds.max()) - 1e-6)[is_left].all()

    @given(items)
    def test_saves_no_less_than_any_other_order_where_nothing_is_audited_and_looks_take_the_same(self, rows):
        worth, _, _ = arrays(rows)
        seconds, nothing = np.ones(len(rows)), np.zeros(len(rows), np.bool_)
        order = sequence(worth, seconds, nothing, audit_share=0.0)
        half = len(rows) // 2

        ((count, saved),) = saved_within(worth, seconds, order, np.array([float(half)]))

        assert (count, saved) == (half, pytest.approx(np.sort(worth)[::-1][:half].sum()))

    @pytest.mark.parametrize(
        ("seconds", "share"), [(np.array([1.0]), 0.1), (np.array([1.0, 0.0, 1.0]), 0.1), (np.ones(3), 1.0)]
    )
    def test_refuses_what_makes_no_sense(self, seconds, share):
        with pytest.raises(ValueError, match="want"):
            sequence(np.ones(3), seconds, NONE, audit_share=share)


class TestSavedWithin:
    def test_counts_whole_items(self):
        worth, seconds = np.array([4.0, 2.0]), np.array([3.0, 3.0])

        found = saved_within(worth, seconds, np.array([0, 1]), np.array([0.0, 2.9, 3.0, 100.0]))

        assert found.tolist() == [[0, 0], [0, 0], [1, 4], [2, 6]]

    def test_of_nothing_is_nothing(self):
        nothing = np.array([])

        assert saved_within(nothing, nothing, np.array([], np.int64), np.array([60.0])).tolist() == [[0, 0]]
