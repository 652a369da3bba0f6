"""Files that are to become versions: taken in at once, examined by a worker, registered or refused."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core import image_store
from core.actors import Actor
from core.errors import Invalid
from core.ids import uuid7
from core.jobs import enqueue_on_commit
from core.text import size_text
from models_admin import selectors
from models_admin.choices import UNDER_EXAMINATION, IntakeState, check_intake_step
from models_admin.errors import ArtefactRefused, VersionTaken
from models_admin.intake.artefact import Artefact, spec_of
from models_admin.intake.process import MOST_BYTES, Examined, examine
from models_admin.intake.rules import Refusal, Rule
from models_admin.models import ModelIntake, ModelVersion
from models_admin.services.registration import known_version, register_examined
from models_admin.services.steps import every_site
from outbox import services as outbox
from serving.tensors import DetectorSpec

EXAMINE_TASK = "models_admin.examine"
STORE_KIND = "quarantine"
# Examining ends by itself after two minutes; who is silent for longer is dead.
DEAD_AFTER = timedelta(minutes=4)
MOST_TRIES = 3
KEEP_REFUSED = timedelta(days=7)
_BLOCK_BYTES = 2**20
# What a version takes from the newest one of its model unless it says otherwise.
_INHERITED = (
    "format", "kind", "precision", "input", "outputs", "classes", "calibration", "thresholds", "nms_iou",
)  # fmt: skip


def take_file(
    *,
    model_name: str,
    file: BinaryIO,
    file_name: str,
    description: Mapping[str, Any],
    card: str,
    actor: Actor,
    now: datetime,
) -> ModelIntake | ModelVersion:
    """Take a file that is to be a version into quarantine; a worker examines it.

    What the description leaves out is as in the model's newest version.

    Args:
        description: of `model.json`; at least `version`.

    Returns:
        The intake, the one under way for the same file; or the version, where it is registered already.

    Raises:
        ArtefactRefused: the description lacks something or does not fit the model.
        VersionTaken: that version exists with another file.
        Invalid: the file is empty or too large.
    """
    sha256, size = _digest(file)
    if not 0 < size <= MOST_BYTES:
        raise Invalid.of({"file": [f"{size_text(size)}; wanted are up to {size_text(MOST_BYTES)} of ONNX."]})
    newest = selectors.newest_version_of(model_name)
    inherited = {name: newest.metadata[name] for name in _INHERITED if name in newest.metadata} if newest else {}
    document = {**inherited, **description, "name": model_name, "sha256": sha256}
    spec = spec_of(document)
    _check_classes(spec, newest)
    known = known_version(spec)
    if known is not None:
        return known
    key = image_store.put_file(file, sha256=sha256, kind=STORE_KIND, suffix=".onnx")
    with transaction.atomic():
        row, is_new = ModelIntake.objects.get_or_create(
            model_name=spec.name,
            version=spec.version,
            sha256=sha256,
            state__in=UNDER_EXAMINATION,
            defaults={
                "id": uuid7(at=now),
                "state": IntakeState.WAITING,
                "bytes": size,
                "file_name": file_name[-200:],
                "file_key": key,
                "description": document,
                "card": card,
                "requested_by": actor.username,
                "requested_at": now,
                "changed_at": now,
            },
        )
        if is_new:
            _record(Action.MODEL_FILE_TAKEN, row, actor=actor, now=now)
            _announce(row, now=now)
        enqueue_on_commit(EXAMINE_TASK, intake_id=str(row.pk))
    return row


def examine_file(*, intake_id: UUID, actor: Actor, now: datetime) -> ModelIntake | None:
    """Examine one file and register or refuse it.

    Returns:
        The intake as it is afterwards; None where somebody else is at it, or was.
    """
    row = _begun(intake_id, now=now)
    if row is None:
        return None
    spec = spec_of(row.description)
    content = image_store.get(row.file_key)
    examined = examine(content, shape=spec.shape)
    if examined.refusals:
        return _refuse(row, examined.refusals, graph=examined.graph, actor=actor, now=now)
    artefact = Artefact(spec=spec, content=content, card=row.card)
    return _register(row, artefact, examined, actor=actor, now=now)


def examine_waiting(*, now: datetime) -> list[UUID]:
    """Call for files whose wake-up call was lost, and for those whose examiner died; and clear away old refused ones.

    Returns:
        What is called for.
    """
    for row in ModelIntake.objects.filter(state=IntakeState.EXAMINING, changed_at__lt=now - DEAD_AFTER):
        _give_back(row, now=now)
    waiting = list(
        ModelIntake.objects.filter(state=IntakeState.WAITING).order_by("pk").values_list("pk", flat=True)[:10]
    )
    for key in waiting:
        enqueue_on_commit(EXAMINE_TASK, intake_id=str(key))
    old = ModelIntake.objects.filter(state=IntakeState.REFUSED, changed_at__lt=now - KEEP_REFUSED).exclude(file_key="")
    for row in old[:10]:
        _forget(row, now=now)
    return waiting


@transaction.atomic
def _begun(intake_id: UUID, *, now: datetime) -> ModelIntake | None:
    row = ModelIntake.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=intake_id).first()
    if row is None or row.state != IntakeState.WAITING:
        return None
    _move(row, IntakeState.EXAMINING, now=now)
    return row


@transaction.atomic
def _register(
    row: ModelIntake, artefact: Artefact, examined: Examined, *, actor: Actor, now: datetime
) -> ModelIntake | None:
    stored = _still_examined(row)
    if stored is None:
        return None
    try:
        with transaction.atomic():
            version = register_examined(artefact, examined, actor=actor, now=now)
    except VersionTaken as fault:
        return _refuse(row, (Refusal(Rule.VERSION, "version", fault.detail),), graph={}, actor=actor, now=now)
    stored.registered, stored.graph, stored.tile_ms = version, examined.graph, examined.tile_ms
    _move(stored, IntakeState.REGISTERED, now=now)
    return stored


@transaction.atomic
def _refuse(
    row: ModelIntake, refusals: tuple[Refusal, ...], *, graph: dict[str, Any], actor: Actor, now: datetime
) -> ModelIntake | None:
    stored = _still_examined(row)
    if stored is None:
        return None
    stored.refusals, stored.graph = [one.as_dict() for one in refusals], graph
    _move(stored, IntakeState.REFUSED, now=now)
    rules = sorted({str(one.rule) for one in refusals})
    _record(Action.MODEL_FILE_REFUSED, stored, actor=actor, now=now, rules=rules)
    return stored


def _still_examined(row: ModelIntake) -> ModelIntake | None:
    """The locked row, unless somebody has called its examiner dead meanwhile."""
    stored = ModelIntake.objects.select_for_update(no_key=True).get(pk=row.pk)
    return stored if (stored.state, stored.tries) == (IntakeState.EXAMINING, row.tries) else None


@transaction.atomic
def _give_back(row: ModelIntake, *, now: datetime) -> None:
    stored = _still_examined(row)
    if stored is None:
        return
    stored.tries += 1
    if stored.tries >= MOST_TRIES:
        detail = f"Who examined it died {stored.tries} times over it."
        stored.refusals = [Refusal(Rule.MEMORY, "file", detail).as_dict()]
        _move(stored, IntakeState.REFUSED, now=now)
    else:
        _move(stored, IntakeState.WAITING, now=now)


def _move(row: ModelIntake, to: IntakeState, *, now: datetime) -> None:
    check_intake_step(row.state, to)
    row.state, row.changed_at = to, now
    row.save()
    _announce(row, now=now)


def _forget(row: ModelIntake, *, now: datetime) -> None:
    """The file of what was refused goes; why it was refused stays."""
    others = ModelIntake.objects.filter(file_key=row.file_key, state__in=UNDER_EXAMINATION)
    if not others.exists():
        image_store.forget(row.file_key, older_than=now)
    row.file_key = ""
    row.save(update_fields=["file_key"])


def _check_classes(spec: DetectorSpec, newest: ModelVersion | None) -> None:
    """Results name classes by place: another order would call scratches pits."""
    wanted = tuple(newest.metadata["classes"]) if newest else spec.classes
    if spec.classes != wanted:
        refusal = Refusal(Rule.CLASSES, "classes", f"They are {', '.join(spec.classes)}; wanted: {', '.join(wanted)}.")
        raise ArtefactRefused(refusal.detail, file="model.json", refusals=[refusal.as_dict()])


def _digest(file: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return digest.hexdigest(), size


def _record(action: Action, row: ModelIntake, *, actor: Actor, now: datetime, **more: Any) -> None:
    audit.record(
        action=action,
        object_type="model_intake",
        object_id=row.pk,
        actor=actor,
        at=now,
        after={"model": row.model_name, "version": row.version, "sha256": row.sha256, "bytes": row.bytes, **more},
    )


def _announce(row: ModelIntake, *, now: datetime) -> None:
    outbox.announce(
        type="model_intake.changed",
        topics=every_site(),
        payload={
            "intake": str(row.pk),
            "model": row.model_name,
            "version": row.version,
            "state": row.state,
            "refusals": len(row.refusals),
        },
        now=now,
    )
