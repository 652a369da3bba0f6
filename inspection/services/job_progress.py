"""A job follows its items: counted in the transaction that ends each of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from audit import services as audit
from audit.actions import Action
from core import metrics
from core.actors import Actor
from core.ids import uuid7
from inspection import events
from inspection.choices import ItemState, JobState, RunState
from inspection.models import InspectionJob, InspectionRun, JobItem
from inspection.selectors.job_cards import item_of, job_of
from inspection.services.labels import checked_label
from outbox import services as outbox

# A job whose files nobody was seen to take in for so long has broken off: the rest of them is given up.
INTAKE_LIFETIME = timedelta(seconds=30)
_ITEM_STATE = {
    RunState.DONE: ItemState.DONE,
    RunState.FAILED: ItemState.FAILED,
    RunState.CANCELLED: ItemState.CANCELLED,
}


def open_job(
    *,
    site_id: int,
    total: int,
    label: str,
    recipe_version_id: int | None,
    actor: Actor,
    now: datetime,
    rerun_version_id: int | None = None,
    rerun_of: dict[str, Any] | None = None,
) -> InspectionJob:
    """Begin a job of `total` items, which the caller makes.

    Args:
        recipe_version_id: of all its runs; None where each has that of the run that it judges again.
        rerun_version_id, rerun_of: of re-runs, who judges again, and what.
    """
    job = InspectionJob(
        id=uuid7(at=now),
        site_id=site_id,
        total=total,
        requested_by=actor.username,
        created_at=now,
        intake_until=now + INTAKE_LIFETIME,
        label=checked_label(label, field="label", longest=120) if label else "",
        rerun_version_id=rerun_version_id,
        rerun_of=rerun_of or {},
    )
    job.save(force_insert=True)
    audit.record(
        action=Action.JOB_CREATED,
        object_type="job",
        object_id=job.pk,
        actor=actor,
        at=now,
        after={
            "images": total,
            "label": job.label,
            "recipe_version": recipe_version_id,
            **({"rerun_version": rerun_version_id, "rerun_of": job.rerun_of} if rerun_version_id else {}),
        },
    )
    return job


def items_ended(runs: Sequence[InspectionRun], *, now: datetime, actor: Actor) -> None:
    """Mark the items of runs that have ended, count them one after the other, and end the job with the last one.

    Args:
        runs: of one job, all ended in the same state and for the same reason.
    """
    job, by_key = _locked(runs[0]), {run.pk: run for run in runs}
    waiting = JobItem.objects.filter(job=job, run__in=by_key, state=ItemState.WAITING)
    items = list(waiting.order_by("ordinal"))
    if not items:
        return
    state = _ITEM_STATE[RunState(runs[0].state)]
    ended = {
        "state": state,
        "error_code": runs[0].error_code,
        "error_detail": runs[0].error_detail,
        "latency_ms": (now - job.created_at).total_seconds() * 1000,
    }
    recount(job)
    waiting.update(**ended)
    changes = []
    for item in items:
        for name, value in {**ended, "run": by_key[cast(UUID, item.run_id)]}.items():
            setattr(item, name, value)
        setattr(job, state, getattr(job, state) + 1)
        if job.done + job.failed + job.cancelled == job.total:
            finish(job, now=now, actor=actor)
        changes.append(_changed(job, item=item, now=now))
    job.save()
    outbox.announce_all(changes, now=now)


def item_restarted(run: InspectionRun, *, now: datetime, actor: Actor) -> None:
    """Items of a run that was queued again wait again, and so does their job."""
    job = _locked(run)
    wait_again(job, items=JobItem.objects.filter(job=job, run=run), now=now, actor=actor, run=run.pk)


def wait_again(job: InspectionJob, *, items: QuerySet[JobItem], now: datetime, actor: Actor, **why: Any) -> None:
    """Items of a locked job that were over wait again, and so does it.

    Args:
        why: for the trail.
    """
    ordinals = list(items.order_by("ordinal").values_list("ordinal", flat=True))
    items.update(state=ItemState.WAITING, error_code="", error_detail="", latency_ms=None)
    before = {"state": job.state, **_counts(job)}
    recount(job)
    job.state, job.finished_at, job.summary = JobState.RUNNING, None, {}
    audit.record(
        action=Action.JOB_RESTARTED,
        object_type="job",
        object_id=job.pk,
        actor=actor,
        at=now,
        before=before,
        after={"state": job.state, **_counts(job), "items": ordinals, **why},
    )
    announce(job, item=None, now=now)


def _counts(job: InspectionJob) -> dict[str, int]:
    return {"done": job.done, "failed": job.failed, "cancelled": job.cancelled}


def _not_taken(job: InspectionJob) -> dict[str, str]:
    """Reason by ordinal of the items that have no run; what became of the others is in their runs' own events."""
    refused = JobItem.objects.filter(job=job, state=ItemState.FAILED, run=None).order_by("ordinal")
    return {str(ordinal): code for ordinal, code in refused.values_list("ordinal", "error_code")}


