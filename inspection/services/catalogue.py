"""Products, tools, layers, lots, recipes and defect classes: made once, by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from accounts.models import Site
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from domain.imaging.preprocess import PreprocessProfile, profile_sha256
from inspection.models import DefectClass, Layer, Lot, Product, Recipe, RecipeVersion, Tool
from inspection.services.labels import checked_label

Row = TypeVar("Row", bound=models.Model)

# Six colours of Okabe and Ito and two more, told apart by colour-blind eyes and under a film that swallows blue.
DEFECT_CLASSES = (
    ("scratch", "Scratch", "#e69f00", "major"),
    ("particle", "Particle", "#56b4e9", "minor"),
    ("pit", "Pit", "#009e73", "major"),
    ("stain", "Stain", "#f0e442", "minor"),
    ("crack", "Crack", "#d55e00", "critical"),
    ("edge_chip", "Edge chip", "#cc79a7", "major"),
    ("bridge", "Bridge", "#6666ff", "critical"),
    ("open", "Open", "#b2ffc2", "critical"),
)


@transaction.atomic
def ensure_defect_classes(*, actor: Actor, now: datetime) -> list[DefectClass]:
    """The eight classes every model of the first generation knows, with their keys 1 to 8."""
    rows = []
    for key, (code, name, colour, severity) in enumerate(DEFECT_CLASSES, start=1):
        row, is_new = DefectClass.objects.get_or_create(
            code=code, defaults={"name": name, "colour": colour, "severity": severity, "key": str(key)}
        )
        if is_new:
            audit.record(
                action=Action.DEFECT_CLASS_CREATED,
                object_type="defect_class",
                object_id=code,
                actor=actor,
                at=now,
                after={"name": name, "severity": severity},
            )
        rows.append(row)
    return rows


def create_product(*, site: Site, code: str, actor: Actor, now: datetime, **geometry: Any) -> Product:
    """Make a product, or return the one of that code."""
    return _named(Product, site=site, code=code, action=Action.PRODUCT_CREATED, actor=actor, now=now, values=geometry)


def create_tool(*, site: Site, code: str, actor: Actor, now: datetime, **values: Any) -> Tool:
    """Make a tool, or return the one of that code."""
    return _named(Tool, site=site, code=code, action=Action.TOOL_CREATED, actor=actor, now=now, values=values)


def create_layer(*, site: Site, code: str, actor: Actor, now: datetime, **values: Any) -> Layer:
    """Make a layer, or return the one of that code."""
    return _named(Layer, site=site, code=code, action=Action.LAYER_CREATED, actor=actor, now=now, values=values)


def ensure_lot(*, site: Site, code: str, product: Product, actor: Actor, now: datetime) -> Lot:
    """The lot of that code, made if it is new. A lot keeps the product it was made with."""
    return _named(
        Lot,
        site=site,
        code=code,
        action=Action.LOT_CREATED,
        actor=actor,
        now=now,
        values={"product": product, "created_at": now},
    )


@transaction.atomic
def create_recipe(
    *,
    site: Site,
    code: str,
    actor: Actor,
    now: datetime,
    name: str = "",
    preprocessing: Mapping[str, Any] | None = None,
    **settings: Any,
) -> RecipeVersion:
    """Make a recipe with its first version, or return the version in force of the one of that code.

    Args:
        preprocessing: a profile as `PreprocessProfile.from_dict` reads it; None changes nothing about the pixels.
        settings: tile_px, overlap_px, thresholds, review_from, reject_from, nms_iou, pixel_um.

    Raises:
        Invalid: a setting cannot be used; it is named.
    """
    recipe = _named(
        Recipe,
        site=site,
        code=code,
        action=Action.RECIPE_CREATED,
        actor=actor,
        now=now,
        values={"name": name, "created_at": now},
    )
    current = recipe.versions.order_by("-number").first()
    return current or _first_version(recipe, preprocessing=preprocessing, actor=actor, now=now, settings=settings)


def _first_version(
    recipe: Recipe, *, preprocessing: Mapping[str, Any] | None, actor: Actor, now: datetime, settings: dict[str, Any]
) -> RecipeVersion:
    try:
        profile = PreprocessProfile.from_dict(preprocessing or {})
    except (TypeError, ValueError) as fault:
        raise Invalid("The preprocessing cannot be used.", fields={"preprocessing": [str(fault)]}) from fault
    _check_thresholds(settings.get("thresholds", {}))
    version = RecipeVersion(
        recipe=recipe,
        number=1,
        preprocessing=profile.to_dict(),
        preprocessing_sha256=profile_sha256(profile),
        created_at=now,
        created_by=actor.username,
        **settings,
    )
    version.full_clean()
    version.save(force_insert=True)
    audit.record(
        action=Action.RECIPE_VERSION_ADDED,
        object_type="recipe",
        object_id=recipe.pk,
        object_version=1,
        actor=actor,
        at=now,
        after={"code": recipe.code, "preprocessing": version.preprocessing, **settings},
    )
    return version


def _check_thresholds(thresholds: Mapping[str, Any]) -> None:
    known = set(DefectClass.objects.values_list("code", flat=True))
    for code, value in thresholds.items():
        if code not in known:
            raise Invalid("A threshold names no class.", fields={"thresholds": [f"{code!r} is not a class."]})
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise Invalid("A threshold cannot be used.", fields={"thresholds": [f"{code}: want a number from 0 to 1."]})


def _named(
    model: type[Row], *, site: Site, code: str, action: Action, actor: Actor, now: datetime, values: dict[str, Any]
) -> Row:
    """The row of that code at the site, made and recorded if it is new. Two at once end with one row."""
    known = model._default_manager.filter(site=site, code=code).first()
    if known is not None:
        return known
    kind = model._meta.model_name or ""
    label = checked_label(code, field=kind)
    row = model(site=site, code=label, **values)
    row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            shown = {name: value for name, value in values.items() if isinstance(value, int | float | str)}
            audit.record(
                action=action, object_type=kind, object_id=row.pk, actor=actor, at=now, after={"code": label, **shown}
            )
    except IntegrityError:
        return model._default_manager.get(site=site, code=label)
    return row
