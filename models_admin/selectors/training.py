"""Training runs as they are read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max, QuerySet

from core.actors import Actor
from core.errors import NotFound
from models_admin.choices import PointKind, WorkState
from models_admin.models import ModelVersion, TrainingPoint, TrainingRun
from models_admin.selectors.work import described_work

LOG_PAGE = 64_000
"""Characters of a log that are given at a time."""


@dataclass(frozen=True)
class Weights:
    """What a training can begin with: a key of the store, or a file that ships."""

    key: str = ""
    path: Path | None = None


def training_runs(actor: Actor) -> QuerySet[TrainingRun]:
    """Runs of the actor's sites, newest first."""
    rows = TrainingRun.objects.select_related("model", "base", "made", "made_int8", "site").order_by("-id")
    return rows if actor.is_system else rows.filter(site__in=actor.site_ids)


def training_run(actor: Actor, run_id: UUID) -> TrainingRun:
    """
    Raises:
        NotFound: there is none at the actor's sites.
    """
    row = training_runs(actor).filter(pk=run_id).first()
    if row is None:
        raise NotFound("There is no such training run.")
    return row


def described_run(run: TrainingRun) -> dict[str, Any]:
    """A run as a list shows it."""
    return {
        **described_work(run),
        "site": run.site.code,
        "model": run.model.name,
        "base": run.base.version,
        "version": run.version,
        "int8_version": run.int8_version,
        "dataset_sha256": run.dataset_sha256,
        "dataset_label": run.dataset_label,
        "settings": {
            "seed": run.seed,
            "steps": run.steps,
            "rate": run.rate,
            "replay_share": run.replay_share,
            "scenes": run.scenes,
        },
        "attempt": run.attempt,
        "device": run.device,
        "code_version": run.code_version,
        "log_length": run.log_length,
        "made": [_made(version) for version in (run.made, run.made_int8) if version is not None],
    }


def described_run_whole(run: TrainingRun) -> dict[str, Any]:
    """A run with what came of it."""
    return {**described_run(run), "result": run.result}


def curve_of(run: TrainingRun) -> dict[str, list[dict[str, Any]]]:
    """Every point of a run's curves, by kind, in the order of steps."""
    rows = TrainingPoint.objects.filter(run=run).order_by("step")
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in PointKind.values}
    for row in rows:
        found[row.kind].append({"step": row.step, **row.values})
    return found


def log_of(run: TrainingRun, *, offset: int) -> dict[str, Any]:
    """The log from a character on, about `LOG_PAGE` of it; `next` is where to go on."""
    pieces = run.log.filter(offset__lte=offset).aggregate(first=Max("offset"))
    text, begins = "", pieces["first"]
    if begins is not None:
        for piece in run.log.filter(offset__gte=begins).order_by("offset").iterator(chunk_size=50):
            text += piece.text
            if len(text) >= LOG_PAGE + offset - begins:
                break
        text = text[offset - begins :][:LOG_PAGE]
    return {"offset": offset, "text": text, "next": offset + len(text), "is_over": run.state not in _MOVING}


_MOVING = frozenset({WorkState.QUEUED, WorkState.RUNNING})


def weights_of(version: ModelVersion) -> Weights | None:
    """What a training of this version begins with; None where nothing is kept: of versions that came as a file.

    The weights of an INT8 version are those of the version it was quantised from.
    """
    for one in (version, version.parent if version.precision != "fp32" else None):
        if one is None:
            continue
        key = TrainingRun.objects.filter(made=one).exclude(weights_key="").values_list("weights_key", flat=True).first()
        if key:
            return Weights(key=key)
        if (path := _shipped().get(one.sha256)) is not None:
            return Weights(path=path)
    return None


def teachable(versions: Sequence[ModelVersion]) -> list[ModelVersion]:
    """Those of the versions that a training can begin with."""
    return [version for version in versions if weights_of(version) is not None]


def _shipped() -> dict[str, Path]:
    """Weights that ship, by the digest of the model file beside them."""
    found = {}
    for weights in settings.MODEL_ZOO_DIR.glob("*/*/weights.pt"):
        described = json.loads((weights.parent / "model.json").read_text())
        found[described["sha256"]] = weights
    return found


def _made(version: ModelVersion) -> dict[str, Any]:
    return {
        "model": version.model.name,
        "version": version.version,
        "precision": version.precision,
        "status": version.status,
        "sha256": version.sha256,
    }
