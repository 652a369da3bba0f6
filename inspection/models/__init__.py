"""What is inspected, how, and what was found."""

from inspection.models.detections import Detection
from inspection.models.explanations import Explanation
from inspection.models.fab import DefectClass, Layer, Lot, Product, Tool, Wafer, WaferHold
from inspection.models.images import InspectionImage
from inspection.models.jobs import InspectionJob, JobItem
from inspection.models.recipes import Recipe, RecipeVersion
from inspection.models.runs import InspectionRun, RunImage

__all__ = [
    "DefectClass",
    "Detection",
    "Explanation",
    "InspectionImage",
    "InspectionJob",
    "InspectionRun",
    "JobItem",
    "Layer",
    "Lot",
    "Product",
    "Recipe",
    "RecipeVersion",
    "RunImage",
    "Tool",
    "Wafer",
    "WaferHold",
]
