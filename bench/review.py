"""What the review queue costs at 1,000, 100,000 and 1,000,000 tasks, over HTTP, by one reviewer and by fifty.

    python -m bench.review

Each operation is carried out by fifty accounts, one after the other and then all at the same moment, and once more by
fifty people who take their time. CPU-milliseconds are user and system over every process of the product, less what
they spend while nobody asks. Deciding is measured by itself: first everybody is handed something, then everybody says
what it is.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import django
import psycopg

from bench.__main__ import PROJECT_DIR, Instance
from bench.cpu import CpuSample, sample
from runtime import environment
from runtime.keys import load_or_make
from runtime.layout import Layout

if TYPE_CHECKING:
    from bench.review_rows import Reviewer, Rows

SITE = "FAB1"
SIZES = (1_000, 100_000, 1_000_000)
REVIEWERS = 50
AT_ONCE = 6
IDLE_S = 12.0
THINK_S = 4.0
TARGETS = {"next 1": (4.0, 20.0), "next 6": (4.0, 20.0), "decide": (7.0, None), "edit": (7.0, None),
           "queues": (15.0, None)}  # fmt: skip
"""CPU-ms and P95 in ms."""


@dataclass
class Seen:
    """What reviewers saw of one operation."""

    name: str
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile(self, share: int) -> float | None:
        ordered = sorted(self.latencies_ms)
        return round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 1) if ordered else None


Phase = tuple[Seen, dict[str, float]]
"""What reviewers saw, and CPU seconds by process."""


class Desk:
    """One reviewer at work, with the tasks in their hands."""

    def __init__(self, session: aiohttp.ClientSession, address: str, reviewer: "Reviewer") -> None:
        self._session = session
        self._api = f"{address}/api/v1/review/"
        self._headers = {"Authorization": f"Token {reviewer.token}"}
        self._client = str(uuid.uuid4())
        self._seq = 0
        self.username = reviewer.username
        self.tasks: list[dict[str, Any]] = []

    async def next(self, seen: Seen, *, queue: str, count: int) -> None:
        body = await self._ask(seen, "POST", f"queues/{queue}/next/", {"count": count})
        self.tasks = body.get("tasks", [])

    async def decide(self, seen: Seen) -> None:
        task = self.tasks.pop(0)
        word = {"seen_revision": task["revision"], "verdict": "defect", "took_ms": 900}
        await self._ask(seen, "POST", f"tasks/{task['id']}/decisions/", word)

    async def edit(self, seen: Seen) -> None:
        task = self.tasks.pop(0)
        self._seq += 1
        edit = {
            "seq": self._seq, "kind": "decide", "task": task["id"], "seen_revision": task["revision"],
            "verdict": "nuisance", "took_ms": 900,
        }  # fmt: skip
        body = await self._ask(seen, "POST", "edits/", {"client": self._client, "edits": [edit]})
        if body["acks"][0]["state"] != "done":
            raise RuntimeError(f"an edit was refused: {body}")

    async def queues(self, seen: Seen) -> None:
        await self._ask(seen, "GET", "queues/", None)

    async def _ask(self, seen: Seen, method: str, path: str, body: Any) -> dict[str, Any]:
        """What is answered in the end; waiting as long as a refusal says is part of what it takes."""
        started_s = time.perf_counter()
        while True:
            async with self._session.request(method, self._api + path, json=body, headers=self._headers) as answer:
                text = await answer.read()
                seen.statuses[answer.status] += 1
                if answer.status < 300:
                    break
                if answer.status != 503:
                    raise RuntimeError(f"{path} answered {answer.status}: {text[:300]!r}")
                await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        seen.latencies_ms.append((time.perf_counter() - started_s) * 1000)
        parsed: dict[str, Any] = json.loads(text)
        return parsed


class Review:
    """The operations, measured one by one."""

    def __init__(self, instance: Instance, rows: "Rows", desks: Sequence[Desk]) -> None:
        self._instance = instance
        self._rows = rows
        self._desks = desks
        self._idle_cpu: dict[str, float] = {}

    async def measure(self, *, tasks: int, rounds: int) -> dict[str, Any]:
        """Everything at the present number of tasks."""
        before = sample(self._instance.pids())
        await asyncio.sleep(IDLE_S)
        idle = sample(self._instance.pids()).since(before)
        self._idle_cpu = {name: seconds / IDLE_S for name, seconds in idle.items()}
        await self._warm_up()
        figures: dict[str, Any] = {
            "tasks": tasks,
            "idle_cpu_ms_per_s": {name: round(share * 1000, 1) for name, share in self._idle_cpu.items()},
        }
        whole, tenth = self._rows.queues[:2]
        # A tenth of few would be used up.
        other = tenth if tasks >= 100 * len(self._desks) else whole
        for clients in (1, len(self._desks)):
            rows = figures[f"{clients} at a time"] = {}
            some = self._desks[:10]
            rows["next 1"] = await self._phase(
                "next 1", lambda desk, seen: desk.next(seen, queue=whole, count=1), clients=clients
            )
            rows["decide"] = await self._phase("decide", lambda desk, seen: desk.decide(seen), clients=clients)
            for _ in range(rounds - 1):
                again = await self._phase(
                    "next 1", lambda desk, seen: desk.next(seen, queue=other, count=1), clients=clients
                )
                rows["next 1"] = _together(rows["next 1"], again)
                again = await self._phase("decide", lambda desk, seen: desk.decide(seen), clients=clients)
                rows["decide"] = _together(rows["decide"], again)
            rows["next 6"] = await self._phase(
                "next 6", lambda desk, seen: desk.next(seen, queue=whole, count=AT_ONCE), clients=clients,
                desks=some if clients == 1 else self._desks,
            )  # fmt: skip
            for _ in range(AT_ONCE):
                again = await self._phase(
                    "edit", lambda desk, seen: desk.edit(seen), clients=clients,
                    desks=some if clients == 1 else self._desks,
                )  # fmt: skip
                rows["edit"] = _together(rows["edit"], again) if "edit" in rows else again
            rows["queues"] = await self._phase("queues", lambda desk, seen: desk.queues(seen), clients=clients)
            figures[f"{clients} at a time"] = {name: _described(*of) for name, of in rows.items()}
        figures["unhurried"] = await self._unhurried(whole, seconds=20.0)
        figures["handed_out_twice"] = self._rows.handed_out_twice()
        return figures

    async def _warm_up(self) -> None:
        """Everybody's hands are empty afterwards, also of what was left in them."""
        seen = Seen("warm-up")
        for desk in self._desks:
            await desk.queues(seen)
            await desk.next(seen, queue=self._rows.queues[0], count=1)
            while desk.tasks:
                await desk.decide(seen)

    async def _phase(
        self,
        name: str,
        work: Callable[[Desk, Seen], Awaitable[None]],
        *,
        clients: int,
        desks: Sequence[Desk] | None = None,
    ) -> Phase:
        """`work` of every desk once, `clients` at the same time."""
        seen = Seen(name)
        before, started_s = sample(self._instance.pids()), time.perf_counter()
        waiting = iter(self._desks if desks is None else desks)

        async def client() -> None:
            for desk in waiting:
                await work(desk, seen)

        await asyncio.gather(*(client() for _ in range(clients)))
        seen.seconds = time.perf_counter() - started_s
        return seen, self._spent_since(before, seconds=seen.seconds)

    async def _unhurried(self, queue: str, *, seconds: float) -> dict[str, Any]:
        """Everybody takes one, looks at it for some seconds, and decides, at their own pace."""
        handed, decided = Seen("next 1"), Seen("decide")
        ends_s = time.perf_counter() + seconds
        draw = random.Random(7)

        async def reviewer(desk: Desk, pauses_s: Sequence[float]) -> None:
            for pause_s in pauses_s:
                await asyncio.sleep(pause_s)
                if time.perf_counter() > ends_s:
                    return
                await desk.next(handed, queue=queue, count=1)
                await asyncio.sleep(pause_s)
                await desk.decide(decided)

        before, started_s = sample(self._instance.pids()), time.perf_counter()
        pauses_s = [[draw.uniform(0, THINK_S) for _ in range(50)] for _ in self._desks]
        await asyncio.gather(*(reviewer(*pair) for pair in zip(self._desks, pauses_s, strict=True)))
        spent_s = self._spent_since(before, seconds=time.perf_counter() - started_s)
        return {
            "decisions_per_s": round(len(decided.latencies_ms) / (time.perf_counter() - started_s), 1),
            "cpu_ms_of_both": round(sum(spent_s.values()) / max(1, len(decided.latencies_ms)) * 1000, 1),
            **{
                one.name: {"count": len(one.latencies_ms), "p50_ms": one.percentile(50), "p95_ms": one.percentile(95)}
                for one in (handed, decided)
            },
        }

    def _spent_since(self, before: CpuSample, *, seconds: float) -> dict[str, float]:
        spent = sample(self._instance.pids()).since(before)
        return {name: cpu_s - self._idle_cpu.get(name, 0.0) * seconds for name, cpu_s in spent.items()}