def _locked(run: InspectionRun) -> InspectionJob:
    assert run.job_id is not None
    return InspectionJob.objects.select_for_update(no_key=True).get(pk=run.job_id)


def recount(job: InspectionJob) -> None:
    counts = JobItem.objects.filter(job=job).aggregate(
        **{
            state.value: Count("id", filter=Q(state=state))
            for state in (ItemState.DONE, ItemState.FAILED, ItemState.CANCELLED)
        }
    )
    job.done, job.failed, job.cancelled = counts["done"], counts["failed"], counts["cancelled"]


def finish(job: InspectionJob, *, now: datetime, actor: Actor) -> None:
    """Close a job whose items have all ended, with its success rate, latencies and throughput.

    One that was cancelled stays so, whatever of it was done before.
    """
    if job.state != JobState.CANCELLED:
        job.state = JobState.CANCELLED if job.cancelled == job.total else JobState.DONE
    job.finished_at = now
    job.summary = _summary(job, now=now)
    audit.record(
        action=Action.JOB_FINISHED,
        object_type="job",
        object_id=job.pk,
        actor=actor,
        at=now,
        after={**_counts(job), "not_taken": _not_taken(job)},
    )
    if job.state == JobState.DONE:
        _measure(job, now=now)


def announce(job: InspectionJob, *, item: JobItem | None, now: datetime) -> None:
    """Save a job's new state and tell its page and the site's."""
    change = _changed(job, item=item, now=now)
    job.save()
    outbox.announce_all([change], now=now)


def _changed(job: InspectionJob, *, item: JobItem | None, now: datetime) -> outbox.Event:
    """The next revision of a job, as pages are told of it."""
    job.revision += 1
    return outbox.Event(
        type=events.JOB_CHANGED,
        topics=[events.job_topic(job.pk), events.site_topic(job.site_id)],
        payload={**job_of(job, now=now), "item": item_of(item) if item is not None else None},
    )


def _measure(job: InspectionJob, *, now: datetime) -> None:
    """Count how long a job took, under the version that judged its newest run; one tried again, from its beginning."""
    judged = InspectionRun.objects.filter(job=job, model_version__isnull=False).order_by("-id")
    version = judged.values_list("model_version__model__name", "model_version__version").first()
    if version is not None:
        taken_s = (now - job.created_at).total_seconds()
        transaction.on_commit(lambda: metrics.BATCH_SECONDS.labels(*version).observe(taken_s))


def _summary(job: InspectionJob, *, now: datetime) -> dict[str, Any]:
    ended = JobItem.objects.filter(job=job, state=ItemState.DONE).values_list("latency_ms", flat=True)
    latencies = sorted(latency_ms for latency_ms in ended if latency_ms is not None)
    seconds = max((now - job.created_at).total_seconds(), 1e-3)
    return {
        "success_rate": round(job.done / job.total, 4) if job.total else None,
        "p50_ms": _percentile(latencies, 0.50),
        "p95_ms": _percentile(latencies, 0.95),
        "throughput_per_s": round(job.done / seconds, 2),
    }


def _percentile(ordered: list[float], share: float) -> float | None:
    """The value below or at which `share` of the values lie (nearest rank)."""
    if not ordered:
        return None
    rank = max(0, -(-int(share * 100) * len(ordered) // 100) - 1)
    return round(ordered[rank], 1)
