"""1 to 100 images sent together: each is checked at once, judged by the workers, and one bad file harms no other.

Locks are taken in one order: runs, then their job, then its items.
"""

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from audit import services as audit
from audit.actions import Action
from core import holds, jobs
from core.actors import Actor
from core.clock import now as clock_now
from core.errors import Invalid, Overloaded, Unavailable, WaferdeckError
from core.idempotency import Attempt
from core.outages import as_unavailable
from inspection.choices import RETRYABLE, UNDER_WAY, ItemState, JobState, check_job_step
from inspection.errors import UnknownJob
from inspection.models import InspectionJob, InspectionRun, JobItem
from inspection.selectors.access import of_sites, with_cards
from inspection.services import job_progress, predict, runs
from inspection.services.labels import file_label
from inspection.services.retries import may_help
from inspection.services.uploads import Upload, resolve

MOST_IMAGES = 100
# Enough calls for every worker to join in, and far fewer than files.
WAKE_EVERY = 10
INTERRUPTED = "upload_interrupted"
_RENEWALS_PER_INTAKE = 6


@dataclass(frozen=True)
class BatchFile:
    """One file of a batch."""

    name: str
    data: bytes
    external_id: str | None = None


def create_batch(
    *,
    files: list[BatchFile],
    upload: Upload,
    label: str,
    actor: Actor,
    now: datetime,
    attempt: Attempt | None = None,
) -> InspectionJob:
    """Take a batch in. Files that cannot be used become failed items with their reason; the rest wait for the workers.

    Args:
        attempt: of the request; where an earlier one broke off, its job is gone on with, and no file is taken in twice.

    Raises:
        Unavailable: something that every file needs is away; the files that are not taken in yet are waited for.
        Invalid: no file, more than 100, or the same external_id twice.
        UnknownRecipe, UnknownSite: see `uploads.resolve`.
    """
    if not 1 <= len(files) <= MOST_IMAGES:
        raise Invalid(f"Send 1 to {MOST_IMAGES} images.", fields={"images": [f"{len(files)} were sent."]})
    named = [file.external_id for file in files if file.external_id]
    if len(set(named)) != len(named):
        raise Invalid("An external_id came twice.", fields={"external_id": ["Each names one image."]})
    attempt = attempt or Attempt()
    if attempt.made:
        job = _resumed_job(UUID(attempt.made), actor=actor, now=now)
    else:
        job = _new_job(files, upload=upload, label=label, actor=actor, now=now, attempt=attempt)
    every_s = job_progress.INTAKE_LIFETIME.total_seconds() / _RENEWALS_PER_INTAKE
    with holds.renewed(lambda: _is_taken_in_still(job.pk, now=clock_now()), every_s=every_s):
        _take_items(job, files=files, upload=upload, actor=actor, now=now)
    return close_if_over(job_id=job.pk, actor=actor, now=now)


def _take_items(job: InspectionJob, *, files: list[BatchFile], upload: Upload, actor: Actor, now: datetime) -> None:
    for index, file in enumerate(files):
        try:
            _take_item(job, ordinal=index, file=file, upload=upload, actor=actor, now=now)
        except Exception as fault:
            outage = fault if isinstance(fault, Unavailable) else as_unavailable(fault)
            if outage is None:
                raise
            raise _broken_off(outage, job=job, taken=index) from fault
        if index % WAKE_EVERY == 0 or index == len(files) - 1:
            jobs.enqueue_on_commit(runs.DRAIN)


def _broken_off(outage: Unavailable, *, job: InspectionJob, taken: int) -> Unavailable:
    kind = Overloaded if isinstance(outage, Overloaded) else Unavailable
    return kind(
        f"{outage.detail} {taken} of {job.total} files of this batch are taken in; send the same request again with its"
        " Idempotency-Key and it goes on. Without a key, send the others as a batch of their own.",
        retry_after_s=outage.retry_after_s,
        **outage.extra,
        job=str(job.pk),
    )


@transaction.atomic
def _resumed_job(job_id: UUID, *, actor: Actor, now: datetime) -> InspectionJob:
    """The job that an attempt which broke off has begun; files of it that were given up are waited for again."""
    job = InspectionJob.objects.select_for_update(no_key=True).get(pk=job_id)
    job.intake_until = now + job_progress.INTAKE_LIFETIME
    job.save(update_fields=["intake_until"])
    given_up = JobItem.objects.filter(job=job, state=ItemState.FAILED, run=None, error_code=INTERRUPTED)
    if job.state != JobState.CANCELLED and given_up.exists():
        job_progress.wait_again(job, items=given_up, now=now, actor=actor, resumed=True)
    return job


