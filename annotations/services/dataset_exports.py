"""Snapshots leave as files, made once by a worker and kept, so that a download can be resumed where it broke off."""

import hashlib
import tempfile
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotations.choices import BuildState
from annotations.datasets.files import MOST_IMAGE_BYTES, bytes_of_images, suffix_of, write_export
from annotations.errors import BuildFailed, NotReady
from annotations.models import DatasetExport, DatasetSnapshot
from annotations.selectors import dataset_visible_to, progress_of
from annotations.services.building import (
    BUILDER,
    CannotBuild,
    LostBuild,
    build_next,
    in_a_while,
    locked,
    note_again,
    note_end,
)
from annotations.services.datasets import BUILD
from audit import services as audit
from audit.actions import Action
from core import image_store, jobs
from core.actors import Actor
from core.clock import now as clock_now
from core.errors import WaferdeckError
from core.text import size_text
from domain.datasets.formats import Format

KIND = "dataset-export"
TRIED_AGAIN_AFTER = timedelta(seconds=30)
_NOTED_EVERY_S = 1.0
_BLOCK_BYTES = 1 << 20


def ready_dataset(*, dataset_id: UUID, actor: Actor) -> DatasetSnapshot:
    """A snapshot that is ready.

    Raises:
        NotFound: no such data set at the actor's sites.
        NotReady: it is still being built.
        BuildFailed: it could not be built.
    """
    snapshot = dataset_visible_to(actor, dataset_id)
    if snapshot.state == BuildState.FAILED:
        raise BuildFailed(snapshot.error_detail)
    if snapshot.state != BuildState.READY:
        raise NotReady(
            "This data set is still being built.",
            retry_after_s=2,
            progress=progress_of(snapshot),
            dataset=str(snapshot.pk),
        )
    return snapshot


@transaction.atomic
def export_dataset(
    *, dataset_id: UUID, format: Format, with_images: bool, actor: Actor, now: datetime
) -> DatasetExport:
    """The file of a snapshot in a format; where nobody has asked for it yet, workers begin to make it.

    The manifest itself is there as soon as the snapshot is.

    Raises:
        as `ready_dataset`, and
        BuildFailed: the file could not be made; asking again after a while tries again.
    """
    snapshot = ready_dataset(dataset_id=dataset_id, actor=actor)
    if format is Format.JSONL and not with_images:
        return _manifest(snapshot)
    export = DatasetExport.objects.filter(snapshot=snapshot, format=format, with_images=with_images).first()
    if export is None:
        export = DatasetExport(
            snapshot=snapshot,
            format=format,
            with_images=with_images,
            total=_total(snapshot, with_images=with_images),
            created_at=now,
            created_by=actor.username,
        )
        try:
            with transaction.atomic():
                export.save(force_insert=True)
        except IntegrityError:
            return DatasetExport.objects.get(snapshot=snapshot, format=format, with_images=with_images)
        _record(Action.DATASET_EXPORT_REQUESTED, export, actor=actor, now=now)
        jobs.enqueue_on_commit(BUILD)
    elif export.state == BuildState.FAILED:
        _try_again(export, actor=actor, now=now)
    return export


def note_download(export: DatasetExport, *, actor: Actor, now: datetime) -> None:
    """Put down that somebody takes a file away."""
    _record(Action.DATASET_DOWNLOADED, export, actor=actor, now=now, sha256=export.sha256)


def build_exports(*, budget_s: float) -> bool:
    """Make files that wait, for as long as there are any and the time lasts.

    Returns:
        Whether more may be left to do.
    """
    until_s = in_a_while(budget_s)
    while build_next(DatasetExport, step=_make, fail=_fail, until_s=until_s):
        if in_a_while(0) >= until_s:
            return True
    return False


