"""Queries other layers read. They say who may see, in what order, at what cost."""

from accounts.selectors import site_of
from inspection.selectors.access import (
    BY_HAND,
    Found,
    defect_classes,
    detections_named,
    detections_visible_to,
    images_visible_to,
    jobs_visible_to,
    layers_visible_to,
    lots_visible_to,
    one,
    places_found_on,
    products_visible_to,
    recipe_versions_of,
    recipe_versions_visible_to,
    recipes_behind,
    recipes_visible_to,
    run_visible_to,
    runs_visible_to,
    tools_visible_to,
    wafers_visible_to,
)
from inspection.selectors.cards import card_of, cards_of
from inspection.selectors.described import detection_of, die_pitch_px, geometry_of, image_of, listed_detection_of
from inspection.selectors.explained import described_explanation, explanation_of
from inspection.selectors.figures import inference_figures
from inspection.selectors.flaws import flaws_of_image
from inspection.selectors.found import found_on, layers_of
from inspection.selectors.holds import hold_of, holds_of
from inspection.selectors.job_cards import item_of, job_of, rerun_of
from inspection.selectors.performance import performance_of
from inspection.selectors.queue import queue_state
from inspection.selectors.results import (
    classes_by_id,
    detections_of,
    drawn_classes,
    images_of,
    images_of_all,
    newest_run_of,
    newest_runs_with,
    product_by_id,
)
from inspection.selectors.standing import Current, current_of
from inspection.selectors.wall import first_cards, wall_cards

__all__ = [
    "BY_HAND",
    "Current",
    "Found",
    "card_of",
    "cards_of",
    "classes_by_id",
    "current_of",
    "defect_classes",
    "described_explanation",
    "detection_of",
    "detections_named",
    "detections_of",
    "detections_visible_to",
    "die_pitch_px",
    "drawn_classes",
    "explanation_of",
    "first_cards",
    "flaws_of_image",
    "found_on",
    "geometry_of",
    "hold_of",
    "holds_of",
    "image_of",
    "images_of",
    "images_of_all",
    "images_visible_to",
    "inference_figures",
    "item_of",
    "job_of",
    "jobs_visible_to",
    "layers_of",
    "layers_visible_to",
    "listed_detection_of",
    "lots_visible_to",
    "newest_run_of",
    "newest_runs_with",
    "one",
    "performance_of",
    "places_found_on",
    "product_by_id",
    "products_visible_to",
    "queue_state",
    "recipe_versions_of",
    "recipe_versions_visible_to",
    "recipes_behind",
    "recipes_visible_to",
    "rerun_of",
    "run_visible_to",
    "runs_visible_to",
    "site_of",
    "tools_visible_to",
    "wafers_visible_to",
    "wall_cards",
]
