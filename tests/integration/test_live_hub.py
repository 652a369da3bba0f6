"""The hub against a Redis that dies, hangs and comes back: open pages are told, and hear again by themselves."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import redis

from core import realtime
from core.realtime import CHANNEL, Hub, Subscriber

REDIS_SERVER = shutil.which("redis-server") or str(Path(os.sys.executable).with_name("redis-server"))


class PrivateRedis:
    """A Redis of this test's own."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        options = ["--port", str(self.port), "--save", "", "--dir", str(self.folder), "--daemonize", "no"]
        self.process = subprocess.Popen([REDIS_SERVER, *options], stdout=subprocess.DEVNULL)
        deadline_s = time.monotonic() + 10
        while time.monotonic() < deadline_s:
            try:
                if redis.Redis.from_url(self.url).ping():
                    return
            except redis.RedisError:
                time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def stop(self, with_signal=signal.SIGKILL):
        self.process.send_signal(with_signal)
        if with_signal == signal.SIGKILL:
            self.process.wait()

    def say(self, **data):
        message = realtime.encode(type="run.done", seq=1, topics=["site:1"], at="now", data=data)
        redis.Redis.from_url(self.url).publish(CHANNEL, message)


@pytest.fixture
def server(tmp_path):
    made = PrivateRedis(tmp_path)
    yield made
    made.process.send_signal(signal.SIGCONT)
    made.stop()


@pytest.fixture
async def heard(server):
    hub, reader = Hub(redis_url=server.url), Subscriber(limit=100)
    hub.subscribe(reader, ["site:1"])
    assert await hub.connected(timeout_s=5)
    yield reader
    hub.unsubscribe(reader, ["site:1"])
    hub.stop()


async def next_of(reader, type, within_s):
    async with asyncio.timeout(within_s):
        while True:
            frame = json.loads(await reader.next_frame())
            if frame["type"] == type:
                return frame


class TestWhenRedis:
    async def test_is_killed_pages_are_told_and_hear_again_after_its_return(self, server, heard):
        server.stop()
        await next_of(heard, "hub.down", within_s=5)

        server.start()

        await next_of(heard, "gap", within_s=10)
        server.say(run="after")
        assert (await next_of(heard, "run.done", within_s=5))["data"] == {"run": "after"}

    async def test_hangs_pages_are_told_though_no_connection_breaks(self, server, heard):
        server.stop(signal.SIGSTOP)
        await next_of(heard, "hub.down", within_s=realtime.SILENCE_MEANS_LOST_S + 6)

        server.stop(signal.SIGCONT)

        await next_of(heard, "gap", within_s=15)
        server.say(run="after")
        assert (await next_of(heard, "run.done", within_s=5))["data"] == {"run": "after"}

    async def test_drops_the_connection_pages_are_told_of_the_gap(self, server, heard):
        redis.Redis.from_url(server.url).client_kill_filter(_type="pubsub")

        await next_of(heard, "hub.down", within_s=5)
        await next_of(heard, "gap", within_s=10)

    async def test_says_nothing_for_long_nobody_is_alarmed(self, heard):
        with pytest.raises(TimeoutError):
            await next_of(heard, "hub.down", within_s=realtime.SILENCE_MEANS_LOST_S + 4)


class TestPublish:
    def test_to_a_redis_that_is_away_is_no_fault_and_takes_no_time(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        started_s = time.monotonic()

        assert realtime.publish("x") is False
        assert time.monotonic() - started_s < 1
