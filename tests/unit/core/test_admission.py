"""Who may come in, counted without a server."""

import asyncio
import contextlib

import pytest

from core.admission import SHARE_OF_A_STRANGER, Gate, gate, gates, lanes
from core.errors import Overloaded
from domain.imaging.tiling import plan_tiles
from inspection.services import benchmark
from serving.detector import PER_TILE_S


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

    async def test_all_addresses_together_get_a_half(self, entrance):
        with contextlib.ExitStack() as held:
            for address in ("10.0.0.1", "10.0.0.2"):
                for _ in range(2):
                    held.enter_context(entrance.reading(address))

            with pytest.raises(Overloaded, match="on their way here"), entrance.reading("10.0.0.3"):
                pass

    async def test_a_body_that_is_in_counts_no_longer(self, entrance):
        for _ in range(5):
            with entrance.reading("10.0.0.1"), entrance.reading("10.0.0.1"):
                pass

        assert not entrance._reading


class TestGates:
    async def test_tell_who_is_inside_and_who_of_them_waits(self):
        batch = gate("batch")
        async with batch.place(), batch.place():
            third = asyncio.create_task(batch.place().__aenter__())
            await asyncio.sleep(0)

            assert batch in gates()
            assert (batch.inside, batch.waiting) == (3, 1)
            third.cancel()
            await asyncio.gather(third, return_exceptions=True)

        assert (batch.inside, batch.waiting) == (0, 0)


class TestLanes:
    def test_the_longest_benchmark_ends_before_its_answer_is_due(self, settings):
        path = "/api/v1/inference/benchmark/"
        lane = next(lane for lane in lanes() if lane.takes(method="POST", path=path))
        tiles = plan_tiles(2048, 2048, tile_px=512, overlap_px=64)
        last_image_s = settings.INFERENCE_DEADLINE_MS / 1000 + PER_TILE_S * len(tiles)

        assert benchmark.LONGEST_S + last_image_s <= lane.answer_s

    def test_inspections_are_for_members(self):
        members = {lane.name for lane in lanes() if lane.for_members}

        assert members == {"predict", "batch", "imports", "models", "regions"}