def _together(one: Phase, other: Phase) -> Phase:
    seen = Seen(
        one[0].name,
        seconds=one[0].seconds + other[0].seconds,
        latencies_ms=one[0].latencies_ms + other[0].latencies_ms,
        statuses=one[0].statuses + other[0].statuses,
    )
    return seen, {name: one[1].get(name, 0.0) + other[1].get(name, 0.0) for name in one[1] | other[1]}


def _described(seen: Seen, cpu_s: dict[str, float]) -> dict[str, Any]:
    count = len(seen.latencies_ms)
    return {
        "count": count,
        "refused": seen.statuses[503],
        "cpu_ms": round(sum(cpu_s.values()) / count * 1000, 2),
        "cpu_ms_by_process": {name: round(spent_s / count * 1000, 2) for name, spent_s in cpu_s.items()},
        "p50_ms": seen.percentile(50),
        "p95_ms": seen.percentile(95),
        "per_s": round(count / seen.seconds, 1),
    }


def table(report: dict[str, Any]) -> list[str]:
    """Lines for people."""
    lines = [
        f"{'tasks':>9} {'operation':10} | CPU-ms  aim |    P50    P95 ms alone"
        f" |    P50    P95 ms of {REVIEWERS} at the same moment"
    ]
    for figures in report["sizes"]:
        alone, together = figures["1 at a time"], figures[f"{REVIEWERS} at a time"]
        for name, (aim_ms, _) in TARGETS.items():
            one, many = alone[name], together[name]
            lines.append(
                f"{figures['tasks']:9,} {name:10} | {one['cpu_ms']:6.1f} {aim_ms:4.0f} | {one['p50_ms']:6.1f}"
                f" {one['p95_ms']:6.1f}          | {many['p50_ms']:6.1f} {many['p95_ms']:6.1f}"
                f"   {one['cpu_ms_by_process']}"
            )
        unhurried = figures["unhurried"]
        lines.append(
            f"{figures['tasks']:9,} {REVIEWERS} unhurried, {unhurried['decisions_per_s']} decisions/s: next P50"
            f" {unhurried['next 1']['p50_ms']} P95 {unhurried['next 1']['p95_ms']} ms, decide P50"
            f" {unhurried['decide']['p50_ms']} P95 {unhurried['decide']['p95_ms']} ms;"
            f" handed out twice: {figures['handed_out_twice']}; idle {figures['idle_cpu_ms_per_s']}"
        )
    return lines


