"""What a worker does: judge claimed runs, and find what lost messages and lost workers left behind."""

import os
import socket
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction

from core import holds, image_store, jobs, metrics
from core.actors import service_account
from core.clock import now as clock_now
from core.errors import Unavailable
from core.outages import as_unavailable, insist
from inspection.choices import JobState, RunState
from inspection.errors import LostLease, TooLarge, UnusableImage
from inspection.models import InspectionImage, InspectionJob, InspectionRun
from inspection.selectors.access import CARD_RELATIONS
from inspection.services import batches, inference, runs
from inspection.services.decoder import decode_for_inspection
from inspection.services.findings import JudgedImage
from inspection.services.retries import FILE_MISSING
from models_admin import selectors as models_admin
from models_admin.errors import NoRoute, UnknownVersion
from serving.errors import ServingError, TritonTimeout

logger = structlog.get_logger(__name__)
WORKER = service_account("worker")
OUTAGE_WAIT_S = 3.0
# What has become of a run is told to a database that is away for as long as the task's time lasts, about.
INSIST_S = 30.0
RENEWALS_PER_LEASE = 4
UNSEEN = "The database was away, and its worker could not be heard"
# Reading and decoding one image; asking the model and its fallback comes on top.
LONGEST_PREPARATION_S = 20.0

# Whose worker lives, and could not renew because the database was away, is not at fault: the server has started since,
# or nobody has looked for far longer than it takes somebody to.
_LAPSED = """
SELECT id, started_at > pg_postmaster_start_time()
       AND lease_until > clock_timestamp() - make_interval(secs => %(unseen_s)s)
FROM inspection_run WHERE state = 'running' AND lease_until < clock_timestamp()
ORDER BY lease_until FOR NO KEY UPDATE SKIP LOCKED LIMIT 100
"""


def drain(*, budget_s: float) -> int:
    """Judge waiting runs, one claim at a time, until none is left, the time is up, or the model is away.

    Looks after lapsed leases as well: while there is much to judge, sweeps wait behind it.

    Returns:
        How many runs ended.
    """
    deadline_s = time.monotonic() + budget_s
    owner = f"{socket.gethostname()}:{os.getpid()}"
    ended = 0
    look_at_s = time.monotonic()
    while time.monotonic() < deadline_s:
        if time.monotonic() >= look_at_s:
            _take_back_lapsed(now=clock_now())
            look_at_s = time.monotonic() + settings.SWEEP_EVERY_S
        claimed = runs.claim_runs(owner=owner, limit=1, actor=WORKER, now=clock_now())
        if not claimed or not execute(claimed[0]):
            return ended
        ended += 1
    jobs.enqueue(runs.DRAIN)
    return ended


def execute(run: InspectionRun) -> bool:
    """Judge a claimed run.

    Returns:
        False when the model, or something else every run needs, is away: there is no sense in trying the next one now.
    """
    structlog.contextvars.bind_contextvars(run=str(run.pk), attempt=run.attempt)
    try:
        _judge(run)
    except LostLease:
        logger.info("lease_lost")
    except (ServingError, NoRoute, Unavailable) as fault:
        is_outage = _is_outage(fault)
        wait_s = OUTAGE_WAIT_S if is_outage else runs.backoff_s(run.failures)
        reason = inference.words_for_people(fault)
        _put_back(run, reason=reason, wait_s=wait_s, is_own_fault=not is_outage, code=fault.code)
        return not is_outage
    except SoftTimeLimitExceeded:
        _put_back(run, reason="It takes turns with other work.", wait_s=0, is_own_fault=True, code="too_slow")
        raise
    except (UnusableImage, TooLarge, UnknownVersion) as refusal:
        _fail(run, code=str(refusal.extra.get("reason", refusal.code)), detail=refusal.detail)
    except FileNotFoundError:
        _fail(run, code=FILE_MISSING, detail="The image's file is not in the store any more. Send it again.")
    except Exception as fault:
        outage = as_unavailable(fault)
        if outage is not None:
            _put_back(run, reason=outage.detail, wait_s=OUTAGE_WAIT_S, is_own_fault=False, code=outage.code)
            return False
        logger.exception("run_broke")
        reason = f"An unexpected fault ({type(fault).__name__})."
        _put_back(run, reason=reason, wait_s=runs.backoff_s(run.failures), is_own_fault=True, code="internal_error")
    finally:
        structlog.contextvars.unbind_contextvars("run", "attempt")
    return True


def _put_back(run: InspectionRun, *, reason: str, wait_s: float, is_own_fault: bool, code: str) -> None:
    def put_back() -> None:
        runs.put_back(
            run, reason=reason, wait_s=wait_s, is_own_fault=is_own_fault, code=code, actor=WORKER, now=clock_now()
        )

    insist(put_back, for_s=INSIST_S)


def _fail(run: InspectionRun, *, code: str, detail: str) -> None:
    insist(lambda: runs.fail_run(run, code=code, detail=detail, actor=WORKER, now=clock_now()), for_s=INSIST_S)


def _is_outage(fault: ServingError | NoRoute | Unavailable) -> bool:
    """Whether every run would meet this fault now. A time-out is the image's own when Triton answers others."""
    if isinstance(fault, TritonTimeout):
        return not inference.triton_answers()
    return not isinstance(fault, ServingError) or fault.outage


