"""Runs: queued, claimed under a lease, finished by whoever still holds the claim."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from audit import services as audit
from audit.actions import Action
from core import jobs, metrics
from core.actors import Actor
from core.ids import uuid7
from core.rows import insert_row, pipelined
from inspection import events
from inspection.choices import RunState, check_run_step
from inspection.errors import LostLease, UnknownRun
from inspection.models import Detection, InspectionImage, InspectionJob, InspectionRun, Wafer
from inspection.selectors.access import CARD_RELATIONS, of_sites
from inspection.selectors.cards import card_of
from inspection.selectors.standing import standing_alone, standings_of
from inspection.services import job_progress
from inspection.services.findings import JudgedImage, band_of_run, card_image, summarise, write_findings
from inspection.services.plans import Judge, model_version
from inspection.services.retries import check_retry
from inspection.services.uploads import Context
from outbox import services as outbox

DRAIN = "inspection.drain"
# Of why a run waits; programs that cannot be reached may have much to say about it.
LONGEST_REASON = 200
LONGEST_BACKOFF_S = 300

# The choice is materialised: a plan may run a subquery in WHERE more than once, and each time it locks other rows.
_CLAIM = """
WITH next AS MATERIALIZED (
    SELECT id FROM inspection_run
    WHERE state = 'queued' AND (not_before IS NULL OR not_before <= clock_timestamp())
    ORDER BY priority, id FOR NO KEY UPDATE SKIP LOCKED LIMIT %(limit)s)
UPDATE inspection_run run SET state = 'running', attempt = run.attempt + 1, lease_owner = %(owner)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s), started_at = clock_timestamp(),
       waiting_for = '', revision = run.revision + 1
FROM next WHERE run.id = next.id RETURNING run.id
"""
_ATTACH = "INSERT INTO run_image (run_id, image_id, ordinal) VALUES (%s, %s, %s)"
_RENEW = """
UPDATE inspection_run SET lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE id = %(run)s AND attempt = %(attempt)s AND state = 'running'
"""


def new_run(
    *,
    wafer: Wafer,
    context: Context,
    job: InspectionJob | None,
    priority: int,
    use_cache: bool,
    actor: Actor,
    now: datetime,
) -> InspectionRun:
    """The row of a run that waits for a worker, not yet saved."""
    return InspectionRun(
        id=uuid7(at=now),
        site_id=context.site.pk,
        wafer=wafer,
        layer=context.layer,
        tool=context.tool,
        recipe_version=context.recipe_version,
        requested_version_id=context.requested_version_id,
        job=job,
        priority=priority,
        use_cache=use_cache,
        requested_by=actor.username,
        queued_at=now,
    )


def queue_run(
    run: InspectionRun,
    *,
    images: Sequence[InspectionImage],
    waiting_for: str = "",
    wake: bool = True,
    actor: Actor,
    now: datetime,
) -> None:
    """Insert a run that waits, with its images, in the running transaction.

    Args:
        wake: call a worker when it commits; False for one of many, whose caller calls once.
    """
    run.waiting_for = waiting_for[:LONGEST_REASON]
    run.summary = {"image": card_image(images[0]), "images": len(images)}
    with pipelined():
        insert_row(run)
        attach_images(run, images)
    audit.record(
        action=Action.RUN_QUEUED,
        object_type="run",
        object_id=run.pk,
        actor=actor,
        at=now,
        after={
            "wafer": run.wafer_id,
            "recipe_version": run.recipe_version_id,
            "requested_version": run.requested_version_id,
            "images": [image.pk for image in images],
        },
    )
    announce(run, events.RUN_QUEUED, now=now)
    if wake:
        jobs.enqueue_on_commit(DRAIN)


def attach_images(run: InspectionRun, images: Sequence[InspectionImage]) -> None:
    """Say which images a new run covers, in their order."""
    with connection.cursor() as cursor:
        for ordinal, image in enumerate(images):
            cursor.execute(_ATTACH, [run.pk, image.pk, ordinal])


@transaction.atomic
def claim_runs(*, owner: str, limit: int, actor: Actor, now: datetime) -> list[InspectionRun]:
    """Take the next waiting runs under a lease; two workers never get the same one."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"owner": owner, "lease_s": settings.RUN_LEASE_S, "limit": limit})
        claimed = [row[0] for row in cursor.fetchall()]
    runs = list(InspectionRun.objects.filter(pk__in=claimed).select_related(*CARD_RELATIONS).order_by("priority", "id"))
    for run in runs:
        audit.record(
            action=Action.RUN_CLAIMED,
            object_type="run",
            object_id=run.pk,
            object_version=run.revision,
            actor=actor,
            at=now,
            after={"owner": owner, "attempt": run.attempt},
        )
        announce(run, events.RUN_STARTED, now=now)
    return runs