def _make(export: DatasetExport) -> bool:
    """Write the whole file, in one go: it is the same each time, so what a lost worker had written is not missed."""
    snapshot, format = export.snapshot, Format(export.format)
    if export.with_images and bytes_of_images(snapshot) > MOST_IMAGE_BYTES:
        raise CannotBuild(
            f"Its images are more than {size_text(MOST_IMAGE_BYTES)} together. Export without images: every image has"
            " its address in the file."
        )
    progress = _Progress(export)
    with tempfile.TemporaryFile() as file:
        write_export(snapshot, format=format, with_images=export.with_images, out=file, note=progress.note)
        file.seek(0)
        digest = hashlib.sha256()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        size, sha256 = file.tell(), digest.hexdigest()
        file.seek(0)
        suffix = suffix_of(format, with_images=export.with_images)
        key = image_store.put_file(file, sha256=sha256, kind=KIND, suffix=suffix)
    _finish(export, key=key, sha256=sha256, size=size)
    return False


@transaction.atomic
def _finish(export: DatasetExport, *, key: str, sha256: str, size: int) -> None:
    current, now = locked(export), clock_now()
    current.file_key, current.sha256, current.bytes, current.done = key, sha256, size, current.total
    note_end(current, state=BuildState.READY, now=now, also=("file_key", "sha256", "bytes", "done"))
    _record(Action.DATASET_EXPORT_BUILT, current, actor=BUILDER, now=now, sha256=sha256, bytes=size)


@transaction.atomic
def _fail(export: DatasetExport, refusal: WaferdeckError) -> None:
    current, now = locked(export), clock_now()
    note_end(current, state=BuildState.FAILED, now=now, error=refusal)
    _record(Action.DATASET_EXPORT_FAILED, current, actor=BUILDER, now=now, why=refusal.detail)


def _try_again(export: DatasetExport, *, actor: Actor, now: datetime) -> None:
    current = DatasetExport.objects.select_for_update(no_key=True).get(pk=export.pk)
    if current.state != BuildState.FAILED:
        return
    if current.finished_at is not None and now - current.finished_at < TRIED_AGAIN_AFTER:
        raise BuildFailed(current.error_detail, retry_after_s=int(TRIED_AGAIN_AFTER.total_seconds()))
    note_again(current)
    current.total = _total(current.snapshot, with_images=current.with_images)
    current.save(update_fields=["total"])
    export.refresh_from_db()
    _record(Action.DATASET_EXPORT_REQUESTED, current, actor=actor, now=now)
    jobs.enqueue_on_commit(BUILD)


class _Progress:
    """Says once a second how far it is, and stops whoever has lost the row."""

    def __init__(self, export: DatasetExport) -> None:
        self._export = export
        self._done = 0
        self._noted_s = time.monotonic()

    def note(self) -> None:
        self._done += 1
        if time.monotonic() - self._noted_s < _NOTED_EVERY_S:
            return
        self._noted_s = time.monotonic()
        own = DatasetExport.objects.filter(pk=self._export.pk, attempt=self._export.attempt, state=BuildState.BUILDING)
        if not own.update(done=self._done):
            raise LostBuild


def _total(snapshot: DatasetSnapshot, *, with_images: bool) -> int:
    return snapshot.total * (2 if with_images else 1)


def _manifest(snapshot: DatasetSnapshot) -> DatasetExport:
    """The manifest as an export that is no row."""
    return DatasetExport(
        snapshot=snapshot,
        format=Format.JSONL,
        state=BuildState.READY,
        done=snapshot.total,
        total=snapshot.total,
        file_key=snapshot.manifest_key,
        sha256=snapshot.manifest_sha256,
        bytes=snapshot.manifest_bytes,
        created_at=snapshot.created_at,
        created_by=snapshot.created_by,
        finished_at=snapshot.finished_at,
    )


def _record(action: Action, export: DatasetExport, *, actor: Actor, now: datetime, **more: Any) -> None:
    audit.record(
        action=action,
        object_type="dataset",
        object_id=export.snapshot_id,
        actor=actor,
        at=now,
        after={"format": export.format, "images": export.with_images, **more},
    )
