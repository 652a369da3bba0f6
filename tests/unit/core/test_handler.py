"""What is said when no answer comes in time: never that nothing was done, when it may have been."""

import asyncio

import pytest

from core import handler
from core.errors import MayBeDone, Unavailable


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(handler, "PATIENCE_S", 0.01)


@pytest.fixture(params=[True, False], ids=["a part is away", "it only takes long"])
def something_hangs(request, monkeypatch):
    async def answer():
        return request.param

    monkeypatch.setattr(handler, "_is_anything_away", answer)


@pytest.mark.usefixtures("something_hangs")
class TestInTime:
    async def test_a_change_that_goes_on_may_yet_be_done(self):
        with pytest.raises(MayBeDone, match="may have been carried out") as refusal:
            await handler._in_time(asyncio.Future(), answer_s=0.02, is_change=True)

        assert "Idempotency-Key" in refusal.value.detail
        assert refusal.value.retry_after_s > 0

    async def test_a_question_changes_nothing(self):
        with pytest.raises(Unavailable) as refusal:
            await handler._in_time(asyncio.Future(), answer_s=0.02, is_change=False)

        assert "carried out" not in refusal.value.detail

    async def test_what_comes_in_time_is_the_answer(self):
        done = asyncio.Future()
        done.set_result("answer")

        assert await handler._in_time(done, answer_s=1, is_change=True) == "answer"
