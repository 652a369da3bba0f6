"""Carrying out a training run: a supervised process, what it says kept as it goes, and its versions taken in."""

import io
import json
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core import image_store
from core.actors import Actor
from models_admin.choices import UNDER_EXAMINATION, IntakeState, PointKind, WorkState
from models_admin.errors import ArtefactRefused, VersionTaken, WorkFailed, WorkMustWait
from models_admin.models import ModelIntake, ModelVersion, TrainingLog, TrainingPoint, TrainingRun
from models_admin.models.training import LONGEST_LOG
from models_admin.selectors.training import weights_of
from models_admin.services import work
from models_admin.services.quarantine import examine_file, take_file
from models_admin.trainer import material
from models_admin.trainer.process import Trainer, how_it_ended, is_installed
from models_admin.trainer.said import DOING, Said, understood

TICK_S = 0.5
FLUSH_S = 0.7
SILENT_S = 900.0
"""A trainer that says nothing for so long hangs."""
STALLS_AFTER_S = 120.0
EXAMINED_WITHIN_S = 300.0
NOT_KEPT = "\n--- the rest is not kept\n"
KEPT_FOR = timedelta(days=7)
"""The checkpoint of a run that was cancelled or failed."""
Clock = Callable[[], datetime]


def carry_out_training(
    *, run_id: UUID, actor: Actor, clock: Clock, is_stopping: Callable[[], bool]
) -> TrainingRun | None:
    """Do one training run.

    Args:
        is_stopping: whether this worker was asked to end; the run then goes back to the queue with its checkpoint.

    Returns:
        The run as it was left; None where somebody else has it.
    """
    run = work.carry_out(
        TrainingRun,
        key=run_id,
        body=lambda row, progress: _train(row, progress, actor=actor, clock=clock, is_stopping=is_stopping),
        actor=actor,
        clock=clock,
        stalls_after_s=STALLS_AFTER_S,
    )
    if run is not None and run.state == WorkState.DONE:
        shutil.rmtree(folder_of(run), ignore_errors=True)
    return run


def folder_of(run: TrainingRun) -> Path:
    """Where the run's files lie while it is under way, and its checkpoint afterwards."""
    return Path(settings.TRAINING_DIR) / str(run.pk)


def clear_away_trainings(*, now: datetime) -> int:
    """Remove folders of runs that are done or gone, and of those that ended long ago without success."""
    root = Path(settings.TRAINING_DIR)
    removed = 0
    for folder in root.iterdir() if root.is_dir() else ():
        try:
            key = UUID(folder.name)
        except ValueError:
            continue
        kept = TrainingRun.objects.filter(pk=key).exclude(state=WorkState.DONE)
        if not kept.exclude(finished_at__lt=now - KEPT_FOR).exists():
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _train(
    run: TrainingRun, progress: work.Progress, *, actor: Actor, clock: Clock, is_stopping: Callable[[], bool]
) -> dict[str, Any]:
    if not is_installed():
        raise WorkFailed(
            "no_trainer", "PyTorch is not installed where the training worker runs. There: make setup-training."
        )
    folder = folder_of(run)
    said = _Kept(run, progress)
    try:
        _lay_out(run, folder, progress)
        status = _supervise(run, folder, said, is_stopping=is_stopping)
        result = _result_of(folder, status=status, last=said.last_words)
        made = [
            _registered(run, folder / "out" / one["folder"], progress, actor=actor, clock=clock)
            for one in result["versions"]
        ]
    finally:
        said.flush_quietly()
        # What can be laid out again; the checkpoint stays for whoever goes on.
        for name in ("data", "base", "tmp"):
            shutil.rmtree(folder / name, ignore_errors=True)
    weights = (folder / "out" / "weights.pt").read_bytes()
    key = image_store.put(weights, kind=material.WEIGHTS_KIND, suffix=material.WEIGHTS_SUFFIX)
    return {
        "result": result,
        "made": made[0],
        "made_int8": made[1],
        "weights_key": key,
        "code_version": settings.CODE_VERSION[:64],
    }


def _lay_out(run: TrainingRun, folder: Path, progress: work.Progress) -> None:
    noted_s = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal noted_s
        if time.monotonic() - noted_s > FLUSH_S:
            noted_s = time.monotonic()
            progress.step(done, total, "Fetching images")

    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    material.lay_out(run.dataset_sha256, folder=folder / "data", tell=tell)
    weights = weights_of(run.base)
    if weights is None:
        raise WorkFailed("no_weights", "What the base was taught on is not there any more.")
    material.lay_out_base(
        folder / "base",
        model=image_store.get(run.base.artefact_key),
        description=run.base.metadata,
        weights=weights.path.read_bytes() if weights.path else image_store.get(weights.key),
    )


def _arguments(run: TrainingRun, folder: Path) -> list[str]:
    options = {
        "--dataset": folder / "data" / "manifest.jsonl",
        "--base": folder / "base",
        "--out": folder / "out",
        "--scenes": folder.parent / "scenes",
        "--seed": run.seed,
        "--steps": run.steps,
        "--rate": run.rate,
        "--replay-share": run.replay_share,
        "--replay-scenes": run.scenes,
        "--old-scenes": run.scenes,
        "--threads": settings.TRAINING_THREADS,
    }
    given = [str(part) for pair in options.items() for part in pair]
    return ["-m", "training", "tune", *given, "--versions", run.version, run.int8_version]


