"""Who else has a wafer open: everybody once, gone with their page, unknown without Redis."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async

from core import presence
from core.roles import Role
from tests.factories import make_inspected, make_site, make_user
from tests.functional.test_sockets import socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wafer():
    return make_inspected(make_site("fab")).wafer


async def opened(user, wafer, *, place="wafer"):
    made = await sync_to_async(socket)("/ws/live/", user=user)
    assert await made.connect()
    await made.frame("hello")
    await made.send_text(json.dumps({"type": "here", "wafer": str(wafer.pk), "place": place}))
    return made


async def others(page):
    return (await page.frame("presence", within_s=10))["data"]["others"]


def people(site, *names):
    return [make_user(Role.REVIEWER, site=site, username=name) for name in names]


def test_tells_who_comes_and_who_goes_and_takes_two_pages_for_one_person(wafer):
    ann, bob = people(wafer.site, "ann", "bob")

    async def meet():
        mine = await opened(ann, wafer)
        assert await others(mine) == []
        first = await opened(bob, wafer)
        assert await others(first) == [{"name": "ann", "places": ["wafer"]}]
        assert await others(mine) == [{"name": "bob", "places": ["wafer"]}]
        second = await opened(bob, wafer, place="review")
        assert await others(mine) == [{"name": "bob", "places": ["review", "wafer"]}]
        await first.disconnect()
        assert await others(mine) == [{"name": "bob", "places": ["review"]}]
        await second.disconnect()
        assert await others(mine) == []
        await mine.disconnect()

    asyncio.run(meet())


def test_forgets_a_page_that_died_without_a_word(wafer, monkeypatch):
    monkeypatch.setattr(presence, "STAY_S", 1.0)
    (ann,) = people(wafer.site, "ann")

    async def outlive():
        assert await presence.stay(f"wafer:{wafer.pk}", socket="dead", name="bob", place="wafer")
        mine = await opened(ann, wafer)
        assert await others(mine) == [{"name": "bob", "places": ["wafer"]}]
        assert await others(mine) == []
        await mine.disconnect()

    asyncio.run(outlive())


def test_says_that_nobody_can_know_without_redis(wafer, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    (ann,) = people(wafer.site, "ann")

    async def ask():
        mine = await opened(ann, wafer)
        assert await others(mine) is None
        await mine.disconnect()

    asyncio.run(ask())


def test_is_told_of_wafers_of_ones_sites_only(wafer):
    (stranger,) = people(make_site("elsewhere"), "eve")

    async def ask():
        page = await opened(stranger, wafer)
        await page.send_text('{"type":"ping"}')
        assert (await page.frame("pong"))["type"] == "pong"
        assert await presence.stay(f"wafer:{wafer.pk}", socket="x", name="ann", place="wafer") == {"ann": ["wafer"]}
        await page.disconnect()

    asyncio.run(ask())
