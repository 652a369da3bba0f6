"""Describe the two versions that a tuning made, as the model zoo describes its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from training.artefact import code_digest, datasets_of, library_versions, sha256, write_artefact
from training.pictures import Judge
from training.release import time_one_tile, trained_weights
from training.tuned_card import write_tuned_card
from training.wanted import Wanted

PRECISIONS = ("fp32", "int8")


def write_versions(
    wanted: Wanted, *, paths: tuple[Path, Path], settled: list[Judge], result: dict[str, Any]
) -> list[dict[str, Any]]:
    """Write `model.json` and `card.md` beside each `model.onnx`, and the weights a later training begins with.

    Returns:
        Version, precision, digest and folder of each.
    """
    weights = trained_weights(wanted.out / "last.pt")
    torch.save(weights, wanted.out / "weights.pt")
    training = _training(wanted, result=result, history=weights["history"])
    parents = (result["compared"]["base"], wanted.versions[0])
    written = []
    for path, judge, version, precision, parent in zip(
        paths, settled, wanted.versions, PRECISIONS, parents, strict=True
    ):
        after = "after" if precision == "fp32" else "after_int8"
        compared = _only(result["compared"], after=after)
        write_artefact(
            path.parent,
            version=version,
            precision=precision,
            parent=parent,
            calibration=judge.calibration,
            thresholds=judge.thresholds,
            measured={
                "test": _test(compared["old"]["after"], judge),
                "compared": compared,
                "speed": time_one_tile(path, runs=16),
            },
            training=training,
            card=write_tuned_card,
        )
        folder = str(path.parent.relative_to(wanted.out))
        written.append({"version": version, "precision": precision, "sha256": sha256(path), "folder": folder})
    return written


def _only(compared: dict[str, Any], *, after: str) -> dict[str, Any]:
    """Before and after of one version, without the other's."""
    sets = {name: _pair(compared[name], after=after) for name in ("new", "old")}
    return {**compared, **sets}


def _pair(measured: dict[str, Any], *, after: str) -> dict[str, Any]:
    if not measured:
        return {}
    return {"before": measured["before"], "after": measured[after], "changes": measured["changes"][after]}


def _test(measured: dict[str, Any], judge: Judge) -> dict[str, Any]:
    """Figures on drawn scenes in the form that every version has them in, to be set beside others."""
    per_class = {
        code: {
            **row,
            "recall": row["recall"]["value"],
            "precision": row["precision"]["value"],
            "threshold": float(threshold),
        }
        for (code, row), threshold in zip(measured["per_class"].items(), judge.thresholds, strict=True)
    }
    return {
        "map50": measured["map50"],
        "ece": measured["ece"],
        "defects": measured["defects"],
        "pictures": measured["pictures"],
        "per_class": per_class,
    }


def _training(wanted: Wanted, *, result: dict[str, Any], history: list[dict[str, Any]]) -> dict[str, Any]:
    """What is needed to make the weights again."""
    return {
        "stages": history,
        "datasets": datasets_of(history),
        "dataset": result["dataset"],
        "images": result["images"],
        "incomplete": result["incomplete"],
        "wanted": {
            "seed": wanted.seed,
            "steps": wanted.steps,
            "rate": wanted.rate,
            "replay_share": wanted.replay_share,
            "replay_scenes": wanted.replay_scenes,
        },
        "device": result["device"],
        "seconds": result["seconds"],
        "code_sha256": code_digest(),
        "command": "python -m training tune",
        "versions": library_versions(),
    }
