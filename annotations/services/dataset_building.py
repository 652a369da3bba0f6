"""Building snapshots: what belongs to one is collected, split by lot, written part by part and joined."""

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO

from django.core.files.storage import default_storage
from django.db import connection, transaction

from annotations.choices import BuildState
from annotations.datasets.collecting import BELONGING, CHOSEN, PLAN, WORDS, values_of
from annotations.datasets.records import candidates_of, lot_counts_of, records_of, word_counts_of
from annotations.models import DatasetImage, DatasetSnapshot, DatasetWord
from annotations.selectors import DatasetSelection
from annotations.services.building import BUILDER, CannotBuild, build_next, in_a_while, locked, note_end, renew
from annotations.services.datasets import announce, record
from audit.actions import Action
from core import image_store
from core.clock import now as clock_now
from core.errors import WaferdeckError
from domain.datasets.manifest import duplicate_line, header_line, image_line, images_of
from domain.datasets.records import Duplicate, Header
from domain.datasets.split import check_no_leak, split_lots, without_duplicates
from domain.datasets.statistics import added, counts_of
from inspection import selectors as inspection

KIND, SUFFIX = "dataset", ".jsonl"
PART_KIND = "dataset-part"
IMAGES_PER_PART = 2000
SPARE_FOR = timedelta(hours=1)
_AT_ONCE = 5000
_OF_THE_MANIFEST = ("manifest_key", "manifest_sha256", "manifest_bytes", "statistics")
_COLLECT_TIMEOUT = "45s"

# One statement sees one moment: what is decided while it runs belongs to the next snapshot.
_COLLECT_WORDS = f"""
WITH {CHOSEN}
INSERT INTO dataset_word (snapshot_id, image_id, task_id, annotation_number, stage)
SELECT %(snapshot)s, word.* FROM ({WORDS}) word
"""  # noqa: S608 - constants of our own
_COLLECT_IMAGES = f"""
WITH word AS (SELECT image_id, task_id FROM dataset_word WHERE snapshot_id = %(snapshot)s), {BELONGING}
INSERT INTO dataset_image (snapshot_id, image_id, lot_id, is_complete, words, split)
SELECT %(snapshot)s, image_id, lot_id, is_complete, words, '' FROM belonging
"""  # noqa: S608
_PLACE = """
UPDATE dataset_image own SET split = placed.split
FROM lot, unnest(%s::text[], %s::text[]) AS placed(lot, split)
WHERE own.snapshot_id = %s AND own.duplicate_of IS NULL AND lot.id = own.lot_id AND lot.code = placed.lot
"""
_LEAVE_OUT = """
UPDATE dataset_image own SET duplicate_of = other.of
FROM unnest(%s::uuid[], %s::uuid[]) AS other(image, of) WHERE own.snapshot_id = %s AND own.image_id = other.image
"""


def build_datasets(*, budget_s: float) -> bool:
    """Build snapshots that wait, for as long as there are any and the time lasts.

    Returns:
        Whether more may be left to do.
    """
    until_s = in_a_while(budget_s)
    while build_next(DatasetSnapshot, step=_step, fail=_fail, until_s=until_s):
        if in_a_while(0) >= until_s:
            return True
    return False


def forget_parts(*, now: datetime) -> int:
    """Delete parts that no snapshot is put together from any more: of those that failed, or whose worker was lost
    between joining them and deleting them.

    Returns:
        How many files went.
    """
    building = DatasetSnapshot.objects.filter(state=BuildState.BUILDING).values_list("pk", flat=True)
    kept = {str(key) for key in building}
    folders = [name for name in image_store.names(PART_KIND) if name not in kept]
    return sum(image_store.forget(f"{PART_KIND}/{name}", older_than=now - SPARE_FOR) for name in folders)


def _step(snapshot: DatasetSnapshot) -> bool:
    """One step of building; each may be repeated by whoever takes over."""
    with transaction.atomic():
        current = locked(snapshot)
        is_written = current.is_split and current.done == current.total
        if not current.is_collected:
            _collect(current)
        elif not current.is_split:
            _split(current)
        elif not is_written:
            _write_part(current)
        renew(current)
    if is_written:
        _finish(current, now=clock_now())
    return not is_written


def _collect(snapshot: DatasetSnapshot) -> None:
    """Put down which images belong to it, and which annotations count now."""
    chosen = DatasetSelection.of(snapshot.selection)
    values = {**values_of(chosen, site_id=snapshot.site_id), "snapshot": snapshot.pk}
    with connection.cursor() as cursor:
        cursor.execute(PLAN, [_COLLECT_TIMEOUT, "off"])
        cursor.execute(_COLLECT_WORDS, values)
        cursor.execute(_COLLECT_IMAGES, values)
        count = cursor.rowcount
        cursor.execute(PLAN, [_COLLECT_TIMEOUT, "on"])
    if not count:
        raise CannotBuild("Nothing that fits this selection has been settled yet.")
    snapshot.is_collected = True
    snapshot.total = count
    snapshot.save(update_fields=["is_collected", "total"])


