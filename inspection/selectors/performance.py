"""How the versions of a model have done: on wafers, and by golden sets."""

from datetime import datetime
from typing import Any

from core.actors import Actor
from inspection.selectors.figures import inference_figures
from models_admin import selectors as models_admin
from models_admin.models import ValidationReport

MOST_VERSIONS = 50


def performance_of(model_name: str, *, actor: Actor, now: datetime, hours: int) -> dict[str, Any]:
    """The newest versions of a model, each with its runs of the last hours and its newest report."""
    runs: dict[str, dict[str, Any]] = {}
    for row in inference_figures(actor, now=now, hours=hours):
        if row["model"] == model_name:
            kept = {name: value for name, value in row.items() if name not in ("model", "version", "state")}
            runs.setdefault(row["version"], {})[row["state"]] = kept
    reports = models_admin.reports_visible_to(actor).filter(version__model__name=model_name)
    newest = {one.version_id: one for one in reports.order_by("version_id", "-run_id").distinct("version_id")}
    versions = models_admin.versions().filter(model__name=model_name)[:MOST_VERSIONS]
    return {
        "model": model_name,
        "hours": hours,
        "versions": [
            {
                "version": one.version,
                "status": one.status,
                "runs": runs.get(one.version),
                "validation": _figures(newest[one.pk]) if one.pk in newest else None,
            }
            for one in versions
        ],
    }


def _figures(report: ValidationReport) -> dict[str, Any]:
    figures = report.document["figures"]["version"]
    return {
        "id": str(report.pk),
        "has_passed": report.has_passed,
        "measured_at": report.document["measured"]["at"],
        "golden_set": report.document["golden_set"]["name"],
        "accuracy": figures["accuracy"]["value"],
        "macro_f1": figures["macro_f1"],
        "map50": figures["map50"],
        "map50_95": figures["map50_95"],
        "ece": figures["calibration"]["ece"],
        "p95_ms": figures["speed"]["sequential"]["p95_ms"],
        "images_per_s": figures["speed"]["concurrent"]["images_per_s"],
    }
