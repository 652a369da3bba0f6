"""From stored to on-screen: many open pages on the live socket while results are announced."""

import asyncio
import json
import time
from datetime import datetime
from typing import Any

import aiohttp


async def watch(*, url: str, token: str, screens: int, seconds: float) -> dict[str, Any]:
    """Open `screens` live sockets and note how old each finished run is when it arrives.

    Returns:
        Frames received, gaps, and milliseconds from the event's own time (taken in the storing transaction) to arrival.
    """
    ages_ms: list[float] = []
    gaps = 0
    opened = asyncio.Semaphore(0)

    async def screen(session: aiohttp.ClientSession) -> None:
        nonlocal gaps
        async with session.ws_connect(url) as socket:
            opened.release()
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                frame = json.loads(message.data)
                gaps += frame["type"] == "gap"
                if frame["type"] == "run.done":
                    ages_ms.append((time.time() - datetime.fromisoformat(frame["at"]).timestamp()) * 1000)

    headers = {"Authorization": f"Token {token}"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [asyncio.create_task(screen(session)) for _ in range(screens)]
        for _ in range(screens):
            await asyncio.wait_for(opened.acquire(), 30)
        # Whoever connects is told to ask for the state: those greetings are no gaps.
        await asyncio.sleep(1)
        first_gaps = gaps
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ages_ms.sort()
    count = len(ages_ms)
    return {
        "screens": screens,
        "frames": count,
        "gaps": gaps - first_gaps,
        "p50_ms": round(ages_ms[count // 2], 1) if count else None,
        "p95_ms": round(ages_ms[count * 95 // 100], 1) if count else None,
        "max_ms": round(ages_ms[-1], 1) if count else None,
    }
