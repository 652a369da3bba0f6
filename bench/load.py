"""Clients that upload images one after the other, as many at a time as asked."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.images import ImagePool


@dataclass
class LoadResult:
    """What the clients saw."""

    clients: int
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def stored(self) -> int:
        return self.statuses[200]

    def described(self) -> dict[str, Any]:
        ordered = sorted(self.latencies_ms)
        return {
            "clients": self.clients,
            "seconds": round(self.seconds, 2),
            "answers": {str(status): count for status, count in sorted(self.statuses.items())},
            "images_per_s": round(self.stored / self.seconds, 1) if self.seconds else None,
            "mean_ms": round(sum(ordered) / len(ordered), 1) if ordered else None,
            **{f"p{share}_ms": _percentile(ordered, share) for share in (50, 95, 99)},
        }


async def upload(
    *, url: str, token: str, pool: ImagePool, clients: int, requests: int, recipe: str, first_number: int
) -> LoadResult:
    """Send `requests` different files by `clients` clients. Only answers 200 (stored and judged) count as images."""
    result = LoadResult(clients=clients)
    numbers = iter(range(first_number, first_number + requests))
    connector = aiohttp.TCPConnector(limit=clients)
    timeout = aiohttp.ClientTimeout(total=120)
    headers = {"Authorization": f"Token {token}"}
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:

        async def client() -> None:
            for number in numbers:
                form = aiohttp.FormData()
                form.add_field("image", pool.unique(number), filename=f"{number}.png", content_type="image/png")
                form.add_field("recipe", recipe)
                form.add_field("lot", f"BENCH-{first_number}")
                form.add_field("cache", "false")
                started_s = time.perf_counter()
                async with session.post(url, data=form) as answer:
                    await answer.read()
                    result.statuses[answer.status] += 1
                    if answer.status == 200:
                        result.latencies_ms.append((time.perf_counter() - started_s) * 1000)
                    else:
                        await asyncio.sleep(min(float(answer.headers.get("Retry-After", 1)), 2))

        started_s = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        result.seconds = time.perf_counter() - started_s
    return result


def _percentile(ordered: list[float], share: int) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 1)