def _supervise(run: TrainingRun, folder: Path, said: "_Kept", *, is_stopping: Callable[[], bool]) -> int:
    """Run the trainer to its end, keeping what it says; its exit status."""
    said.note(Said(text=f"--- attempt {run.attempt} on {run.lease_owner}"))
    heard_s = time.monotonic()
    with Trainer(_arguments(run, folder), folder=folder / "tmp", threads=settings.TRAINING_THREADS) as trainer:
        for line in trainer.lines(tick_s=TICK_S):
            if line is not None:
                heard_s = time.monotonic()
                said.note(understood(line))
            elif time.monotonic() - heard_s > SILENT_S:
                raise WorkFailed("trainer_hangs", f"The trainer said nothing for {SILENT_S / 60:.0f} minutes.")
            said.flush_when_due()
            if is_stopping():
                raise WorkMustWait("The training worker is being replaced; the run goes on from its checkpoint.")
        return trainer.wait()


def _result_of(folder: Path, *, status: int, last: str) -> dict[str, Any]:
    path = folder / "out" / "result.json"
    if status != 0 or not path.exists():
        raise WorkFailed(
            "trainer_failed", f"The trainer did not come to its end: {how_it_ended(status)}. {last}".strip()
        )
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def _registered(run: TrainingRun, folder: Path, progress: work.Progress, *, actor: Actor, clock: Clock) -> ModelVersion:
    """Take a version in as every file is, wait until it was examined, and give what it was registered as."""
    described = json.loads((folder / "model.json").read_text())
    described["training"] = {**described["training"], "run": str(run.pk), "code_version": settings.CODE_VERSION}
    progress.step(run.steps_done, run.steps_total, f"Taking in version {described['version']}")
    try:
        taken = take_file(
            model_name=run.model.name,
            file=io.BytesIO((folder / "model.onnx").read_bytes()),
            file_name=f"training {run.pk}",
            description=described,
            card=(folder / "card.md").read_text(),
            actor=actor,
            now=clock(),
        )
    except (ArtefactRefused, VersionTaken) as fault:
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
        time.sleep(TICK_S)
    raise WorkMustWait("Nobody examines the new version.", wait_s=30.0)


def _outcome(intake: ModelIntake) -> ModelVersion:
    if intake.state != IntakeState.REGISTERED or intake.registered is None:
        why = "; ".join(f"{one['rule']}: {one['detail']}" for one in intake.refusals[:3])
        raise WorkFailed("version_refused", f"Version {intake.version} was refused at intake. {why}")
    return intake.registered


class _Kept:
    """What the trainer says, written down a few times a second, as long as the run is ours."""

    def __init__(self, run: TrainingRun, progress: work.Progress) -> None:
        self._run = run
        self._progress = progress
        self._text = ""
        self._points: dict[tuple[str, int], dict[str, float]] = {}
        self._doing, self._step, self._device = run.doing, run.steps_done, ""
        self._flushed_s = 0.0
        self.last_words = ""

    def note(self, said: Said) -> None:
        self._text += said.text + "\n"
        if not (said.phase or said.loss or said.metrics) and said.text.strip():
            self.last_words = said.text.strip()[-500:]
        self._doing = DOING.get(said.phase, said.phase) if said.phase else self._doing
        self._device = said.device or self._device
        if said.step is not None:
            self._step = min(said.step, self._run.steps)
            for kind, values in ((PointKind.LOSS, said.loss), (PointKind.METRICS, said.metrics)):
                if values:
                    self._points[kind, said.step] = values

    def flush_when_due(self) -> None:
        if time.monotonic() - self._flushed_s >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Write all down in one transaction, which fails where the run is another's.

        Raises:
            LostWork, WorkCancelled: see `Progress.step`.
        """
        self._flushed_s = time.monotonic()
        before = self._run.log_length
        try:
            with transaction.atomic():
                self._write(self._run)
                self._progress.step(self._step, self._run.steps, self._doing)
        except BaseException:
            self._run.log_length = before
            raise
        self._text, self._points = "", {}

    def flush_quietly(self) -> None:
        """The rest, at the end, whatever the end is; what is another's by now is left alone."""
        with transaction.atomic():
            held = TrainingRun.objects.select_for_update(no_key=True).filter(
                pk=self._run.pk, attempt=self._run.attempt, state=WorkState.RUNNING
            )
            if held.exists():
                self._write(self._run)
        self._text, self._points = "", {}

    def _write(self, run: TrainingRun) -> None:
        if self._text and run.log_length < LONGEST_LOG:
            room = LONGEST_LOG - run.log_length
            text = (
                self._text if len(self._text) <= room else self._text[: max(0, room - len(NOT_KEPT))] + NOT_KEPT[-room:]
            )
            TrainingLog.objects.create(run=run, offset=run.log_length, text=text)
            run.log_length += len(text)
        rows = [
            TrainingPoint(run=run, kind=kind, step=step, values=values) for (kind, step), values in self._points.items()
        ]
        TrainingPoint.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["run", "kind", "step"], update_fields=["values"]
        )
        run.device = self._device or run.device
        TrainingRun.objects.filter(pk=run.pk, attempt=run.attempt).update(log_length=run.log_length, device=run.device)
