"""Whole lots go to one split, the same way every time, and nothing is in two."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets.records import Duplicate, Split
from domain.datasets.split import Candidate, Leak, LotCounts, check_no_leak, split_lots, without_duplicates
from tests.data_sets import digest

SHARES = (0.7, 0.15, 0.15)


def lots_of(count, *, images=10, **by_class):
    return {f"L{at:03}": LotCounts(images, Counter(by_class)) for at in range(count)}


class TestSplitLots:
    def test_is_the_same_for_a_seed_and_another_for_another(self):
        lots = {f"L{at}": LotCounts(at + 1, Counter(scratch=at % 3, pit=at % 5)) for at in range(40)}

        once, again, other = (split_lots(lots, shares=SHARES, seed=seed) for seed in (7, 7, 8))

        assert once == again
        assert once != other

    def test_does_not_depend_on_the_order_in_which_lots_are_named(self):
        lots = {f"L{at}": LotCounts(at + 1, Counter(scratch=at % 3)) for at in range(40)}

        assert split_lots(lots, shares=SHARES, seed=1) == split_lots(
            dict(reversed(lots.items())), shares=SHARES, seed=1
        )

    def test_keeps_to_the_shares_where_lots_are_alike(self):
        dealt = Counter(split_lots(lots_of(100, scratch=4), shares=SHARES, seed=1).values())

        assert dealt == {Split.TRAIN: 70, Split.VALIDATION: 15, Split.TEST: 15}

    def test_spreads_a_rare_class(self):
        lots = lots_of(94, scratch=4) | {f"R{at}": LotCounts(10, Counter(scratch=4, pit=2)) for at in range(6)}

        dealt = split_lots(lots, shares=(0.5, 0.25, 0.25), seed=3)

        rare = Counter(split for lot, split in dealt.items() if lot.startswith("R"))
        assert rare[Split.TRAIN] in (3, 4)
        assert min(rare[Split.VALIDATION], rare[Split.TEST]) >= 1

    @pytest.mark.parametrize(
        ("count", "filled"),
        [(0, set()), (1, {Split.TRAIN}), (2, {Split.TRAIN, Split.VALIDATION}), (3, set(Split)), (4, set(Split))],
    )
    def test_leaves_no_split_empty_as_long_as_there_are_lots(self, count, filled):
        assert set(split_lots(lots_of(count, scratch=1), shares=SHARES, seed=1).values()) == filled

    def test_gives_nothing_to_a_share_of_nothing(self):
        dealt = split_lots(lots_of(10, scratch=1), shares=(0.8, 0.2, 0.0), seed=1)

        assert set(dealt.values()) == {Split.TRAIN, Split.VALIDATION}

    @pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.5, 0.5), (1.2, -0.1, -0.1)])
    def test_refuses_shares_that_are_none(self, shares):
        with pytest.raises(ValueError, match="three shares"):
            split_lots({}, shares=shares, seed=1)

    @given(
        st.dictionaries(
            st.text(max_size=5),
            st.builds(
                LotCounts, st.integers(1, 50), st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)).map(Counter)
            ),
            max_size=30,
        ),
        st.integers(0, 2**31),
    )
    def test_gives_every_lot_to_exactly_one(self, lots, seed):
        assert set(split_lots(lots, shares=SHARES, seed=seed)) == set(lots)


class TestWithoutDuplicates:
    def test_keeps_the_picture_people_said_most_about_and_lists_the_others(self):
        stay, gone = without_duplicates(
            [
                Candidate("a", "L1", "same", words=1),
                Candidate("b", "L2", "same", words=3),
                Candidate("c", "L3", "same", words=3),
                Candidate("d", "L1", "other"),
            ]
        )

        assert [one.image for one in stay] == ["b", "d"]
        assert gone == [Duplicate("a", of="b"), Duplicate("c", of="b")]


class TestCheckNoLeak:
    def test_lets_whole_lots_pass(self):
        check_no_leak([("L1", digest(1), Split.TRAIN), ("L1", digest(2), Split.TRAIN), ("L2", digest(3), Split.TEST)])

    def test_finds_a_lot_in_two_splits(self):
        with pytest.raises(Leak, match="Lot L1 is in train and in test"):
            check_no_leak([("L1", digest(1), Split.TRAIN), ("L1", digest(2), Split.TEST)])

    def test_finds_a_picture_in_two_splits(self):
        with pytest.raises(Leak, match="picture"):
            check_no_leak([("L1", digest(1), Split.TRAIN), ("L2", digest(1), Split.TEST)])
