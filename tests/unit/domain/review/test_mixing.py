"""What is mixed into a queue follows its rates."""

import numpy as np
import pytest

from domain.review.mixing import Slot, slots


class TestSlots:
    @pytest.mark.parametrize(
        ("draw", "slot"),
        [
            (0.0, Slot.AUDIT), (0.199, Slot.AUDIT), (0.2, Slot.GOLD), (0.25, Slot.REPEAT), (0.299, Slot.REPEAT),
            (0.3, Slot.ORDINARY), (0.999, Slot.ORDINARY),
        ],
    )  # fmt: skip
    def test_are_filled_by_chance(self, draw, slot):
        assert slots(np.array([draw]), audit=0.2, gold=0.05, repeat=0.05).tolist() == [slot]

    def test_are_ordinary_where_nothing_is_mixed_in(self):
        assert slots(np.array([0.0, 0.5]), audit=0.0, gold=0.0, repeat=0.0).tolist() == [Slot.ORDINARY] * 2

    def test_keep_their_rates(self):
        drawn = slots(np.random.default_rng(1).random(100_000), audit=0.2, gold=0.1, repeat=0.05)

        assert np.bincount(drawn, minlength=4) / 100_000 == pytest.approx([0.65, 0.2, 0.1, 0.05], abs=0.01)

    @pytest.mark.parametrize("shares", [(-0.1, 0.0, 0.0), (0.5, 0.3, 0.2)])
    def test_leave_the_queue_its_own_work(self, shares):
        with pytest.raises(ValueError, match="add up"):
            slots(np.zeros(1), audit=shares[0], gold=shares[1], repeat=shares[2])
