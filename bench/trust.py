"""What the pages about trust cost with half a year of words behind them: agreement, scorecards, quality and their kin.

    python -m bench.trust

A million findings of 26 weeks, fifty reviewers, an audit of every fifth image, known answers and repeats. Each question
is asked several times of windows of another length each, so that none is answered from what the server remembers for a
minute, and then once more, which mostly is. CPU-milliseconds are user and system over every process of the product,
less what they spend while nobody asks.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import psycopg
import requests

from bench.__main__ import PASSWORD, PROJECT_DIR, Instance
from bench.cpu import sample
from bench.review import SITE, variables_of

if TYPE_CHECKING:
    from bench.trust_rows import TrustRows

TASKS = 1_000_000
REVIEWERS = 50
WEEKS = 26
LONGEST_DAYS = 90
IDLE_S = 12.0
PATIENCE_S = 120


class Questions:
    """A lead who reads page after page."""

    def __init__(self, instance: Instance, rows: "TrustRows") -> None:
        self._instance = instance
        self._rows = rows
        self._session = requests.Session()
        self._idle_s: float = 0.0

    def measure(self, *, rounds: int) -> dict[str, Any]:
        self._sign_in()
        before, started_s = sample(self._instance.pids()), time.perf_counter()
        time.sleep(IDLE_S)
        spent = sample(self._instance.pids()).since(before)
        self._idle_s = sum(spent.values()) / (time.perf_counter() - started_s)
        figures: dict[str, Any] = {"idle_cpu_ms_per_s": round(self._idle_s * 1000, 1)}
        for name, ask in self._questions():
            # Whole windows, each a day shorter than the one before: as much work, and nothing that is remembered.
            windows = [LONGEST_DAYS - at for at in range(rounds)]
            first = [self._asked(ask, days=days, number=at) for at, days in enumerate(windows)]
            again = [self._asked(ask, days=days, number=at) for at, days in enumerate(windows)]
            figures[name] = {"first": _summed(first), "again": _summed(again)}
            print(line_of(name, figures[name]), flush=True)
        return figures

    def _sign_in(self) -> None:
        answer = requests.post(
            f"{self._instance.address}/api/v1/auth/token/", json={"username": "lead", "password": PASSWORD}, timeout=20
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Token {answer.json()['token']}"

    def _questions(self) -> Iterator[tuple[str, Callable[[int, int], requests.Response]]]:
        def name(number: int) -> str:
            return self._rows.reviewers[number % len(self._rows.reviewers)].username

        yield "agreement", lambda days, _: self._get(f"review/agreement/?days={days}")
        # Whoever asks this has just seen who differs, so that what everybody said is remembered.
        pair = self._get(f"review/agreement/?days={LONGEST_DAYS}").json()["pairs"][0]
        yield (
            "differences of two",
            lambda days, _: self._get(
                f"review/agreement/tasks/?days={days}&first={pair['first']}&second={pair['second']}"
            ),
        )
        yield "scorecard", lambda days, number: self._get(f"review/scorecard/?days={days}&reviewer={name(number)}")
        for figure in ("peers", "gold"):
            yield (
                f"items behind {figure}",
                lambda days, number, figure=figure: self._get(
                    f"review/scorecard/tasks/?days={days}&figure={figure}&reviewer={name(number)}"
                ),
            )
        yield "quality", lambda days, _: self._get(f"review/quality/?days={days}")
        yield "label errors", lambda days, _: self._get(f"review/doubts/?days={days}")
        yield "plan of an hour", lambda days, number: self._get(f"review/plan/?minutes={60 + number}")
        yield "decided, a page", lambda days, _: self._get("review/tasks/?state=decided&limit=60")
        yield "lots to choose", lambda days, _: self._post("datasets/lots/", {})
        yield "preview of all", lambda days, number: self._post("datasets/preview/", {"seed": number})

    def _get(self, path: str) -> requests.Response:
        return self._session.get(f"{self._instance.address}/api/v1/{path}", timeout=PATIENCE_S)

    def _post(self, path: str, body: dict[str, Any]) -> requests.Response:
        return self._session.post(f"{self._instance.address}/api/v1/{path}", json=body, timeout=PATIENCE_S)

    def _asked(self, ask: Callable[[int, int], requests.Response], *, days: int, number: int) -> dict[str, Any]:
        before, started_s = sample(self._instance.pids()), time.perf_counter()
        answer = ask(days, number)
        taken_s = time.perf_counter() - started_s
        spent = sample(self._instance.pids()).since(before)
        return {
            "status": answer.status_code,
            "wall_ms": taken_s * 1000,
            "cpu_ms": (sum(spent.values()) - self._idle_s * taken_s) * 1000,
            "postgres_ms": spent.get("postgres", 0.0) * 1000,
            "bytes": len(answer.content),
        }


def _summed(asked: list[dict[str, Any]]) -> dict[str, Any]:
    walls = sorted(one["wall_ms"] for one in asked)
    return {
        "count": len(asked),
        "statuses": sorted({one["status"] for one in asked}),
        "cpu_ms": round(sum(one["cpu_ms"] for one in asked) / len(asked)),
        "postgres_ms": round(sum(one["postgres_ms"] for one in asked) / len(asked)),
        "median_ms": round(walls[len(walls) // 2]),
        "worst_ms": round(walls[-1]),
        "kB": round(asked[0]["bytes"] / 1000, 1),
    }


def line_of(name: str, figures: dict[str, Any]) -> str:
    """A line for people."""
    first, again = figures["first"], figures["again"]
    return (
        f"{name:20} | first {first['cpu_ms']:6} CPU-ms (PostgreSQL {first['postgres_ms']:6})"
        f" median {first['median_ms']:6}"
        f" worst {first['worst_ms']:6} ms | again {again['cpu_ms']:6} CPU-ms median {again['median_ms']:6} ms"
        f" | {first['kB']} kB {first['statuses']}"
    )


def measure(instance: Instance, *, tasks: int, rounds: int, is_again: bool) -> dict[str, Any]:
    os.environ.update(variables_of(instance), DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    from bench.trust_rows import TrustRows

    with psycopg.connect(os.environ["DATABASE_MIGRATION_URL"], autocommit=True) as connection:
        rows = TrustRows(connection, site=SITE, kept=instance.var / "trust.json", days=7 * WEEKS)
        counts: dict[str, int] = {}
        if is_again:
            rows.recall()
        else:
            started_s = time.perf_counter()
            rows.add_queues()
            rows.add_reviewers(REVIEWERS)
            rows.grow_to(tasks)
            print(f"{tasks:,} tasks after {time.perf_counter() - started_s:.0f} s", flush=True)
            counts = rows.add_words()
            rows.keep()
            print(f"{counts} after {time.perf_counter() - started_s:.0f} s", flush=True)
        return {"rows": counts, "figures": Questions(instance, rows).measure(rounds=rounds)}


def main() -> None:
    arguments = _arguments()
    with Instance(arguments.var, without="lot,triton", is_kept=arguments.keep, is_up=arguments.again) as instance:
        report = {
            "at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
            "load_before": os.getloadavg(),
            **measure(instance, tasks=arguments.tasks, rounds=arguments.rounds, is_again=arguments.again),
            "load_after": os.getloadavg(),
        }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"load {report['load_before']} to {report['load_after']}, kept in {arguments.out}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.trust", description=__doc__)
    parser.add_argument("--var", type=Path, default=PROJECT_DIR / "var" / "bench" / "trust", help="emptied first")
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--rounds", type=int, default=5, help="of each question")
    parser.add_argument("--keep", action="store_true", help="leave the instance up")
    parser.add_argument("--again", action="store_true", help="measure the instance that was left up, as it is")
    stamp = datetime.now(tz=UTC).strftime("%Y%m%d-%H%M%S")
    parser.add_argument("--out", type=Path, default=PROJECT_DIR / "var" / "bench" / "reports" / f"trust-{stamp}.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
