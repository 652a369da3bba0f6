"""Carrying out a training run: a supervised process, what it says kept as it goes, and its versions taken in."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from core import image_store
from core.actors import Actor
from models_admin.choices import WorkState
from models_admin.errors import WorkFailed, WorkMustWait
from models_admin.models import TrainingRun
from models_admin.selectors.training import weights_of
from models_admin.services import work
from models_admin.services.training_keeping import FLUSH_S, Kept
from models_admin.services.training_outcome import have_measured, registered
from models_admin.trainer import material
from models_admin.trainer.process import Trainer, how_it_ended, is_installed
from models_admin.trainer.said import Said, understood

TICK_S = 0.5
SILENT_S = 900.0
"""A trainer that says nothing for so long hangs."""
STALLS_AFTER_S = 120.0
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
    said = Kept(run, progress)
    try:
        _lay_out(run, folder, progress)
        status = _supervise(run, folder, said, is_stopping=is_stopping)
        result = _result_of(folder, status=status, last=said.last_words)
        made = [
            registered(run, folder / "out" / one["folder"], progress, actor=actor, clock=clock)
            for one in result["versions"]
        ]
    finally:
        said.flush_quietly()
        # What can be laid out again; the checkpoint stays for whoever goes on.
        for name in ("data", "base", "tmp"):
            shutil.rmtree(folder / name, ignore_errors=True)
    have_measured(run, made, actor=actor, now=clock())
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


def _supervise(run: TrainingRun, folder: Path, said: "Kept", *, is_stopping: Callable[[], bool]) -> int:
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
