"""Figures of inference: how much, how fast, how it ended."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from core.actors import Actor
from core.ids import uuid7_floor

_FIGURES = """
WITH recent AS MATERIALIZED (
    SELECT r.state, r.is_cached, r.is_degraded, r.detection_count, r.finished_at,
           (r.timings_ms->>'total')::float8 AS total_ms, (r.timings_ms->>'infer')::float8 AS infer_ms,
           m.name AS model, v.version
    FROM inspection_run r
    LEFT JOIN model_version v ON v.id = r.model_version_id
    LEFT JOIN model m ON m.id = v.model_id
    WHERE r.site_id = ANY(%(sites)s) AND r.id >= %(first)s
    ORDER BY r.id DESC LIMIT %(most)s
)
SELECT model, version, state, count(*), count(*) FILTER (WHERE is_cached), count(*) FILTER (WHERE is_degraded),
       coalesce(sum(detection_count), 0),
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY total_ms),
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY infer_ms)
FROM recent GROUP BY model, version, state ORDER BY model NULLS LAST, version, state
"""
MOST_RUNS = 20_000


def inference_figures(actor: Actor, *, now: datetime, hours: int = 24) -> list[dict[str, Any]]:
    """Per model version and state, over the last hours and at most the newest 20,000 runs. One query."""
    # Ids start with the time a run was queued: what is older is not even looked at.
    first = uuid7_floor(at=now - timedelta(hours=hours))
    values: Any = {"sites": sorted(actor.site_ids), "first": first, "most": MOST_RUNS}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        return [_row(*row) for row in cursor.fetchall()]


def _row(
    model: str | None,
    version: str | None,
    state: str,
    runs: int,
    cached: int,
    degraded: int,
    detections: int,
    total_ms: list[float | None] | None,
    infer_ms: list[float | None] | None,
) -> dict[str, Any]:
    return {
        "model": model,
        "version": version,
        "state": state,
        "runs": runs,
        "cached": cached,
        "degraded": degraded,
        "detections": detections,
        "total_ms": _percentiles(total_ms),
        "infer_ms": _percentiles(infer_ms),
    }


def _percentiles(values_ms: list[float | None] | None) -> dict[str, float | None]:
    p50, p95, p99 = values_ms or (None, None, None)
    return {"p50": _rounded(p50), "p95": _rounded(p95), "p99": _rounded(p99)}


def _rounded(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms, 2)
