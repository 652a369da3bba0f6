"""Who sees what: everything belongs to a site, and another site's object does not exist."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet

from core.actors import Actor
from core.errors import NotFound
from core.prepared import prepared
from core.questions import Question, where
from inspection.models import (
    DefectClass,
    Detection,
    InspectionImage,
    InspectionJob,
    InspectionRun,
    Layer,
    Lot,
    Product,
    Recipe,
    RecipeVersion,
    Tool,
    Wafer,
)

CARD_RELATIONS = ("wafer__lot__product", "layer", "tool", "recipe_version__recipe", "model_version__model")
"""What a run's card shows, and what judging it takes."""
BY_HAND = "by hand"
"""The tool of what people uploaded: none."""
# Long values that no card and no list shows: read for every row, a model's description alone would cost the most.
UNSHOWN = (
    "model_version__metadata",
    "model_version__card",
    "recipe_version__preprocessing",
    "recipe_version__thresholds",
)


def with_cards(runs: QuerySet[InspectionRun]) -> QuerySet[InspectionRun]:
    """The same runs with everything their cards show, in one query more per table.

    Runs share lots, products, layers, tools, recipes and models. Read once each, 200 cards take a fourth of the time
    that a join takes, which makes eight objects per run.
    """
    return runs.prefetch_related(*CARD_RELATIONS)


def with_model_names(detections: QuerySet[Detection]) -> QuerySet[Any]:
    """The same detections, each with `model_name` and `model_version` of its run and without its embedding."""
    names = {"model_name": F("run__model_version__model__name"), "model_version": F("run__model_version__version")}
    return detections.annotate(**names).defer("embedding")


def of_tool(runs: QuerySet[InspectionRun], tool: str) -> QuerySet[InspectionRun]:
    """Those of the runs that are over images of that tool; of `BY_HAND` those over what people uploaded."""
    return runs.filter(tool=None) if tool == BY_HAND else runs.filter(tool__code=tool)


def recipes_behind(wafer: Wafer) -> list[RecipeVersion]:
    """The recipe versions a wafer's runs were judged by, each once. One query, whatever their number."""
    keys = InspectionRun.objects.filter(wafer=wafer).values("recipe_version_id")
    return list(RecipeVersion.objects.filter(pk__in=keys).select_related("recipe"))


def lots_visible_to(actor: Actor) -> QuerySet[Lot]:
    return of_sites(Lot.objects.select_related("product"), actor).order_by("-id")


def wafers_visible_to(actor: Actor) -> QuerySet[Wafer]:
    return of_sites(Wafer.objects.select_related("lot__product"), actor).order_by("-id")


def images_visible_to(actor: Actor) -> QuerySet[InspectionImage]:
    return of_sites(InspectionImage.objects.select_related("wafer__lot", "layer", "tool"), actor).order_by("-id")


def runs_visible_to(actor: Actor) -> QuerySet[InspectionRun]:
    """Runs with everything their cards show."""
    return of_sites(with_cards(InspectionRun.objects.all()), actor).order_by("-id")


def run_visible_to(actor: Actor, key: UUID) -> InspectionRun:
    """One run with everything its card shows. One query.

    Raises:
        NotFound: as `one`.
    """
    joined = runs_visible_to(actor).select_related(*CARD_RELATIONS).defer(*UNSHOWN)
    run: InspectionRun = one(joined, key, what="run")
    return run


def detections_visible_to(actor: Actor) -> QuerySet[Detection]:
    """Detections, each with `model_name` and `model_version` of its run: all that is shown of those rows."""
    found = with_model_names(Detection.objects.all())
    if actor.is_system:
        return found.order_by("-id")
    return found.filter(run__site_id__in=actor.site_ids).order_by("-id")


_OF_SITES = "(%s OR inspection_run.site_id = ANY(%s))"
_DETECTIONS = Question(
    lambda: where(
        with_model_names(Detection.objects.order_by()),
        f"detection.id = ANY(%s) AND {_OF_SITES}",
        *("keys", "is_everywhere", "sites"),
    )
)
_FOUND_ON = f"""
SELECT run_id, image_id, detection.id, defect_class_id, confidence, severity, x_px, y_px, width_px, height_px
FROM detection JOIN inspection_run ON inspection_run.id = run_id
WHERE run_id = ANY(%s) AND image_id = ANY(%s) AND {_OF_SITES}
ORDER BY run_id, ordinal
"""  # noqa: S608 - a statement of our own


class Found(NamedTuple):
    """What a picture shows of a detection. There are many on an image, and a model of each would cost the most."""

    run_id: UUID
    image_id: UUID
    pk: UUID
    defect_class_id: int
    confidence: float
    severity: str
    x_px: float
    y_px: float
    width_px: float
    height_px: float


def detections_named(keys: Collection[UUID], *, actor: Actor) -> list[Any]:
    """Those detections, as `detections_visible_to` has them, in no order. One query."""
    return _DETECTIONS.all(keys=list(keys), is_everywhere=actor.is_system, sites=list(actor.site_ids))


def places_found_on(*, runs: Collection[UUID], images: Collection[UUID], actor: Actor) -> list[Found]:
    """What runs found on images, by run and ordinal. One query."""
    with prepared() as cursor:
        cursor.execute(_FOUND_ON, [list(runs), list(images), actor.is_system, list(actor.site_ids)])
        return [Found(*row) for row in cursor.fetchall()]


def jobs_visible_to(actor: Actor) -> QuerySet[InspectionJob]:
    return of_sites(InspectionJob.objects.select_related("rerun_version__model"), actor).order_by("-id")


def products_visible_to(actor: Actor) -> QuerySet[Product]:
    return of_sites(Product.objects.all(), actor).order_by("code")


def tools_visible_to(actor: Actor) -> QuerySet[Tool]:
    return of_sites(Tool.objects.all(), actor).order_by("code")


def layers_visible_to(actor: Actor) -> QuerySet[Layer]:
    return of_sites(Layer.objects.all(), actor).order_by("step", "code")


def recipes_visible_to(actor: Actor) -> QuerySet[Recipe]:
    """Recipes, each with its version `in_force`; how many came before costs nothing. Two queries."""
    newest = RecipeVersion.objects.order_by("recipe_id", "-number").distinct("recipe_id")
    in_force = Prefetch("versions", queryset=newest, to_attr="in_force")
    recipes = Recipe.objects.prefetch_related(in_force)  # type: ignore[no-redef]
    return of_sites(recipes, actor).order_by("code")


def recipe_versions_visible_to(actor: Actor) -> QuerySet[RecipeVersion]:
    """Every version of every recipe, by recipe, the newest first."""
    rows = RecipeVersion.objects.select_related("recipe").order_by("recipe__code", "recipe_id", "-number")
    return rows if actor.is_system else rows.filter(recipe__site_id__in=actor.site_ids)


def recipe_versions_of(recipe: Recipe) -> QuerySet[RecipeVersion]:
    """Every version of a recipe, newest first."""
    return recipe.versions.order_by("-number")


def defect_classes() -> QuerySet[DefectClass]:
    return DefectClass.objects.order_by("id")


def one(rows: QuerySet[Any], key: UUID | int, *, what: str) -> Any:
    """The row of that key.

    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(f"There is no such {what}, or it belongs to another site.")
    return row


def of_sites(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Those of the rows that belong to the actor's sites."""
    return rows if actor.is_system else rows.filter(site_id__in=actor.site_ids)
