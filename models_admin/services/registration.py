"""Versions come in once and never change."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core import image_store
from core.actors import Actor
from core.briefly import Briefly
from models_admin import selectors
from models_admin.choices import DEPLOYABLE, VersionStatus, check_version_step
from models_admin.errors import ArtefactRefused, StillServing, VersionTaken
from models_admin.intake.artefact import Artefact, read_artefact
from models_admin.intake.process import Examined, examine
from models_admin.models import Model, ModelVersion
from models_admin.places import Place
from models_admin.services.steps import every_site
from outbox import services as outbox
from serving.repository import MODEL_FILE
from serving.tensors import DetectorSpec

STORE_KIND = "models"
# Of a file that comes again nothing else can be found.
_examinations: Briefly[Examined] = Briefly(ttl_s=3600.0, limit=16)


def register_version(*, folder: Path, actor: Actor, now: datetime, description: str = "") -> ModelVersion:
    """Take a model folder (`model.onnx`, `model.json`, `card.md`) into the registry, as a candidate.

    The same folder again gives the same row. The file is stored before the row is written.

    Raises:
        ArtefactRefused: the files do not keep the contract.
        ExaminerUnavailable: nobody can look at the file just now.
        VersionTaken: that name and version exist with another file.
    """
    artefact = read_artefact(folder)
    known = known_version(artefact.spec)
    if known is not None:
        return known
    examined = _examinations.get(artefact.spec.sha256, lambda: examine(artefact.content, shape=artefact.spec.shape))
    _raise_refusals(examined)
    return register_examined(artefact, examined, actor=actor, now=now, description=description)


def known_version(spec: DetectorSpec) -> ModelVersion | None:
    """The version that has this name, number and file already.

    Raises:
        VersionTaken: it has another file.
    """
    known = selectors.versions().filter(model__name=spec.name, version=spec.version).first()
    return None if known is None else _same_or_refuse(known, sha256=spec.sha256)


def register_examined(
    artefact: Artefact, examined: Examined, *, actor: Actor, now: datetime, description: str = ""
) -> ModelVersion:
    """Write down a version whose file has passed. Raises as `known_version`."""
    spec = artefact.spec
    key = image_store.put(artefact.content, kind=STORE_KIND, suffix=".onnx")
    with transaction.atomic():
        model = _model_for_update(artefact, description=description, actor=actor, now=now)
        known = model.versions.select_related("model").filter(version=spec.version).first()
        if known is not None:
            return _same_or_refuse(known, sha256=spec.sha256)
        version = ModelVersion(
            model=model,
            version=spec.version,
            precision=spec.precision,
            parent=model.versions.filter(version=spec.parent).first() if spec.parent else None,
            sha256=spec.sha256,
            bytes=len(artefact.content),
            metadata=dict(spec.document),
            golden=examined.golden,
            card=artefact.card,
            artefact_key=key,
            created_at=now,
            created_by=actor.username,
        )
        version.full_clean()
        version.save(force_insert=True)
        audit.record(
            action=Action.MODEL_VERSION_REGISTERED,
            object_type="model_version",
            object_id=version.pk,
            actor=actor,
            at=now,
            after={"model": model.name, "version": version.version, "sha256": version.sha256, "bytes": version.bytes},
        )
    return version


@transaction.atomic
def set_version_status(
    *, model_name: str, version: str, status: VersionStatus, actor: Actor, now: datetime, reason: str = ""
) -> ModelVersion:
    """Say what became of a candidate.

    Raises:
        UnknownVersion: there is none.
        IllegalTransition: a version does not go there from where it is.
        StillServing: it judges, or stands in for who does; another version takes its place first.
    """
    known = selectors.version_of(model_name=model_name, version=version)
    # Whoever deploys it meanwhile waits here, or came first.
    Model.objects.select_for_update(no_key=True).get(pk=known.model_id)
    row = ModelVersion.objects.select_for_update(no_key=True, of=("self",)).select_related("model").get(pk=known.pk)
    if row.status == status:
        return row
    check_version_step(row.status, status)
    if status not in DEPLOYABLE:
        _check_does_not_serve(row)
    before, row.status = row.status, status
    row.save(update_fields=["status"])
    audit.record(
        action=Action.MODEL_VERSION_CHANGED,
        object_type="model_version",
        object_id=row.pk,
        actor=actor,
        at=now,
        before={"status": before},
        after={"status": status},
        reason=reason or None,
    )
    outbox.announce(
        type="model_version.changed",
        topics=every_site(),
        payload={"model": row.model.name, "version": row.version, "status": row.status},
        now=now,
    )
    return row


def _check_does_not_serve(version: ModelVersion) -> None:
    places = selectors.described_versions([version])[0]["places"]
    if places:
        where = ", ".join(f"{place.pop('slot')} of {Place(*place.values())}" for place in map(dict, places))
        raise StillServing(f"{version} is {where}. Let another version take its place first.", places=places)


def _raise_refusals(examined: Examined) -> None:
    if not examined.refusals:
        return
    first, more = examined.refusals[0], len(examined.refusals) - 1
    others = f" There are {more} more like this." if more else ""
    raise ArtefactRefused(
        f"{first.where}: {first.detail}{others}",
        file=MODEL_FILE,
        refusals=[one.as_dict() for one in examined.refusals],
    )


def _model_for_update(artefact: Artefact, *, description: str, actor: Actor, now: datetime) -> Model:
    spec = artefact.spec
    model, is_new = Model.objects.get_or_create(
        name=spec.name, defaults={"kind": spec.kind, "description": description, "created_at": now}
    )
    if is_new:
        audit.record(
            action=Action.MODEL_REGISTERED,
            object_type="model",
            object_id=model.pk,
            actor=actor,
            at=now,
            after={"name": spec.name, "kind": spec.kind},
        )
    return Model.objects.select_for_update(no_key=True).get(pk=model.pk)


def _same_or_refuse(known: ModelVersion, *, sha256: str) -> ModelVersion:
    if known.sha256 != sha256:
        raise VersionTaken(
            f"{known} is registered with SHA-256 {known.sha256}. Give the new file a new version.",
            sha256=known.sha256,
        )
    return known
