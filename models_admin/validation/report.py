"""The document of a report: everything that a page, a PDF or a program shows of a validation."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from domain.evaluation.gates import GateResult, Gates
from models_admin.models import ModelVersion, ValidationRun
from models_admin.validation.reading import Reading

FORMAT = 1


def document(
    *,
    run: ValidationRun,
    champion: ModelVersion | None,
    classes: Sequence[str],
    figures: Sequence[Mapping[str, Any]],
    paired: Mapping[str, Any] | None,
    gates: tuple[int, Gates, Sequence[GateResult]],
    reading: Reading,
    measured: Mapping[str, Any],
) -> dict[str, Any]:
    """
    Args:
        figures: of the version, and of the champion where there is one.
        gates: number of the limits, they themselves, and what came of each.
    """
    number, limits, results = gates
    golden = run.golden_set
    return {
        "format": FORMAT,
        "id": str(run.pk),
        "model": run.version.model.name,
        "version": _named(run.version),
        "champion": _named(champion) if champion else None,
        "golden_set": {
            "id": str(golden.pk),
            "name": golden.name,
            "site": golden.site.code,
            "sha256": golden.sha256,
            "splits": golden.splits,
            "images": golden.images,
            "defects": golden.defects,
            "left_out": golden.left_out,
        },
        "reading": {
            **reading.as_dict(),
            "preprocessing_sha256": reading.preprocessing_sha256,
            "sha256": reading.sha256,
        },
        "gates": {
            "number": number,
            "limits": limits.as_dict(),
            "results": [asdict(one) for one in results],
            "has_passed": all(one.has_passed for one in results),
        },
        "classes": list(classes),
        "figures": {"version": figures[0], "champion": figures[1] if champion else None},
        "paired": paired,
        "measured": dict(measured),
        "requested_by": run.requested_by,
        "requested_at": run.requested_at.isoformat(),
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """Of a report as canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _named(version: ModelVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "sha256": version.sha256,
        "precision": version.precision,
        "bytes": version.bytes,
    }
