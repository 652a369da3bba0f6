"""Training runs: asked for, cancelled, resumed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Site
from core import image_store
from core.actors import Actor
from core.errors import Invalid
from core.ids import uuid7
from models_admin import selectors
from models_admin.choices import UNDER_WAY, VersionStatus
from models_admin.errors import VersionTaken
from models_admin.models import ModelVersion, TrainingRun
from models_admin.selectors.training import training_run, weights_of
from models_admin.services import work
from models_admin.trainer import material

TRAINING_DEFAULTS: dict[str, Any] = {"seed": 0, "steps": 400, "rate": 2e-4, "replay_share": 0.5, "scenes": 240}


@transaction.atomic
def start_training(
    *,
    model_name: str,
    base: str,
    dataset_sha256: str,
    dataset_label: str = "",
    version: str = "",
    settings: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[TrainingRun, bool]:
    """Ask for a training run; a worker carries it out. One under way that is the same is given as it is.

    Args:
        base: number of the version to begin with.
        version: number of the new one, whose INT8 form has the next number after it; empty: the next that is free.
        settings: what differs from `TRAINING_DEFAULTS`.

    Returns:
        The run, and whether it is new.

    Raises:
        UnknownVersion: there is no such version.
        Invalid: no such data set at the actor's sites, or nothing is kept that the base could be taught on.
        VersionTaken: the number is used, or another run is making it.
    """
    begins = selectors.version_of(model_name=model_name, version=base)
    site = site_of_dataset(dataset_sha256, actor=actor)
    if begins.status == VersionStatus.REJECTED or weights_of(begins) is None:
        raise Invalid.of(
            {
                "base": [
                    "Nothing is kept that this version could be taught on. Take one that was trained here, or ships."
                ]
            }
        )
    wanted = {**TRAINING_DEFAULTS, **(settings or {})}
    known = _same_under_way(begins, dataset_sha256=dataset_sha256, version=version, wanted=wanted)
    if known is not None:
        return known, False
    fp32 = version or next_version(model_name)
    int8 = after(fp32)
    _check_free(begins, fp32, int8)
    run = TrainingRun(
        id=uuid7(at=now),
        site=site,
        model=begins.model,
        base=begins,
        version=fp32,
        int8_version=int8,
        dataset_sha256=dataset_sha256,
        dataset_label=dataset_label,
        **wanted,
    )
    said = {"model": model_name, "base": base, "version": fp32, "dataset": dataset_sha256, **wanted}
    try:
        with transaction.atomic():
            work.ask_for(run, after=said, actor=actor, now=now)
    except IntegrityError as fault:
        raise VersionTaken(f"Another run is making version {fp32}. Take another number.") from fault
    return run, True


def cancel_training(*, run_id: UUID, actor: Actor, now: datetime, reason: str = "") -> TrainingRun:
    """Ask for an end of a run.

    Raises:
        NotFound: there is none at the actor's sites.
        IllegalTransition: it is over.
    """
    return work.cancel(training_run(actor, run_id), actor=actor, now=now, reason=reason)


def resume_training(*, run_id: UUID, actor: Actor, now: datetime, reason: str = "") -> TrainingRun:
    """Let a run that failed or was cancelled go on from its last checkpoint.

    Raises:
        NotFound: there is none at the actor's sites.
        IllegalTransition: it is under way or done.
        VersionTaken: its number has been used meanwhile.
    """
    run = training_run(actor, run_id)
    _check_free(run.base, run.version, run.int8_version, own=run)
    try:
        with transaction.atomic():
            return work.resume(run, actor=actor, now=now, reason=reason)
    except IntegrityError as fault:
        raise VersionTaken(f"Another run is making version {run.version}.") from fault


def next_version(model_name: str) -> str:
    """The number after the highest one of a model that is used or being made, a minor step on."""
    versions = selectors.versions().filter(model__name=model_name).values_list("version", flat=True)
    making = TrainingRun.objects.filter(model__name=model_name, state__in=UNDER_WAY).values_list("version", flat=True)
    major, minor, _ = max((_numbers(one) for one in [*versions, *making]), default=(0, 0, 0))
    return f"{major}.{minor + 1}.0"


def after(version: str) -> str:
    """The next patch number, which the INT8 form of a new version has."""
    major, minor, patch = _numbers(version)
    return f"{major}.{minor}.{patch + 1}"


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def site_of_dataset(dataset_sha256: str, *, actor: Actor) -> Site:
    """The site of a data set, if it is the actor's."""
    unknown = Invalid.of(
        {"dataset_sha256": ["There is no frozen data set of this digest. Freeze one, or copy its digest."]}
    )
    if not image_store.exists(material.manifest_key(dataset_sha256)):
        raise unknown
    found = material.header(dataset_sha256)
    site = Site.objects.filter(code=found.site).first() if found else None
    if site is None or not (actor.is_system or site.pk in actor.site_ids):
        raise unknown
    return site


def _same_under_way(
    base: ModelVersion, *, dataset_sha256: str, version: str, wanted: dict[str, Any]
) -> TrainingRun | None:
    same = TrainingRun.objects.filter(base=base, dataset_sha256=dataset_sha256, state__in=UNDER_WAY, **wanted)
    return (same.filter(version=version) if version else same).first()


def _check_free(base: ModelVersion, *numbers: str, own: TrainingRun | None = None) -> None:
    """Numbers that nothing else has; those that the run itself has registered already are its own."""
    mine = {own.made_id, own.made_int8_id} if own else set()
    taken = base.model.versions.filter(version__in=numbers).exclude(pk__in=[key for key in mine if key])
    used = taken.exclude(metadata__training__run=str(own.pk)) if own else taken
    first = used.values_list("version", flat=True).first()
    if first:
        raise VersionTaken(f"Version {first} of {base.model.name} exists. Give the new one another number.")