def renew_lease(run: InspectionRun) -> None:
    """Say that this worker is still at it.

    Raises:
        LostLease: another worker, or a person who cancelled, has the run now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"lease_s": settings.RUN_LEASE_S, "run": run.pk, "attempt": run.attempt})
        if cursor.rowcount != 1:
            raise LostLease(str(run.pk))


@transaction.atomic
def finish_run(
    run: InspectionRun,
    *,
    judged: list[JudgedImage],
    judge: Judge,
    timings_ms: dict[str, float],
    is_cached: bool,
    is_degraded: bool,
    actor: Actor,
    now: datetime,
    is_new: bool = False,
    is_alone: bool = False,
) -> list[Detection]:
    """Write a run's findings and end it: state, detections, trail and event in one transaction.

    Args:
        run: claimed by the caller, or a new row that is inserted finished (`is_new`): then nobody else can know it.
        is_alone: its wafer was made in this transaction, and has no other run.

    Returns:
        The findings as they were written.

    Raises:
        LostLease: the claim is no longer ours; nothing is written.
    """
    run.model_version = model_version(judge.route.version_id)
    run.deployment_id = judge.route.deployment_id
    run.band = band_of_run(judged)
    run.detection_count = sum(len(item.judgement.findings) for item in judged)
    run.summary = summarise(judged, classes=judge.classes)
    run.timings_ms = timings_ms
    run.provenance = {
        "pixel_sha256": [item.image.pixel_sha256 for item in judged],
        "preprocessing_sha256": run.recipe_version.preprocessing_sha256,
        "model_sha256": judge.route.sha256,
        "recipe": f"{run.recipe_version.recipe.code} v{run.recipe_version.number}",
        "code_version": settings.CODE_VERSION,
    }
    run.is_cached, run.is_degraded = is_cached, is_degraded
    if is_new:
        _insert_ended(run, images=[item.image for item in judged], now=now)
    else:
        _end(run, state=RunState.DONE, now=now)
    found = write_findings(run, judged, classes=judge.classes)
    audit.record(
        action=Action.RUN_FINISHED,
        object_type="run",
        object_id=run.pk,
        object_version=run.revision,
        actor=actor,
        at=now,
        after={
            **run.provenance,
            "model": judge.route.triton_name,
            "band": run.band,
            "detections": run.detection_count,
            "counts_by_class": run.summary["counts_by_class"],
            "flaws": run.summary["flaws"],
        },
    )
    announce(run, events.RUN_DONE, now=now, is_alone=is_alone)
    if run.job_id:
        job_progress.items_ended([run], now=now, actor=actor)
    taken = metrics.RUN_SECONDS.labels(
        model=judge.route.model_name, version=judge.route.version, cached=str(is_cached).lower()
    )
    transaction.on_commit(lambda: taken.observe(timings_ms["total"] / 1000))
    return found


@transaction.atomic
def put_back(
    run: InspectionRun, *, reason: str, wait_s: float, is_own_fault: bool, code: str, actor: Actor, now: datetime
) -> None:
    """Return a claimed run to the queue, or set it aside as failed when its own faults are too many.

    Args:
        reason: for a person: why it waits or failed.
        wait_s: not to be claimed again before this.
        is_own_fault: the image or the code is at fault, not an outage; counts towards the limit of tries.
    """
    _forget_results(run)
    failures = run.failures + is_own_fault
    if failures >= settings.RUN_MAX_ATTEMPTS:
        fail_run(run, code=code, detail=f"{reason} Tried {failures} times.", actor=actor, now=now)
        return
    changed = _held(run).update(
        state=RunState.QUEUED,
        failures=failures,
        waiting_for=reason[:LONGEST_REASON],
        lease_owner="",
        lease_until=None,
        not_before=now + timedelta(seconds=wait_s),
        revision=F("revision") + 1,
    )
    if changed:
        run.refresh_from_db(fields=["state", "waiting_for", "revision"])
        audit.record(
            action=Action.RUN_PUT_BACK,
            object_type="run",
            object_id=run.pk,
            object_version=run.revision,
            actor=actor,
            at=now,
            after={"code": code, "failures": failures},
            reason=reason,
        )
        announce(run, events.RUN_WAITING, now=now)
        transaction.on_commit(metrics.RUNS_PUT_BACK.labels(code=code).inc)


@transaction.atomic
def fail_run(run: InspectionRun, *, code: str, detail: str, actor: Actor, now: datetime) -> None:
    """Set a claimed run aside with its reason. Where the claim is lost nothing happens."""
    _forget_results(run)
    run.error_code, run.error_detail = code, detail
    try:
        _end(run, state=RunState.FAILED, now=now)
    except LostLease:
        return
    audit.record(
        action=Action.RUN_FAILED,
        object_type="run",
        object_id=run.pk,
        object_version=run.revision,
        actor=actor,
        at=now,
        after={"code": code, "detail": detail},
    )
    announce(run, events.RUN_FAILED, now=now)
    transaction.on_commit(metrics.RUNS_FAILED.labels(code=code).inc)
    if run.job_id:
        job_progress.items_ended([run], now=now, actor=actor)


@transaction.atomic
def cancel_run(*, run_id: UUID, actor: Actor, now: datetime) -> InspectionRun:
    """Stop a run that is not over. Whatever a worker is computing for it is dropped.

    Raises:
        UnknownRun: no such run at the actor's sites.
        IllegalTransition: it is over already.
    """
    run = lock_run(run_id, actor=actor)
    cancel_locked([run], actor=actor, now=now)
    return run


def cancel_locked(runs: Sequence[InspectionRun], *, actor: Actor, now: datetime) -> None:
    """`cancel_run` for runs of one job, or for one of none; as many queries for a hundred as for one, and the trail.

    Args:
        runs: locked in the running transaction, with what their cards need.

    Raises:
        IllegalTransition: one of them is over already.
    """
    if not runs:
        return
    before = [run.state for run in runs]
    for run in runs:
        check_run_step(run.state, RunState.CANCELLED)
        run.state, run.finished_at, run.waiting_for, run.lease_until = RunState.CANCELLED, now, "", None
        run.revision += 1
    InspectionRun.objects.filter(pk__in=[run.pk for run in runs]).update(
        state=RunState.CANCELLED, finished_at=now, waiting_for="", lease_until=None, revision=F("revision") + 1
    )
    with pipelined():
        for run, state in zip(runs, before, strict=True):
            audit.record(
                action=Action.RUN_CANCELLED,
                object_type="run",
                object_id=run.pk,
                object_version=run.revision,
                actor=actor,
                at=now,
                before={"state": state},
                after={"state": run.state},
            )
    counting = [run for run in runs if run.counts]
    standings = standings_of(counting)
    outbox.announce_all([_event(run, events.RUN_CANCELLED, standing=standings[run.pk]) for run in counting], now=now)
    if runs[0].job_id:
        job_progress.items_ended(runs, now=now, actor=actor)


@transaction.atomic
def retry_run(*, run_id: UUID, actor: Actor, now: datetime) -> InspectionRun:
    """Queue a failed or cancelled run again, with its tries counted from zero.

    Raises:
        UnknownRun: no such run at the actor's sites.
        IllegalTransition: it is not over, or it is done.
        RetryCannotHelp: what it failed of is still so.
    """
    run = lock_run(run_id, actor=actor)
    check_retry(run)
    before = {"state": run.state, "error": run.error_code}
    check_run_step(run.state, RunState.QUEUED)
    run.state, run.failures, run.error_code, run.error_detail = RunState.QUEUED, 0, "", ""
    run.finished_at = run.not_before = run.lease_until = None
    run.revision += 1
    run.save()
    audit.record(
        action=Action.RUN_RETRIED,
        object_type="run",
        object_id=run.pk,
        object_version=run.revision,
        actor=actor,
        at=now,
        before=before,
        after={"state": run.state},
    )
    announce(run, events.RUN_QUEUED, now=now)
    if run.job_id:
        job_progress.item_restarted(run, now=now, actor=actor)
    jobs.enqueue_on_commit(DRAIN)
    return run


def announce(run: InspectionRun, type: str, *, now: datetime, is_alone: bool = False) -> None:
    """Tell the wall and the wafer's page, with the card as it is now. Nobody is told of what counts for nothing.

    Args:
        is_alone: the wafer is as new as the run, so that nothing else is known of it: nothing is looked up.
    """
    if not run.counts:
        return
    standing = standing_alone(run) if is_alone else standings_of([run])[run.pk]
    outbox.announce_all([_event(run, type, standing=standing)], now=now)


def _event(run: InspectionRun, type: str, *, standing: dict[str, Any]) -> outbox.Event:
    topics = [events.site_topic(run.site_id), events.wafer_topic(run.wafer_id)]
    return outbox.Event(type=type, topics=topics, payload=card_of(run, standing=standing))


def backoff_s(tries: int) -> float:
    """Seconds before another try after `tries` faults: doubling from 1 to 300."""
    return float(min(LONGEST_BACKOFF_S, 2 ** max(0, tries)))


def _insert_ended(run: InspectionRun, *, images: Sequence[InspectionImage], now: datetime) -> None:
    """Write a run that was judged before anybody else could know of it."""
    run.state, run.finished_at, run.started_at, run.attempt = RunState.DONE, now, run.queued_at, 1
    with pipelined():
        insert_row(run)
        attach_images(run, images)


def _end(run: InspectionRun, *, state: RunState, now: datetime) -> None:
    """Move a held run to an end state; the fencing number decides whether it is still held."""
    run.state, run.finished_at, run.waiting_for, run.lease_until = state, now, "", None
    values: dict[str, Any] = {name: getattr(run, name) for name in _RESULT_FIELDS}
    if _held(run).update(**values, revision=run.revision + 1) != 1:
        raise LostLease(str(run.pk))
    run.revision += 1


def _forget_results(run: InspectionRun) -> None:
    """Drop what a finish that was rolled back has left on the instance; the row never had it."""
    run.refresh_from_db(
        fields=["model_version", "deployment", "band", "detection_count", "summary", "timings_ms", "provenance"]
    )
    run.is_cached = run.is_degraded = False


_RESULT_FIELDS = (
    "state",
    "finished_at",
    "waiting_for",
    "lease_until",
    "model_version_id",
    "deployment_id",
    "band",
    "detection_count",
    "summary",
    "timings_ms",
    "provenance",
    "is_cached",
    "is_degraded",
    "error_code",
    "error_detail",
)


def _held(run: InspectionRun) -> Any:
    """The run's row, if the caller's claim is still the newest."""
    return InspectionRun.objects.filter(pk=run.pk, attempt=run.attempt, state=RunState.RUNNING)


def lock_run(run_id: UUID, *, actor: Actor) -> InspectionRun:
    """The run, locked in the running transaction, with what its card needs.

    Raises:
        UnknownRun: no such run at the actor's sites.
    """
    visible = of_sites(InspectionRun.objects.select_related(*CARD_RELATIONS), actor)
    run: InspectionRun | None = visible.filter(pk=run_id).select_for_update(no_key=True, of=("self",)).first()
    if run is None:
        raise UnknownRun("There is no such run, or it belongs to another site.")
    return run
