"""What a line of the trainer means: progress, points of curves, and words for the log."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

DOING = {
    "reading": "Reading the data set",
    "drawing": "Drawing what was learned before",
    "fitting": "Learning",
    "exporting": "Exporting, calibrating",
    "measuring": "Measuring before and after",
    "done": "Finishing",
}
_LOSSES = ("total", "class", "box", "outline", "embedding")


@dataclass(frozen=True)
class Said:
    """A line of the trainer as values.

    Attributes:
        text: for the log.
        phase: it begins now; empty: none.
        step: it is there now; None: unchanged.
        loss, metrics: of a curve, by name.
    """

    text: str
    phase: str = ""
    step: int | None = None
    device: str = ""
    loss: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def understood(line: str) -> Said:
    """A line, whatever it is: what is no JSON object is words."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return Said(text=line)
    if not isinstance(said, dict):
        return Said(text=line)
    step = said.get("step")
    step = step if isinstance(step, int) and not isinstance(step, bool) and 0 <= step < 2**31 else None
    if "phase" in said:
        return Said(
            text=_phase_text(said), phase=str(said["phase"])[:40], step=step, device=str(said.get("device", ""))[:120]
        )
    if isinstance(said.get("metrics"), dict):
        metrics = _numbers(said["metrics"])
        return Said(text=f"step {step}: " + _pairs(metrics), step=step, metrics=metrics)
    if step is not None and "total" in said:
        loss = _numbers({name: said.get(name) for name in (*_LOSSES, "pace", "s")})
        shown = {name: loss[name] for name in _LOSSES if name in loss}
        return Said(text=f"step {step}: loss " + _pairs(shown), step=step, loss=loss)
    return Said(text=" ".join(f"{name} {value}" for name, value in said.items())[:2000])


def _phase_text(said: dict[str, Any]) -> str:
    more = {name: value for name, value in said.items() if name != "phase"}
    words = DOING.get(str(said["phase"]), str(said["phase"]))
    return f"{words}. " + ", ".join(f"{name} {value}" for name, value in more.items()) if more else f"{words}."


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    return {
        str(name)[:40]: float(value)
        for name, value in list(values.items())[:20]
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _pairs(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
