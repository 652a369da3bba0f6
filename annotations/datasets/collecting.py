"""Which images a selection means, and what is settled on them: one question, asked to freeze and to look ahead."""

from datetime import datetime
from typing import Any

from annotations.selectors import DatasetSelection
from core.ids import uuid7_floor

FITTING = """
JOIN annotation said ON said.task_id = task.id AND said.number = task.annotation_number
JOIN inspection_run run ON run.id = task.run_id
JOIN recipe_version version ON version.id = run.recipe_version_id
JOIN recipe ON recipe.id = version.recipe_id
JOIN inspection_image image ON image.id = task.image_id
JOIN layer ON layer.id = image.layer_id
JOIN wafer ON wafer.id = image.wafer_id
JOIN lot ON lot.id = wafer.lot_id
JOIN defect_class class ON class.id = coalesce(said.defect_class_id, task.defect_class_id)
LEFT JOIN tool ON tool.id = image.tool_id
WHERE task.site_id = %(site)s AND task.state = ANY(%(states)s)
    AND task.original_id IS NULL AND task.kind <> 'image'
    AND (%(recipes)s::text[] = '{}' OR recipe.code = ANY(%(recipes)s))
    AND (%(layers)s::text[] = '{}' OR layer.code = ANY(%(layers)s))
    AND (%(tools)s::text[] = '{}' OR tool.code = ANY(%(tools)s))
    AND (%(lots)s::text[] = '{}' OR lot.code = ANY(%(lots)s))
    AND (%(classes)s::text[] = '{}' OR class.code = ANY(%(classes)s))
    AND (%(bands)s::text[] = '{}' OR task.band = ANY(%(bands)s))
    AND (%(any_confidence)s OR task.confidence BETWEEN %(min_confidence)s AND %(max_confidence)s)
    AND (%(since)s::uuid IS NULL OR task.image_id >= %(since)s)
    AND (%(until)s::uuid IS NULL OR task.image_id < %(until)s)
"""
"""What narrows a relation `task` to those that a selection means."""
CHOSEN = f"chosen AS MATERIALIZED (SELECT DISTINCT task.image_id FROM review_task task {FITTING})"  # noqa: S608
WORDS = """
SELECT task.image_id, task.id AS task_id, task.annotation_number, task.state AS stage
FROM review_task task JOIN chosen ON chosen.image_id = task.image_id
JOIN annotation said ON said.task_id = task.id AND said.number = task.annotation_number
WHERE task.state = ANY(%(states)s) AND task.original_id IS NULL AND task.kind <> 'image'
"""
BELONGING = """
own AS MATERIALIZED (SELECT DISTINCT image_id FROM word),
standing AS MATERIALIZED (
    SELECT own.image_id, (
        SELECT covered.run_id FROM run_image covered
        WHERE covered.image_id = own.image_id
            AND (SELECT run.state = 'done' AND run.counts FROM inspection_run run WHERE run.id = covered.run_id)
        ORDER BY covered.run_id DESC LIMIT 1
    ) AS run_id
    FROM own
), counted AS (
    SELECT standing.image_id, standing.run_id, count(*) AS words,
           count(*) FILTER (WHERE task.kind = 'detection' AND task.run_id = standing.run_id) AS of_standing
    FROM word
    JOIN standing ON standing.image_id = word.image_id
    JOIN review_task task ON task.id = word.task_id
    GROUP BY standing.image_id, standing.run_id
), belonging AS (
    SELECT image.id AS image_id, wafer.lot_id, counted.words,
           counted.run_id IS NOT NULL AND counted.of_standing = (
               SELECT count(*) FROM detection
               WHERE detection.run_id = counted.run_id AND detection.image_id = image.id
           ) AS is_complete
    FROM counted
    JOIN inspection_image image ON image.id = counted.image_id
    JOIN wafer ON wafer.id = image.wafer_id
)
"""
"""Of a relation `word` with the image and the task of each word."""
# What was just written is not counted yet, and a planner that takes many rows for one loops over them row by row.
PLAN = "SELECT set_config('statement_timeout', %s, true), set_config('enable_nestloop', %s, true)"


def values_of(chosen: DatasetSelection, *, site_id: int) -> dict[str, Any]:
    """What the statements above are asked with."""
    return {
        **chosen.as_dict(),
        "any_confidence": chosen.takes_every_confidence,
        "since": _floor(chosen.since),
        "until": _floor(chosen.until),
        "site": site_id,
    }


def _floor(moment: str | None) -> Any:
    return uuid7_floor(at=datetime.fromisoformat(moment)) if moment else None
