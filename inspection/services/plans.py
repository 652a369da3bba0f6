"""What a recipe version and a deployed model mean together, as values for the pipeline."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.conf import settings

from core.briefly import Briefly
from domain.detection.grade import Bands, Severity
from domain.imaging.preprocess import PreprocessProfile
from domain.wafer.die_grid import DieGrid, WaferShape
from inspection.models import DefectClass, InspectionImage, Product, RecipeVersion
from inspection.pipeline import Place, Plan
from inspection.selectors.results import classes_by_id, forget_classes
from models_admin.models import ModelVersion
from models_admin.selectors import Route
from serving.detector import Detector

# Versions never change.
_versions: Briefly[ModelVersion] = Briefly(ttl_s=3600.0)


@dataclass(frozen=True, eq=False)
class Judge:
    """Who judges: a plan, and the defect class behind each class index of the model."""

    plan: Plan
    route: Route
    classes: tuple[DefectClass, ...]


def forget_rows() -> None:
    """Read classes and versions afresh; for tests, which throw their rows away."""
    forget_classes()
    _versions.clear()


def model_version(version_id: int) -> ModelVersion:
    """A version with its model, as results name it."""
    return _versions.get(version_id, lambda: ModelVersion.objects.select_related("model").get(pk=version_id))


def judge_for(recipe_version: RecipeVersion, *, route: Route) -> Judge:
    """The judge of a recipe version on a route. Both are immutable, so the answer is kept.

    Raises:
        LookupError: the model names a class nobody has defined.
    """
    known = {row.code: row for row in classes_by_id().values()}
    missing = [code for code in route.spec.classes if code not in known]
    if missing:
        raise LookupError(f"the model {route.triton_name} names classes that are not defined: {', '.join(missing)}")
    classes = tuple(known[code] for code in route.spec.classes)
    severities = tuple(row.severity for row in classes)
    return Judge(plan=_plan(_Frozen(recipe_version), _Frozen(route), severities), route=route, classes=classes)


def place_of(image: InspectionImage, *, product: Product) -> Place:
    """Where an image lies on a wafer of a product."""
    origin = None
    if image.origin_x_um is not None and image.origin_y_um is not None:
        origin = (image.origin_x_um, image.origin_y_um)
    return Place(pixel_um=image.pixel_um, origin_um=origin, grid=grid_of(product), wafer=shape_of(product))


def grid_of(product: Product) -> DieGrid:
    return DieGrid(
        pitch_um=(product.die_pitch_x_um, product.die_pitch_y_um),
        centre_um=(product.grid_centre_x_um, product.grid_centre_y_um),
    )


def shape_of(product: Product) -> WaferShape:
    return WaferShape(diameter_um=product.wafer_diameter_um, edge_exclusion_um=product.edge_exclusion_um)


class _Frozen:
    """An immutable row or value as a cache key: equal when its identity is."""

    def __init__(self, value: RecipeVersion | Route) -> None:
        self.value = value
        self._key = (
            ("recipe", value.pk) if isinstance(value, RecipeVersion) else ("route", value.triton_name, value.sha256)
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self._key == other._key


@lru_cache(maxsize=256)
def _plan(recipe: _Frozen, route: _Frozen, severities: tuple[str, ...]) -> Plan:
    version, target = recipe.value, route.value
    assert isinstance(version, RecipeVersion) and isinstance(target, Route)
    spec = target.spec
    profile = PreprocessProfile.from_dict(version.preprocessing)
    thresholds = [version.thresholds.get(code, spec.thresholds[code]) for code in spec.classes]
    detector = Detector(
        triton_name=target.triton_name,
        spec=spec,
        tile_px=spec.shape.tile_px,
        overlap_px=version.overlap_px,
        scale=float(profile.scale),
        thresholds=np.array(thresholds, np.float32),
        nms_iou=version.nms_iou,
        deadline_s=settings.INFERENCE_DEADLINE_MS / 1000,
    )
    return Plan(
        detector=detector,
        bands=Bands(review_from=version.review_from, reject_from=version.reject_from),
        severity_by_class=np.array([Severity[name.upper()] for name in severities], np.int8),
        gate=profile.gate,
    )
