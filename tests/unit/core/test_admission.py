"""Who may come in, counted without a server."""

import pytest

from core.admission import SHARE_OF_A_STRANGER, Gate, lanes
from core.errors import Overloaded


class TestReading:
    @pytest.fixture
    async def entrance(self):
        return Gate("login", places=2, waiting=2 * SHARE_OF_A_STRANGER - 2, wait_s=1.0)

    async def test_one_address_gets_a_fourth_of_the_seats(self, entrance):
        with entrance.reading("10.0.0.1"), entrance.reading("10.0.0.1"):
            with pytest.raises(Overloaded, match="this address"), entrance.reading("10.0.0.1"):
                pass
            with entrance.reading("10.0.0.2"):
                pass

    async def test_a_body_that_is_in_counts_no_longer(self, entrance):
        for _ in range(5):
            with entrance.reading("10.0.0.1"), entrance.reading("10.0.0.1"):
                pass

        assert not entrance._reading


class TestLanes:
    def test_inspections_are_for_members(self):
        assert {lane.name for lane in lanes() if lane.for_members} == {"predict", "batch"}
