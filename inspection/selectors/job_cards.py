"""A job and its items as open pages and programs see them."""

from datetime import datetime
from typing import Any

from inspection.choices import can_retry
from inspection.models import InspectionJob, JobItem


def job_of(job: InspectionJob, *, now: datetime) -> dict[str, Any]:
    """A job without its items."""
    ended = job.done + job.failed + job.cancelled
    return {
        "id": str(job.pk),
        "state": job.state,
        "label": job.label,
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "cancelled": job.cancelled,
        "waiting": job.total - ended,
        "progress": round(ended / job.total, 4) if job.total else 1.0,
        "eta_s": _eta_s(job, ended=ended, now=now),
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "requested_by": job.requested_by,
        "revision": job.revision,
        "summary": job.summary,
        "rerun": rerun_of(job),
    }


def item_of(item: JobItem) -> dict[str, Any]:
    """One item; `run__wafer__lot` must be loaded."""
    run = item.run
    return {
        "ordinal": item.ordinal,
        "file_name": item.file_name,
        "external_id": item.external_id or None,
        "state": item.state,
        "run": str(item.run_id) if item.run_id else None,
        "image": str(item.image_id) if item.image_id else None,
        "wafer": {"id": str(run.wafer_id), "code": run.wafer.code, "lot": run.wafer.lot.code} if run else None,
        "detection_count": run.detection_count if run and run.finished_at else None,
        "band": run.band or None if run else None,
        "waiting_for": run.waiting_for if run else "",
        "error": {"code": item.error_code, "detail": item.error_detail} if item.error_code else None,
        "can_retry": item.run_id is not None and can_retry(item.state, item.error_code),
        "latency_ms": round(item.latency_ms, 1) if item.latency_ms is not None else None,
    }


def rerun_of(job: InspectionJob) -> dict[str, Any] | None:
    """Who judges again, and what; None of a job that counts."""
    version = job.rerun_version
    if version is None:
        return None
    return {"model": version.model.name, "version": version.version, "of": job.rerun_of}


def _eta_s(job: InspectionJob, *, ended: int, now: datetime) -> float | None:
    """Seconds left at the pace so far; unknown before the first item has ended."""
    if not ended or ended == job.total:
        return None
    return round((now - job.created_at).total_seconds() / ended * (job.total - ended), 1)