def sweep(*, now: datetime) -> dict[str, int]:
    """Hand on runs whose worker is gone, wake workers for runs that wait, close breakers and forgotten jobs."""
    lapsed = _take_back_lapsed(now=now)
    _look_whether_triton_is_back()
    batches.give_up_interrupted(actor=WORKER, now=now)
    waiting = InspectionRun.objects.filter(state=RunState.QUEUED).exists()
    if waiting:
        jobs.enqueue(runs.DRAIN)
    open_jobs = (
        InspectionJob.objects.filter(state=JobState.RUNNING)
        .exclude(items__state="waiting")
        .values_list("pk", flat=True)[:50]
    )
    over = [job_id for job_id in open_jobs if (now - _made_at(job_id)).total_seconds() > settings.RUN_LEASE_S]
    for job_id in over:
        batches.close_if_over(job_id=job_id, actor=WORKER, now=now)
    return {"lapsed": lapsed, "waiting": int(waiting), "closed_jobs": len(over)}


def _judge(run: InspectionRun) -> None:
    """Judge and finish a run, whose lease is renewed meanwhile for as long as one image after the other gets done."""
    with holds.renewed(
        lambda: _is_still_ours(run),
        every_s=settings.RUN_LEASE_S / RENEWALS_PER_LEASE,
        stalls_after_s=LONGEST_PREPARATION_S + 2 * settings.INFERENCE_DEADLINE_MS / 1000,
    ) as note_step:
        _judge_images(run, note_step=note_step)


def _is_still_ours(run: InspectionRun) -> bool:
    try:
        runs.renew_lease(run)
    except LostLease:
        return False
    return True


def _tool_of(images: list[InspectionImage]) -> str:
    """The code of the one tool that all images come from; empty where it is none or several: one version judges all."""
    codes = {image.tool.code if image.tool else "" for image in images}
    return codes.pop() if len(codes) == 1 else ""


def _judge_images(run: InspectionRun, *, note_step: Callable[[], None]) -> None:
    started_s = time.perf_counter()
    product = run.wafer.lot.product
    judged: list[JudgedImage] = []
    timings_ms: dict[str, float] = {}
    answers = []
    links = list(run.run_images.select_related("image__tool").order_by("ordinal"))
    for position, link in enumerate(links):
        if position:
            # Where somebody has cancelled it, the other images are not judged.
            runs.renew_lease(run)
            note_step()
        original = image_store.get_or_bring_back(link.image.store_key)
        decoded = decode_for_inspection(original, profile=run.recipe_version.preprocessing)
        answer = inference.judge_image(
            decoded,
            image=link.image,
            product=product,
            recipe_version=run.recipe_version,
            use_cache=run.use_cache,
            tool_code=_tool_of([link.image for link in links]),
            requested_id=run.requested_version_id,
        )
        answers.append(answer)
        judged.append(JudgedImage(ordinal=link.ordinal, image=link.image, judgement=answer.judgement))
        for step, spent_ms in {**decoded.timings_ms, **answer.judgement.timings_ms}.items():
            timings_ms[step] = round(timings_ms.get(step, 0.0) + spent_ms, 3)
    if len({answer.judge.route.sha256 for answer in answers}) > 1:
        raise Unavailable("The model was changed in the middle of this wafer; it is judged again by one version.")
    timings_ms["total"] = round((time.perf_counter() - started_s) * 1000, 3)
    runs.finish_run(
        run,
        judged=judged,
        judge=answers[0].judge,
        timings_ms=timings_ms,
        is_cached=all(one.is_cached for one in answers),
        is_degraded=any(one.is_degraded for one in answers),
        actor=WORKER,
        now=clock_now(),
    )


def _look_whether_triton_is_back() -> None:
    """Close breakers whose server answers again, so that recovery needs no traffic; free while they are closed."""
    for deployment in models_admin.serving_versions():
        inference.triton().probe(model_name=deployment.triton_name)


@transaction.atomic
def _take_back_lapsed(*, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LAPSED, {"unseen_s": settings.RUN_LEASE_S + settings.SWEEP_EVERY_S})
        is_own_fault = dict(cursor.fetchall())
    # By job, so that two who sweep at once lock the jobs in the same order.
    lapsed = InspectionRun.objects.filter(pk__in=is_own_fault).select_related(*CARD_RELATIONS)
    for run in lapsed.order_by("job_id", "id"):
        logger.warning("lease_lapsed", run=str(run.pk), owner=run.lease_owner, is_own_fault=is_own_fault[run.pk])
        _hand_on(run, is_own_fault=is_own_fault[run.pk], now=now)
    metrics.LEASE_EXPIRIES.inc(len(is_own_fault))
    return len(is_own_fault)


def _hand_on(run: InspectionRun, *, is_own_fault: bool, now: datetime) -> None:
    code, why = ("worker_lost", "Its worker stopped answering") if is_own_fault else ("unavailable", UNSEEN)
    runs.put_back(
        run,
        reason=f"{why}; another one takes over.",
        wait_s=0,
        is_own_fault=is_own_fault,
        code=code,
        actor=service_account("sweeper"),
        now=now,
    )


def _made_at(job_id: UUID) -> datetime:
    return InspectionJob.objects.values_list("created_at", flat=True).get(pk=job_id)