def _is_taken_in_still(job_id: UUID, *, now: datetime) -> bool:
    """Say that the files of a job are being taken in; False when it is over."""
    running = InspectionJob.objects.filter(pk=job_id, state=JobState.RUNNING)
    return running.update(intake_until=now + job_progress.INTAKE_LIFETIME) == 1


def _new_job(
    files: list[BatchFile], *, upload: Upload, label: str, actor: Actor, now: datetime, attempt: Attempt
) -> InspectionJob:
    context = resolve(upload, actor=actor, now=now)
    with transaction.atomic():
        job = job_progress.open_job(
            site_id=context.site.pk,
            total=len(files),
            label=label,
            recipe_version_id=context.recipe_version.pk,
            actor=actor,
            now=now,
        )
        JobItem.objects.bulk_create(
            JobItem(job=job, ordinal=index, file_name=file_label(file.name), external_id=file.external_id or "")
            for index, file in enumerate(files)
        )
        attempt.note(job.pk)
    return job


@transaction.atomic
def close_if_over(*, job_id: UUID, actor: Actor, now: datetime) -> InspectionJob:
    """Count a job's items, and end it when none waits; announces what it finds."""
    job = InspectionJob.objects.select_for_update(no_key=True).get(pk=job_id)
    job_progress.recount(job)
    if job.finished_at is None and job.done + job.failed + job.cancelled == job.total:
        job_progress.finish(job, now=now, actor=actor)
    job_progress.announce(job, item=None, now=now)
    return job


def give_up_interrupted(*, actor: Actor, now: datetime) -> int:
    """Fail what a batch has not taken in because the request broke off; only whoever sent it has those files.

    Returns:
        How many items there were. Their jobs end with them.
    """
    lost = JobItem.objects.filter(
        state=ItemState.WAITING, run=None, job__state=JobState.RUNNING, job__intake_until__lt=now
    )
    job_ids = list(lost.values_list("job_id", flat=True).distinct()[:50])
    return sum(_give_up_job(job_id, actor=actor, now=now) for job_id in job_ids)


@transaction.atomic
def cancel_job(*, job_id: UUID, actor: Actor, now: datetime) -> InspectionJob:
    """Cancel what of a job has not ended yet.

    Raises:
        UnknownJob: no such job at the actor's sites.
        IllegalTransition: it is over already.
    """
    job, locked = _locked_with_runs(job_id, actor)
    check_job_step(job.state, JobState.CANCELLED)
    # Before its items: with the last of them the job ends, as what it is.
    job.state = JobState.CANCELLED
    job.save(update_fields=["state"])
    job.items.filter(state=ItemState.WAITING, run=None).update(state=ItemState.CANCELLED)
    under_way = InspectionRun.objects.filter(pk__in=locked, state__in=UNDER_WAY)
    runs.cancel_locked(list(with_cards(under_way).order_by("id")), actor=actor, now=now)
    audit.record(action=Action.JOB_CANCELLED, object_type="job", object_id=job.pk, actor=actor, at=now)
    return close_if_over(job_id=job.pk, actor=actor, now=now)


@transaction.atomic
def retry_failed_items(*, job_id: UUID, actor: Actor, now: datetime) -> InspectionJob:
    """Queue the failed and cancelled runs of a job again, but for those that would only fail again.

    Items without a run were refused, or cancelled before their files were taken in: those files are not here.

    Raises:
        UnknownJob: no such job at the actor's sites.
        Invalid: nothing in it can be tried again.
    """
    job, locked = _locked_with_runs(job_id, actor)
    again = job.items.filter(state__in=[ItemState.FAILED, ItemState.CANCELLED], run__in=locked)
    failed = InspectionRun.objects.filter(pk__in=again.values("run_id"), state__in=RETRYABLE)
    run_ids = [run.pk for run in failed.select_related("recipe_version__recipe").order_by("id") if may_help(run)]
    if not run_ids:
        raise Invalid(
            "Nothing here can be tried again. Files that were refused, or cancelled before they were taken in,"
            " are not kept: they have to be sent anew."
        )
    for run_id in run_ids:
        runs.retry_run(run_id=run_id, actor=actor, now=now)
    job.refresh_from_db()
    return job


