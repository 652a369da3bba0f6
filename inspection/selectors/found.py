"""What is found on a wafer at a layer now, of each image by the run that has the word about it."""

from typing import Any
from uuid import UUID

from inspection.models import Detection, InspectionRun

# Of one row what a map and a crop show. The gravest first, so that a bound leaves out what matters least.
_FOUND = """
SELECT d.id, d.run_id, d.image_id, d.wafer_id, d.ordinal, d.defect_class_id, d.confidence, d.severity, d.band,
    d.x_px, d.y_px, d.width_px, d.height_px, d.size_um, d.wafer_x_um, d.wafer_y_um, d.die_col, d.die_row
FROM (
    SELECT c.image_id, (array_agg(r.id ORDER BY r.id DESC))[1] AS run_id
    FROM inspection_run r JOIN run_image c ON c.run_id = r.id
    WHERE r.wafer_id = %(wafer)s AND r.layer_id = %(layer)s AND r.state = 'done' AND r.counts
    GROUP BY c.image_id
) judged
JOIN detection d ON d.run_id = judged.run_id AND d.image_id = judged.image_id
ORDER BY array_position(ARRAY['critical', 'major', 'minor', 'nuisance'], d.severity::text), d.confidence DESC, d.id
LIMIT %(most)s
"""


def layers_of(wafer_id: UUID) -> dict[str, int]:
    """Ids of the layers at which a wafer was inspected, by code, the one of the newest run first. One query."""
    runs = InspectionRun.objects.filter(wafer_id=wafer_id, counts=True).order_by("layer_id", "-id").distinct("layer_id")
    newest = sorted(runs.values_list("pk", "layer__code", "layer_id"), reverse=True)
    return {code: layer_id for _, code, layer_id in newest}


def found_on(wafer_id: UUID, layer_id: int, *, most: int) -> list[Any]:
    """Up to so many findings, the gravest first, of those the surest. One query."""
    return list(Detection.objects.raw(_FOUND, {"wafer": wafer_id, "layer": layer_id, "most": most}))
