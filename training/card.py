"""The model card: what a person should know before trusting a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LIMITS = """\
## Limits

- **Learned from drawings.** No photograph was used for training. The figures above are about scenes drawn by the same
  painter with other seeds and, in part, other products; a real tool will do worse until its own pictures have been
  reviewed and trained on. Set thresholds on your own pictures before relying on a band.
- **No reference picture.** The model sees one picture and judges what looks out of place. A defect that looks like
  product (a dot beside dots, a short wire that was meant to be there, a line that was meant to end) is beyond it; that
  needs a comparison with a neighbouring die.
- **What the classes mean here.** Dark, round, with a bright rim or crescent: pit. Irregular and lying on top: particle;
  dark particles without a glint are the likeliest confusion with pits, and no dark speck below 14 px was called a
  particle in training. Smooth track: scratch; jagged and forked: crack. Bridges and opens exist only on line-like
  patterns with line and space of 6 px or more, and the line is the brighter material: where yours is the darker one,
  bridge and open change places.
- **Size.** Defects from about 5 px to the width of a tile (512 px). Smaller ones are not found: enlarge the picture in
  the recipe (`scale`). Larger ones are found in parts, tile by tile.
- **Grey only**, 8 bit, one tile at a time; brightness is normalised per tile, so absolute brightness carries nothing.
- **Invisible is not a defect.** Truth leaves out what falls below the visibility limit of
  `demo/synthetic/visibility.py` (contrast-to-noise 5 over noise and pattern, twelve grey levels). Recall on fainter
  marks is not stated because it is not known.
"""


CLASS_HEAD = ("class", "defects", "AP50", "recall", "precision", "at confidence", "AP50 held out", "recall held out")


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def write_card(model: dict[str, Any]) -> str:
    """Markdown from the content of `model.json`."""
    measured = model["metrics"]
    parts = [
        _head(model),
        _measured(measured["test"], training=model["training"]),
        _beside(measured, parent=model["parent"]),
        _bar(measured["test"]),
        LIMITS,
    ]
    if measured.get("real"):
        parts.append(f"## On real pictures\n\n{measured['real']}\n")
    return "\n".join(parts)


def _head(model: dict[str, Any]) -> str:
    training = model["training"]
    origin = f", quantised from version {model['parent']}" if model["parent"] else ""
    return f"""\
# {model["name"]} {model["version"]} ({model["precision"]})

Finds eight kinds of defects on grey pictures of wafers, 512 x 512 pixels at a time. Boxes, scores, class scores and a
64-number embedding per detection come straight out of the graph; so do normalisation and peak picking.

- File: `model.onnx`, SHA-256 `{model["sha256"]}`{origin}
- Learned from {training["images"]:,} drawn scenes (seed {training["seed"]}); the stages are in `model.json`.
{_lineage(training)}- Made again by `{training["command"]}`. {training["note"]}
"""


def _lineage(training: dict[str, Any]) -> str:
    """Which frozen data sets it learned from beside drawn scenes."""
    digests = training.get("datasets", [])
    return "".join(f"- Then learned from the frozen data set with manifest SHA-256 `{digest}`.\n" for digest in digests)


def _measured(test: dict[str, Any], *, training: dict[str, Any]) -> str:
    known, unknown = test["known"], test["held_out"]
    overall = [
        (label, *(_number(part[key], 4) for part in (test, known, unknown)))
        for label, key in (("mAP50", "map50"), ("mAP75", "map75"), ("calibration error (ECE)", "ece"))
    ]
    overall.append(("defects", *(str(part["defects"]) for part in (test, known, unknown))))
    per_class = [
        (
            code,
            row["defects"],
            *(_number(row[key], 3) for key in ("ap50", "recall", "precision")),
            f"{row['threshold']:.2f}",
            *(_number(unknown["per_class"][code][key], 3) for key in ("ap50", "recall")),
        )
        for code, row in test["per_class"].items()
    ]
    limits = {"faint": "5 to 9", "plain": "9 to 22", "gross": "above 22"}
    difficulty = [
        (f"{name} ({limits[name]})", row["defects"], _number(row["recall"], 3))
        for name, row in test["by_difficulty"].items()
    ]
    look = [(name, row["defects"], _number(row["recall"], 3)) for name, row in test["by_look"].items()]
    family = [
        (name + " (held out)" * (name in training["held_out_families"]), row["defects"], _number(row["recall"], 3))
        for name, row in test["by_family"].items()
    ]
    return f"""\
## Measured

On {test["pictures"]:,} unseen scenes of 512 x 512 (seed {training["test"]["seed"]}), a part of them with product
textures never shown in training ({", ".join(training["held_out_families"])}). Thresholds and calibration were fixed
before, on other scenes of known textures (seed {training["validation"]["seed"]}). Overlap of a hit: 0.5.

{table(("", "all", "known textures", "held-out textures"), overall)}

{table(CLASS_HEAD, per_class)}

{table(("difficulty (contrast-to-noise)", "defects", "recall"), difficulty)}

{table(("look", "defects", "recall"), look)}

{table(("texture", "defects", "recall"), family)}

False alarms on clean scenes: {_number(test["false_alarms_per_clean_picture"], 3)} per picture ({test["clean_pictures"]}
pictures).
"""


def _beside(measured: dict[str, Any], *, parent: str | None) -> str:
    lines = []
    if speed := measured.get("speed"):
        where = f"ONNX Runtime, one thread, {speed['processor']}"
        lines.append(f"Speed: {speed['cpu_ms']:.1f} CPU-ms per tile, {where}.\n")
    if beside := measured.get("beside_parent"):
        lines.append(f"Beside version {parent}: mAP50 {beside['map50_change']:+.4f}; {beside['verdict']}.\n")
    return "\n".join(lines)


def _bar(test: dict[str, Any]) -> str:
    """What was asked of the model, and whether it got there."""
    lowest = min(row["recall"] or 0.0 for row in test["per_class"].values())
    rows = [
        ("mAP50", "at least 0.95", _number(test["map50"], 3), test["map50"] >= 0.95),
        ("recall of the weakest class at its threshold", "at least 0.90", _number(lowest, 3), lowest >= 0.9),
        ("calibration error", "below 0.05", _number(test["ece"], 3), test["ece"] < 0.05),
    ]
    told = [(*row, "reached" if reached else "**not reached**") for *row, reached in rows]
    return f"## The bar\n\n{table(('figure', 'asked', 'measured', ''), told)}\n"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