def _take_item(
    job: InspectionJob, *, ordinal: int, file: BatchFile, upload: Upload, actor: Actor, now: datetime
) -> None:
    """Check and store one file, and queue its run; why a file cannot be used is written to its item.

    Does nothing when the item does not wait for its file any more: it was cancelled, given up, or taken in before.

    Raises:
        Unavailable, or what `as_unavailable` knows: not by the file's fault; its item goes on waiting.
    """
    one = replace(upload, external_id=file.external_id, priority=2)
    item = JobItem.objects.get(job=job, ordinal=ordinal)
    if not item.waits_for_file:
        return
    try:
        _queue_item(job, item=item, file=file, upload=one, actor=actor, now=now)
    except Unavailable:
        raise
    except WaferdeckError as refusal:
        code = str(refusal.extra.get("reason") or refusal.code)
        JobItem.objects.filter(pk=item.pk, state=ItemState.WAITING, run=None).update(
            state=ItemState.FAILED, error_code=code, error_detail=refusal.detail
        )


def _queue_item(
    job: InspectionJob,
    *,
    item: JobItem,
    file: BatchFile,
    upload: Upload,
    actor: Actor,
    now: datetime,
    is_second_try: bool = False,
) -> None:
    taken = predict.take_image(data=file.data, file_name=file.name, upload=upload, actor=actor, now=now)
    run = runs.new_run(
        wafer=taken.wafer,
        context=taken.context,
        job=job,
        priority=upload.priority,
        use_cache=upload.use_cache,
        actor=actor,
        now=now,
    )
    try:
        with transaction.atomic():
            # The job first, as whoever cancels it does: then it is either cancelled before this, or cancels this run.
            InspectionJob.objects.select_for_update(no_key=True).get(pk=job.pk)
            item.refresh_from_db()
            if not item.waits_for_file:
                return
            predict.save_taken(taken, run=run, now=now)
            runs.queue_run(run, images=[taken.image], wake=False, actor=actor, now=now)
            item.run, item.image = run, taken.image
            item.save(update_fields=["run", "image"])
    except IntegrityError as fault:
        # The same image was written between our look and our insert: now it is known, and is simply judged again.
        if is_second_try:
            raise Unavailable("The same image is being stored by somebody else. Send it again.") from fault
        _queue_item(job, item=item, file=file, upload=upload, actor=actor, now=now, is_second_try=True)


@transaction.atomic
def _give_up_job(job_id: UUID, *, actor: Actor, now: datetime) -> int:
    """Fail the items of a running job that wait for files. One that somebody holds is at work: it is left alone."""
    running = InspectionJob.objects.filter(pk=job_id, state=JobState.RUNNING, intake_until__lt=now)
    if running.select_for_update(no_key=True, skip_locked=True).first() is None:
        return 0
    count = JobItem.objects.filter(job_id=job_id, state=ItemState.WAITING, run=None).update(
        state=ItemState.FAILED,
        error_code=INTERRUPTED,
        error_detail="The upload broke off before this file was taken in. Send the same request again with its"
        " Idempotency-Key and it goes on, or this file in a new batch.",
    )
    if count:
        close_if_over(job_id=job_id, actor=actor, now=now)
    return count


class _HeldByAWorker(Exception):
    """A run that was queued a moment ago is locked by somebody who may wait for its job."""


def _locked_with_runs(job_id: UUID, actor: Actor) -> tuple[InspectionJob, set[UUID]]:
    """The job and the keys of all its runs, locked: the runs first, as by everybody who ends a run.

    Runs that were queued between the two are taken if nobody holds them; else all is let go and taken anew.

    Raises:
        UnknownJob: no such job at the actor's sites.
    """
    while True:
        with contextlib.suppress(_HeldByAWorker), transaction.atomic():
            runs_of_job = InspectionRun.objects.filter(job_id=job_id).order_by("id").values_list("pk", flat=True)
            locked = set(runs_of_job.select_for_update(no_key=True))
            job = _for_update(job_id, actor)
            # Whoever takes files in queues their runs with the job locked: from here on none comes.
            late = set(runs_of_job.exclude(pk__in=locked))
            if late != set(runs_of_job.filter(pk__in=late).select_for_update(no_key=True, skip_locked=True)):
                raise _HeldByAWorker
            return job, locked | late


def _for_update(job_id: UUID, actor: Actor) -> InspectionJob:
    visible = of_sites(InspectionJob.objects.all(), actor)
    job: InspectionJob | None = visible.filter(pk=job_id).select_for_update(no_key=True).first()
    if job is None:
        raise UnknownJob("There is no such job, or it belongs to another site.")
    return job
