"""Files that work made or fetched become versions: taken in as every file is, then measured."""

import contextlib
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from core.actors import Actor
from core.errors import Invalid
from models_admin.choices import UNDER_EXAMINATION, IntakeState
from models_admin.errors import (
    ArtefactRefused,
    GoldenSetOver,
    VersionTaken,
    VersionUnusable,
    WorkFailed,
    WorkMustWait,
)
from models_admin.models import GoldenSet, ModelIntake, ModelVersion, TrainingRun
from models_admin.services import work
from models_admin.services.quarantine import examine_file, take_file
from models_admin.services.validating import request_validation

EXAMINED_WITHIN_S = 300.0
_LOOK_EVERY_S = 0.5


def registered(
    run: TrainingRun, folder: Path, progress: work.Progress, *, actor: Actor, clock: work.Clock
) -> ModelVersion:
    """A version that a training wrote, taken in."""
    described = json.loads((folder / "model.json").read_text())
    described["training"] = {**described["training"], "run": str(run.pk), "code_version": settings.CODE_VERSION}
    progress.step(run.steps_done, run.steps_total, f"Taking in version {described['version']}")
    with (folder / "model.onnx").open("rb") as file:
        return taken_in(
            file,
            model_name=run.model.name,
            file_name=f"training {run.pk}",
            description=described,
            card=(folder / "card.md").read_text(),
            progress=progress,
            actor=actor,
            clock=clock,
        )


def taken_in(
    file: BinaryIO,
    *,
    model_name: str,
    file_name: str,
    description: dict[str, Any],
    card: str,
    progress: work.Progress,
    actor: Actor,
    clock: work.Clock,
) -> ModelVersion:
    """Take a file in as every file is, wait until it was examined, and give what it was registered as.

    Raises:
        WorkFailed: it was refused; says by which rules.
        WorkMustWait: nobody examines it.
    """
    try:
        taken = take_file(
            model_name=model_name,
            file=file,
            file_name=file_name,
            description=description,
            card=card,
            actor=actor,
            now=clock(),
        )
    except (ArtefactRefused, VersionTaken, Invalid) as fault:
        raise WorkFailed(fault.code, fault.detail) from fault
    if isinstance(taken, ModelVersion):
        return taken
    until_s = time.monotonic() + EXAMINED_WITHIN_S
    while time.monotonic() < until_s:
        # Ours to examine, unless another worker has it already; then what it finds is waited for.
        examine_file(intake_id=taken.pk, actor=actor, now=clock())
        intake = ModelIntake.objects.select_related("registered__model").get(pk=taken.pk)
        if intake.state not in UNDER_EXAMINATION:
            return _outcome(intake)
        progress.check()
        time.sleep(_LOOK_EVERY_S)
    raise WorkMustWait("Nobody examines the new version.", wait_s=30.0)


def have_measured(run: TrainingRun, made: list[ModelVersion], *, actor: Actor, now: datetime) -> None:
    """Ask for a validation of each new version by the newest golden set of the site, where there is one."""
    golden = GoldenSet.objects.filter(model=run.model, site=run.site, retired_at=None).order_by("-id").first()
    if golden is None:
        return
    for version in made:
        with contextlib.suppress(GoldenSetOver, VersionUnusable):
            request_validation(
                model_name=run.model.name,
                version=version.version,
                golden_set=golden,
                actor=actor,
                now=now,
            )


def _outcome(intake: ModelIntake) -> ModelVersion:
    if intake.state != IntakeState.REGISTERED or intake.registered is None:
        why = "; ".join(f"{one['rule']}: {one['detail']}" for one in intake.refusals[:3])
        raise WorkFailed("version_refused", f"Version {intake.version} was refused at intake. {why}")
    return intake.registered
