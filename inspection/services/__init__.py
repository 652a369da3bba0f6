"""What can be done with images, runs, jobs and the catalogue: all that interfaces and other apps may call."""

from core.decoding import decoder
from inspection.services.allowance import count_images
from inspection.services.batches import BatchFile, cancel_job, create_batch, retry_failed_items
from inspection.services.benchmark import run_benchmark
from inspection.services.catalogue import (
    create_layer,
    create_product,
    create_tool,
    ensure_defect_classes,
    ensure_lot,
)
from inspection.services.compatibility import compatibility_of
from inspection.services.decoder import draw_tile, draw_view
from inspection.services.explaining import ask_explanation, explain_detection
from inspection.services.holding import hold_wafer, release_wafer
from inspection.services.housekeeping import keep_house
from inspection.services.pictures import part_of, thumbnail_of, tile_of, view_of
from inspection.services.predict import Fresh, PredictOutcome, predict_image
from inspection.services.present import PresentFigures
from inspection.services.recipes import add_recipe_version, create_recipe
from inspection.services.reinspection import reinspect_images
from inspection.services.reruns import rerun_touched
from inspection.services.runs import cancel_run, retry_run
from inspection.services.system import BANNERS, system_state
from inspection.services.uploads import Upload, forget_named_rows
from inspection.services.wafers import WaferImage, queue_wafer
from inspection.services.work import drain, sweep

__all__ = [
    "BANNERS",
    "BatchFile",
    "Fresh",
    "PredictOutcome",
    "PresentFigures",
    "Upload",
    "WaferImage",
    "add_recipe_version",
    "ask_explanation",
    "cancel_job",
    "cancel_run",
    "compatibility_of",
    "count_images",
    "create_batch",
    "create_layer",
    "create_product",
    "create_recipe",
    "create_tool",
    "decoder",
    "drain",
    "draw_tile",
    "draw_view",
    "ensure_defect_classes",
    "ensure_lot",
    "explain_detection",
    "forget_named_rows",
    "hold_wafer",
    "keep_house",
    "part_of",
    "predict_image",
    "queue_wafer",
    "reinspect_images",
    "release_wafer",
    "rerun_touched",
    "retry_failed_items",
    "retry_run",
    "run_benchmark",
    "sweep",
    "system_state",
    "thumbnail_of",
    "tile_of",
    "view_of",
]
