"""What a run covered and found, as cheaply as it can be read."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.actors import Actor
from core.briefly import Briefly
from inspection.models import DefectClass, Detection, InspectionImage, InspectionRun, Product, RunImage
from inspection.selectors.access import defect_classes, of_sites

_classes: Briefly[dict[int, DefectClass]] = Briefly(ttl_s=10.0)
_products: Briefly[Product] = Briefly(ttl_s=10.0)


def images_of(run: InspectionRun) -> list[tuple[int, InspectionImage]]:
    """Ordinal and image of everything a run covers, in order. One query."""
    return [
        (covered.ordinal, covered.image)
        for covered in RunImage.objects.filter(run=run).select_related("image").order_by("ordinal")
    ]


def images_of_all(runs: list[InspectionRun]) -> dict[UUID, list[tuple[int, InspectionImage]]]:
    """`images_of` for many runs at once. One query."""
    found: dict[UUID, list[tuple[int, InspectionImage]]] = {run.pk: [] for run in runs}
    for covered in RunImage.objects.filter(run__in=found).select_related("image").order_by("run", "ordinal"):
        found[covered.run_id].append((covered.ordinal, covered.image))
    return found


def detections_of(run: InspectionRun) -> QuerySet[Detection]:
    """Everything a run found, in the order it was written. One query."""
    return Detection.objects.filter(run=run).defer("embedding").order_by("ordinal")


def classes_by_id() -> dict[int, DefectClass]:
    """Every defect class. Remembered for ten seconds."""
    return _classes.get("all", lambda: {row.pk: row for row in defect_classes()})


def product_by_id(product_id: int) -> Product:
    """A product. Remembered for ten seconds."""
    return _products.get(product_id, lambda: Product.objects.get(pk=product_id))


def drawn_classes() -> list[dict[str, Any]]:
    """Every class as pages draw it: name, colour, severity and key."""
    return [dict(row) for row in defect_classes().values("code", "name", "colour", "severity", "key")]


def newest_run_of(wafer_id: UUID, *, actor: Actor) -> UUID | None:
    """The id of a wafer's newest run. One query over an index."""
    runs = of_sites(InspectionRun.objects.filter(wafer_id=wafer_id, counts=True), actor)
    return runs.order_by("-id").values_list("pk", flat=True).first()


def newest_runs_with(images: Collection[UUID]) -> dict[UUID, UUID]:
    """Of each image the newest run that looked at it. One query over an index."""
    covered = RunImage.objects.filter(image__in=images, run__counts=True)
    rows = covered.order_by("image_id", "-run_id").distinct("image_id")
    return dict(rows.values_list("image_id", "run_id"))


def forget_classes() -> None:
    """Read classes and products afresh; for tests, which throw theirs away."""
    _classes.clear()
    _products.clear()
