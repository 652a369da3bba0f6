"""What the health page is told about several troubles at once, about breakers and about models."""

from datetime import UTC, datetime, timedelta

import pytest

from core.health import Component, State, readiness
from inspection.services import system
from serving.breaker import BreakerSnapshot, BreakerState
from serving.control import ModelStatistics
from serving.health import ModelHealth, ServerHealth
from serving.metrics import GpuFigures, ModelFigures, ServerFigures

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def server(*models: ModelHealth, figures: ServerFigures | None = None) -> ServerHealth:
    return ServerHealth(
        live=True, ready=True, version="2.50", models=models, figures=figures, answered_in_ms=1.0, fault=""
    )


def model(
    *, breaker: BreakerSnapshot | None = None, statistics: ModelStatistics | None = None, name: str = "m"
) -> ModelHealth:
    return ModelHealth(name=name, version="1", state="READY", reason="", statistics=statistics, breaker=breaker)


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        ([], None),
        (["worker"], system.BANNERS["worker"]),
        (["redis", "worker", "triton"], system.BANNERS["triton"] + " Also down: the worker, live updates."),
    ],
)
def test_the_banner_names_every_part_that_is_down(down: list[str], expected: str | None) -> None:
    parts = [Component(name=name, state=State.DOWN) for name in down] + [Component(name="beat", state=State.UNKNOWN)]
    assert system.banner_of(parts) == expected


OPEN = BreakerSnapshot(state=BreakerState.OPEN, consecutive=7, open_for_s=20.0)
CLOSED = BreakerSnapshot(state=BreakerState.CLOSED)


@pytest.mark.parametrize(
    ("case", "answers", "breaker", "held_up_s", "state", "since_s"),
    [
        ("calls go through and nothing waits", State.OK, CLOSED, None, State.OK, None),
        ("no breaker is known yet", State.OK, None, None, State.OK, None),
        ("calls are held back", State.OK, OPEN, None, State.DEGRADED, 20.0),
        ("a run waits for a moment", State.OK, CLOSED, 2.0, State.OK, None),
        ("a run waits for long", State.OK, CLOSED, 36.0, State.DEGRADED, 36.0),
        ("nobody answers", State.DOWN, OPEN, 36.0, State.DOWN, None),
    ],
)
def test_triton_stands_as_its_work_does(case, answers, breaker, held_up_s, state, since_s) -> None:
    part = system._as_it_serves(Component(name="triton", state=answers), breaker=breaker, held_up_s=held_up_s, now=NOW)
    assert part.state == state
    assert part.since == (NOW - timedelta(seconds=since_s) if since_s else None)


def test_work_that_is_held_back_degrades_the_whole_and_is_told_in_the_banner() -> None:
    parts = [Component(name="postgres", state=State.OK), Component(name="triton", state=State.DEGRADED)]
    assert (readiness(parts), system.banner_of(parts)) == (State.DEGRADED, system.HELD_BACK)


def test_an_open_breaker_says_since_when_why_and_when_it_asks_again() -> None:
    seen = BreakerSnapshot(
        state=BreakerState.OPEN, consecutive=7, open_for_s=60.0, probe_in_s=3.24, reason="no answer within 2 s"
    )
    assert system._breaker(system._worst_breaker(["m"], server(model(breaker=seen))), now=NOW) == {
        "state": "open",
        "opened_at": "2026-11-21T11:59:00+00:00",
        "failures": 7,
        "reason": "no answer within 2 s",
        "probe_in_s": 3.2,
    }


def test_no_breaker_is_unknown_rather_than_closed() -> None:
    assert system._breaker(system._worst_breaker([], server()), now=NOW)["state"] == "unknown"


def test_models_tell_requests_beside_their_total_times() -> None:
    totals = ModelStatistics(
        name="m", version="1", inferences=120, executions=30, succeeded=40, failed=1, queue_ms=80.0, compute_ms=4000.0
    )
    shown = system._models(server(model(statistics=totals)))[0]
    assert (shown["requests"], shown["queue_ms"], shown["compute_ms"]) == (40, 80.0, 4000.0)


def test_models_tell_what_waits_in_their_queues() -> None:
    figures = ServerFigures(models=(ModelFigures(name="m", pending_requests=3, rejected_requests=1),))
    busy, idle = system._models(server(model(), model(name="n"), figures=figures))
    assert (busy["pending"], busy["rejected"]) == (3, 1)
    assert (idle["pending"], idle["rejected"]) == (None, None)


def test_what_the_metrics_do_not_tell_is_unknown_rather_than_nought() -> None:
    (shown,) = system._models(server(model()))
    assert (shown["pending"], shown["rejected"], system._gpus(server())) == (None, None, [])


def test_gpus_are_shown_as_triton_reports_them() -> None:
    figures = ServerFigures(gpus=(GpuFigures(uuid="GPU-1", utilisation=0.5),))
    (gpu,) = system._gpus(server(figures=figures))
    assert (gpu["uuid"], gpu["utilisation"], gpu["memory_used_bytes"]) == ("GPU-1", 0.5, None)