async def measure(instance: Instance, *, sizes: Sequence[int], rounds: int, is_again: bool) -> list[dict[str, Any]]:
    os.environ.update(variables_of(instance), DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    from bench.review_rows import Rows

    figures = []
    with psycopg.connect(os.environ["DATABASE_MIGRATION_URL"], autocommit=True) as connection:
        rows = Rows(connection, site=SITE, kept=instance.var / "review.json")
        if is_again:
            rows.recall()
        else:
            rows.add_queues()
            rows.add_reviewers(REVIEWERS)
        connector = aiohttp.TCPConnector(limit=REVIEWERS)
        async with aiohttp.ClientSession(connector=connector) as session:
            desks = [Desk(session, instance.address, reviewer) for reviewer in rows.reviewers]
            for tasks in [rows.tasks] if is_again else sizes:
                started_s = time.perf_counter()
                if not is_again:
                    rows.grow_to(tasks)
                    rows.keep()
                print(f"{tasks:,} tasks after {time.perf_counter() - started_s:.0f} s", flush=True)
                figures.append(await Review(instance, rows, desks).measure(tasks=tasks, rounds=rounds))
                print("\n".join(table({"sizes": figures[-1:]})), flush=True)
    return figures


def main() -> None:
    arguments = _arguments()
    is_again = arguments.again
    with Instance(arguments.var, without="lot,triton", is_kept=arguments.keep, is_up=is_again) as instance:
        figures = measure(instance, sizes=arguments.sizes, rounds=arguments.rounds, is_again=is_again)
        report = {
            "at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
            "load_before": os.getloadavg(),
            "sizes": asyncio.run(figures),
        }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    print("\n".join([*table(report), f"kept in {arguments.out}"]))


def variables_of(instance: Instance) -> dict[str, str]:
    layout = Layout.of(instance.var)
    keys = load_or_make(layout.keys_path)
    return environment.for_django(layout=layout, keys=keys, ports=instance.ports(), servers={"postgres", "redis"})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.review", description=__doc__)
    parser.add_argument("--var", type=Path, default=PROJECT_DIR / "var" / "bench" / "review", help="emptied first")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="tasks, rising")
    parser.add_argument("--rounds", type=int, default=2, help="of handing out one and deciding it; a round takes 100")
    parser.add_argument("--keep", action="store_true", help="leave the instance up")
    parser.add_argument("--again", action="store_true", help="measure the instance that was left up, as it is")
    stamp = datetime.now(tz=UTC).strftime("%Y%m%d-%H%M%S")
    parser.add_argument("--out", type=Path, default=PROJECT_DIR / "var" / "bench" / "reports" / f"review-{stamp}.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