def _split(snapshot: DatasetSnapshot) -> None:
    """Leave out what is there twice, and give every lot to one split."""
    stay, gone = without_duplicates(candidates_of(snapshot))
    with connection.cursor() as cursor:
        for at in range(0, len(gone), _AT_ONCE):
            some = gone[at : at + _AT_ONCE]
            cursor.execute(_LEAVE_OUT, [[one.image for one in some], [one.of for one in some], snapshot.pk])
        lots = lot_counts_of(snapshot, stay)
        placed = split_lots(lots, shares=snapshot.shares, seed=snapshot.seed)
        cursor.execute(_PLACE, [list(placed), [split.value for split in placed.values()], snapshot.pk])
    snapshot.is_split, snapshot.total, snapshot.statistics = True, len(stay), {"duplicates": len(gone)}
    snapshot.save(update_fields=["is_split", "total", "statistics"])


def _write_part(snapshot: DatasetSnapshot) -> None:
    """Write the next images. Who repeats this writes the same to the same place."""
    records = records_of(snapshot, after=snapshot.after_image, limit=IMAGES_PER_PART)
    image_store.put_at(_part_key(snapshot, snapshot.parts), b"".join(map(image_line, records)))
    snapshot.parts += 1
    snapshot.done += len(records)
    snapshot.after_image = records[-1].image
    counts = {**counts_of(records), **word_counts_of(records)}
    snapshot.statistics = added(snapshot.statistics, counts)
    snapshot.save(update_fields=["parts", "done", "after_image", "statistics"])


def _finish(snapshot: DatasetSnapshot, *, now: datetime) -> None:
    """Join the parts to the manifest, prove that nothing is in two splits, and let nobody change it again."""
    with tempfile.TemporaryFile() as file:
        digest = hashlib.sha256()
        for piece in _pieces(snapshot):
            file.write(piece)
            digest.update(piece)
        size, sha256 = file.tell(), digest.hexdigest()
        checked = _prove(file)
        file.seek(0)
        key = image_store.put_file(file, sha256=sha256, kind=KIND, suffix=SUFFIX)
    with transaction.atomic():
        current = locked(snapshot)
        current.manifest_key, current.manifest_sha256, current.manifest_bytes = key, sha256, size
        current.statistics = {**current.statistics, "checked": checked}
        _clear(current)
        note_end(current, state=BuildState.READY, now=now, also=_OF_THE_MANIFEST)
        after = {"sha256": sha256, "images": current.total, "bytes": size}
        record(Action.DATASET_BUILT, current, actor=BUILDER, now=now, after=after)
        announce(current, now=now)
    for part in range(snapshot.parts):
        default_storage.delete(_part_key(snapshot, part))


def _clear(snapshot: DatasetSnapshot) -> None:
    """Forget what it was put together from: the manifest has it all, or it is put together anew."""
    DatasetWord.objects.filter(snapshot=snapshot).delete()
    DatasetImage.objects.filter(snapshot=snapshot).delete()


def _prove(file: BinaryIO) -> dict[str, int]:
    file.seek(0)
    return check_no_leak((record.lot, record.pixel_sha256, record.split) for record in images_of(file))


def _pieces(snapshot: DatasetSnapshot) -> Iterator[bytes]:
    train, validation, test = snapshot.shares
    classes = tuple(inspection.defect_classes().order_by("code").values_list("code", flat=True))
    yield header_line(Header(snapshot.site.code, classes, snapshot.seed, (train, validation, test)))
    for part in range(snapshot.parts):
        yield image_store.get(_part_key(snapshot, part))
    left_out = DatasetImage.objects.filter(snapshot=snapshot, duplicate_of__isnull=False).order_by("image_id")
    for image, of in left_out.values_list("image_id", "duplicate_of").iterator(chunk_size=_AT_ONCE):
        yield duplicate_line(Duplicate(str(image), of=str(of)))


def _part_key(snapshot: DatasetSnapshot, part: int) -> str:
    return f"{PART_KIND}/{snapshot.pk}/{part:06}{SUFFIX}"


@transaction.atomic
def _fail(snapshot: DatasetSnapshot, refusal: WaferdeckError) -> None:
    current, now = locked(snapshot), clock_now()
    _clear(current)
    note_end(current, state=BuildState.FAILED, now=now, error=refusal)
    record(Action.DATASET_FAILED, current, actor=BUILDER, now=now, reason=refusal.detail)
    announce(current, now=now)
