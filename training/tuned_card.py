"""The card of a version that was taught what people corrected."""

from __future__ import annotations

from typing import Any

from training.card import LIMITS, table

SETS = (("new", "on the pictures of the data set"), ("old", "on drawn scenes, as the shipped model was judged on"))


def write_tuned_card(model: dict[str, Any]) -> str:
    """Markdown from the content of `model.json`."""
    training, metrics = model["training"], model["metrics"]
    compared = metrics["compared"]
    parts = [_head(model, training=training, compared=compared)]
    parts += [_beside(title, compared[name], base=compared["base"]) for name, title in SETS if compared[name]]
    if speed := metrics.get("speed"):
        where = f"ONNX Runtime, one thread, {speed['processor']}"
        parts.append(f"Speed: {speed['cpu_ms']:.1f} CPU-ms per tile, {where}.\n")
    parts.append(_held_out(compared))
    parts.append(LIMITS)
    return "\n".join(parts)


def _head(model: dict[str, Any], *, training: dict[str, Any], compared: dict[str, Any]) -> str:
    wanted = training["wanted"]
    origin = f", quantised from version {model['parent']}" if model["precision"] == "int8" else ""
    return f"""\
# {model["name"]} {model["version"]} ({model["precision"]})

Version {compared["base"]}, taught what people corrected: {training["images"]} pictures of a frozen data set, together
with drawn scenes such as the base learned from, so that it does not forget them.

- File: `model.onnx`, SHA-256 `{model["sha256"]}`{origin}
- Frozen data set with manifest SHA-256 `{training["dataset"]}`; {training["incomplete"]} of its pictures were left out,
  because something on them waits for a word.
- {wanted["steps"]:,} steps at a learning rate of {wanted["rate"]:g}, {wanted["replay_share"]:.0%} of the windows from
  drawn scenes, seed {wanted["seed"]}; {training["seconds"]["fit"]:.0f} s on {training["device"]}.
- Code of the training: SHA-256 `{training["code_sha256"]}`.
"""


def _beside(title: str, measured: dict[str, Any], *, base: str) -> str:
    before, after, changes = measured["before"], measured["after"], measured["changes"]
    overall = [
        (label, _plain(before[key]), _plain(after[key]))
        for label, key in (
            ("mAP50", "map50"),
            ("calibration error (ECE)", "ece"),
            ("false alarms per picture", "false_alarms_per_picture"),
        )
    ]
    classes = [
        (
            code,
            row["defects"],
            _with_interval(before["per_class"][code]["recall"]),
            _with_interval(row["recall"]),
            f"+{changes[code]['gained']} -{changes[code]['lost']}",
            _with_interval(before["per_class"][code]["precision"]),
            _with_interval(row["precision"]),
        )
        for code, row in after["per_class"].items()
    ]
    head = ("class", "defects", "recall before", "recall after", "found, lost", "precision before", "precision after")
    return f"""\
## Before and after, {title}

{after["pictures"]} pictures, {after["defects"]} defects; each version with its own thresholds. In brackets: 95 %.

{table(("", f"version {base}", "this version"), overall)}

{table(head, classes)}
"""


def _held_out(compared: dict[str, Any]) -> str:
    if not compared["new"]:
        return (
            "The data set holds out no lot: **nothing is known of this version on pictures of its own kind.** Freeze "
            "one with lots for validation and test.\n"
        )
    if compared["on"] == "validation":
        return (
            "No lot was held out for the test: the figures of the data set are of the lots that set the thresholds, "
            "and flatter this version.\n"
        )
    return f"Nothing was learned from the lots of the figures: {', '.join(compared['lots'])}.\n"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _with_interval(share: dict[str, Any]) -> str:
    if share["value"] is None:
        return "-"
    return f"{share['value']:.2f} ({share['low']:.2f} to {share['high']:.2f})"
