"""Labels from elsewhere become tasks and annotations: of images that are here, and none of them twice."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, BinaryIO

from django.db import connection, models, transaction

from accounts.models import Site
from annotations.choices import Change, TaskKind, TaskState, Verdict
from annotations.datasets.matching import Matched, NewBox, matched
from annotations.models import Annotation, ReviewTask
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Forbidden
from core.ids import uuid7
from domain.datasets.formats import Format, read
from domain.datasets.labels import Fault
from domain.shapes import said as shapes
from inspection import selectors as inspection

_AT_ONCE = 5000
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class ImportReport:
    """What came of a file.

    Attributes:
        images: in the file; `matched` of them are here.
        boxes: in the file; `known` of them are settled here already, `new` are not, `written` were written now.
        nuisances: boxes that say what is no defect; they are not taken over.
        faults: the first of `fault_count`.
    """

    format: str
    sha256: str
    is_dry_run: bool
    images: int
    matched: int
    boxes: int
    known: int
    new: int
    written: int
    nuisances: int
    fault_count: int
    faults: tuple[Fault, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "faults": [asdict(fault) for fault in self.faults]}


def import_labels(
    *,
    file: BinaryIO,
    format: Format,
    site: Site,
    is_dry_run: bool,
    skips_faults: bool,
    actor: Actor,
    now: datetime,
) -> ImportReport:
    """Look at a file of labels; unless it is a dry run, write what is new in it as decided tasks of the actor's.

    What is written waits for validation and acceptance like any other decision. The same file again writes nothing.

    Args:
        skips_faults: write what is right of a file with faults; else such a file writes nothing.

    Raises:
        Forbidden: the system itself says nothing of images.
    """
    if actor.user_id is None:
        raise Forbidden("Only a person or a program with an account labels.")
    sha256 = _digest(file)
    # Reading a large file takes longer than a transaction may stand still.
    found = matched(read(file, format=format), site=site, classes=inspection.classes_by_id().values())
    is_written = not is_dry_run and bool(found.new) and (skips_faults or not found.fault_count)
    written = _write_all(found, format=format, sha256=sha256, site=site, actor=actor, now=now) if is_written else 0
    return _report(found, format=format, sha256=sha256, is_dry_run=is_dry_run, written=written)


@transaction.atomic
def _write_all(found: Matched, *, format: Format, sha256: str, site: Site, actor: Actor, now: datetime) -> int:
    assert actor.user_id is not None
    # In one order: two files at once that say the same in orders of their own would wait for each other forever.
    boxes = sorted(found.new, key=attrgetter("task"))
    written = sum(
        _write(boxes[at : at + _AT_ONCE], site=site, author_id=actor.user_id, now=now)
        for at in range(0, len(boxes), _AT_ONCE)
    )
    audit.record(
        action=Action.LABELS_IMPORTED,
        object_type="site",
        object_id=site.pk,
        actor=actor,
        at=now,
        after={"format": format, "sha256": sha256, "images": found.matched, "tasks": written},
    )
    return written


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _report(found: Matched, *, format: Format, sha256: str, is_dry_run: bool, written: int) -> ImportReport:
    return ImportReport(
        format=format.value,
        sha256=sha256,
        is_dry_run=is_dry_run,
        images=found.images,
        matched=found.matched,
        boxes=found.boxes,
        known=found.known,
        new=len(found.new),
        written=written,
        nuisances=found.nuisances,
        fault_count=found.fault_count,
        faults=tuple(found.faults),
    )


def _write(boxes: Sequence[NewBox], *, site: Site, author_id: int, now: datetime) -> int:
    """Insert tasks with an annotation each, by one statement. Those whose task is there already are passed over.

    Returns:
        How many were inserted.
    """
    # Whatever else the rows have is as the models have it by default.
    task = ReviewTask(
        site=site,
        kind=TaskKind.IMPORTED,
        state=TaskState.DECIDED,
        revision=2,
        annotation_number=1,
        made_at=now,
    )
    annotation = Annotation(number=1, author_id=author_id, verdict=Verdict.DEFECT, change=Change.IMPORTED, made_at=now)
    box = {"x_px": "box.x", "y_px": "box.y", "width_px": "box.width", "height_px": "box.height"}
    of_task = {"id": "box.task", "image_id": "box.image", "run_id": "box.run", "wafer_id": "box.wafer",
               "defect_class_id": "box.class", "severity": "box.severity", "shape": "box.shape", **box}  # fmt: skip
    of_annotation = {
        "id": "box.annotation",
        "task_id": "box.task",
        "defect_class_id": "box.class",
        "shape": "box.shape",
        **box,
    }
    task_columns, task_values, task_constants = _insert_of(task, of_task)
    said_columns, said_values, said_constants = _insert_of(annotation, of_annotation)
    rows = [
        (one.task, uuid7(at=now), one.place.image, one.place.run, one.place.wafer, one.defect_class.pk,
         one.defect_class.severity, *one.box_px, one.shape and json.dumps(shapes.write(one.shape)))
        for one in boxes
    ]  # fmt: skip
    statement = f"""
        WITH box AS MATERIALIZED (
            SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::int8[], %s::text[],
                %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::jsonb[])
            AS box(task, annotation, image, run, wafer, class, severity, x, y, width, height, shape)
        ), made AS (
            INSERT INTO review_task ({task_columns}) SELECT {task_values} FROM box
            ON CONFLICT (id) DO NOTHING RETURNING id
        )
        INSERT INTO annotation ({said_columns}) SELECT {said_values} FROM box JOIN made ON made.id = box.task
    """  # noqa: S608 - names of our own models
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(statement, [*columns, *task_constants, *said_constants])
        return int(cursor.rowcount)


def _insert_of(row: models.Model, varying: dict[str, str]) -> tuple[str, str, list[Any]]:
    """Columns of a row, what stands in each, and the values of those that are the same for all."""
    columns, values, constants = [], [], []
    for column in row._meta.concrete_fields:
        columns.append(connection.ops.quote_name(str(column.column)))
        if column.attname in varying:
            values.append(varying[column.attname])
        else:
            values.append(f"%s::{column.db_type(connection)}")
            constants.append(column.get_db_prep_save(getattr(row, column.attname), connection))
    return ", ".join(columns), ", ".join(values), constants
