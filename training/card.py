"""The model card: what a person should know before trusting a version."""

from __future__ import annotations

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
  small dark particles without a glint are the likeliest confusion with pits. Smooth track: scratch; jagged and forked:
  crack. Bridges and opens exist only on line-like patterns with line and space of 6 px or more.
- **Size.** Defects from about 5 px to the width of a tile (512 px). Smaller ones are not found: enlarge the picture in
  the recipe (`scale`). Larger ones are found in parts, tile by tile.
- **Grey only**, 8 bit, one tile at a time; brightness is normalised per tile, so absolute brightness carries nothing.
- **Invisible is not a defect.** Truth leaves out what falls below the visibility limit of
  `demo/synthetic/visibility.py` (contrast-to-noise 5, ten grey levels). Recall on fainter marks is not stated because
  it is not known.
"""


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def write_card(model: dict[str, Any]) -> str:
    """Markdown from the content of `model.json`."""
    measured, training = model["metrics"], model["training"]
    test = measured["test"]
    lines = [
        f"# {model['name']} {model['version']} ({model['precision']})",
        "",
        "Finds eight kinds of defects on grey pictures of wafers, 512 x 512 pixels at a time. Boxes, scores, class scores"
        " and a 64-number embedding per detection come straight out of the graph; so do normalisation and peak picking.",
        "",
        f"- File: `model.onnx`, SHA-256 `{model['sha256']}`" + (
            f", quantised from version {model['parent']}" if model["parent"] else ""
        ),
        f"- Learned from {training['images']:,} drawn scenes (seed {training['seed']}), stages in `model.json`.",
        f"- Made again by `{training['command']}`. {training['note']}",
        "",
        "## Measured",
        "",
        f"On {test['pictures']:,} unseen scenes of 512 x 512 (seed {training['test']['seed']}), a part of them with product"
        f" textures never shown in training ({', '.join(training['held_out_families'])}). Thresholds and calibration were"
        f" fixed before on {training['validation']['count']} other scenes of known textures.",
        "",
        "| | all | known textures | held-out textures |",
        "|---|---|---|---|",
        *(
            f"| {label} | {_number(test[key], 4)} | {_number(test['known'][key], 4)} | {_number(test['held_out'][key], 4)} |"
            for label, key in (("mAP50", "map50"), ("mAP75", "map75"), ("calibration error (ECE)", "ece"))
        ),
        f"| defects | {test['defects']} | {test['known']['defects']} | {test['held_out']['defects']} |",
        "",
        "| class | defects | AP50 | recall | precision | at confidence | AP50 held-out | recall held-out |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {code} | {row['defects']} | {_number(row['ap50'], 3)} | {_number(row['recall'], 3)} | {_number(row['precision'], 3)} "
            f"| {row['threshold']:.2f} | {_number(test['held_out']['per_class'][code]['ap50'], 3)} "
            f"| {_number(test['held_out']['per_class'][code]['recall'], 3)} |"
            for code, row in test["per_class"].items()
        ),
        "",
        "| difficulty (contrast-to-noise) | defects | recall |",
        "|---|---|---|",
        *(
            f"| {name} ({limits}) | {test['by_difficulty'][name]['defects']} | {_number(test['by_difficulty'][name]['recall'], 3)} |"
            for name, limits in (("faint", "5 to 9"), ("plain", "9 to 22"), ("gross", "above 22"))
            if name in test["by_difficulty"]
        ),
        "",
        "| look | defects | recall |",
        "|---|---|---|",
        *(f"| {name} | {row['defects']} | {_number(row['recall'], 3)} |" for name, row in test["by_look"].items()),
        "",
        "| texture | defects | recall |",
        "|---|---|---|",
        *(
            f"| {name}{' (held out)' if name in training['held_out_families'] else ''} | {row['defects']} | {_number(row['recall'], 3)} |"
            for name, row in test["by_family"].items()
        ),
        "",
        f"False alarms on clean scenes: {_number(test['false_alarms_per_clean_picture'], 3)} per picture"
        f" ({test['clean_pictures']} pictures).",
        "",
    ]
    if speed := measured.get("speed"):
        lines += [
            f"Speed: {speed['cpu_ms']:.1f} CPU-ms per tile, ONNX Runtime, one thread, {speed['processor']}.", "",
        ]
    if beside := measured.get("beside_parent"):
        lines += [
            f"Beside version {model['parent']}: mAP50 {beside['map50_change']:+.4f}; {beside['verdict']}.", "",
        ]
    return "\n".join([*lines, LIMITS, *([] if not measured.get("real") else ["## On real pictures\n", measured["real"], ""])])
