"""Recipes: how a layer is inspected, as versions that never change. The highest number is in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Site
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from domain.imaging.preprocess import PreprocessProfile, profile_sha256
from inspection.errors import StaleRecipe
from inspection.models import DefectClass, Recipe, RecipeVersion
from inspection.selectors.access import one, recipes_visible_to
from inspection.services import uploads
from inspection.services.catalogue import named_row
from models_admin import selectors as models_admin
from models_admin.errors import NoRoute
from serving.tensors import DetectorShape

SETTINGS = (
    "preprocessing",
    "tile_px",
    "overlap_px",
    "thresholds",
    "review_from",
    "reject_from",
    "nms_iou",
    "pixel_um",
)


@transaction.atomic
def create_recipe(
    *, site: Site, code: str, actor: Actor, now: datetime, name: str = "", **settings: Any
) -> tuple[RecipeVersion, bool]:
    """Make a recipe with its first version, or return the version in force of the one of that code.

    Args:
        settings: any of `SETTINGS`; the others take the defaults of `RecipeVersion`. See `add_recipe_version`.

    Returns:
        The version in force, and whether its recipe was made now.

    Raises:
        Invalid: a setting cannot be used; it is named.
    """
    recipe, _ = named_row(
        Recipe,
        site=site,
        code=code,
        action=Action.RECIPE_CREATED,
        actor=actor,
        now=now,
        values={"name": name, "created_at": now},
    )
    current = recipe.versions.order_by("-number").first()
    if current is not None:
        return current, False
    version = _checked(RecipeVersion(recipe=recipe, number=1), settings)
    return _written(version, before=None, after=settings, reason="", actor=actor, now=now), True


@transaction.atomic
def add_recipe_version(
    *,
    recipe_id: int,
    actor: Actor,
    now: datetime,
    seen_version: int | None = None,
    reason: str = "",
    **changes: Any,
) -> tuple[RecipeVersion, bool]:
    """Put a changed version of a recipe into force. What is queued already keeps the version it was queued with.

    Args:
        seen_version: the number that was looked at; None does not check.
        changes: any of `SETTINGS`; the others stay as they are in force. `preprocessing` and `thresholds` are replaced
            as a whole. `tile_px` is no choice: tiles have the side the model takes, so only that number is accepted.

    Returns:
        The version in force and whether it is new: settings that are in force already make no version.

    Raises:
        NotFound: no such recipe at the actor's sites.
        StaleRecipe: somebody added a version after this one was looked at; nothing is written.
        Invalid: a setting cannot be used; it is named.
    """
    recipe = one(recipes_visible_to(actor).select_for_update(no_key=True), recipe_id, what="recipe")
    current = recipe.versions.latest("number")
    if seen_version is not None and seen_version != current.number:
        raise StaleRecipe(
            f"Version {current.number} of {recipe.code} is in force. Look at it before you change it.",
            seen=seen_version,
            current=current.number,
        )
    kept = {name: getattr(current, name) for name in SETTINGS if name != "tile_px"}
    version = _checked(RecipeVersion(recipe=recipe, number=current.number + 1), {**kept, **changes})
    before = {name: getattr(current, name) for name in SETTINGS if getattr(current, name) != getattr(version, name)}
    if not before:
        return current, False
    after = {name: getattr(version, name) for name in before}
    return _written(version, before=before, after=after, reason=reason, actor=actor, now=now), True


def _checked(version: RecipeVersion, settings: Mapping[str, Any]) -> RecipeVersion:
    """A version with these settings, not yet saved.

    Raises:
        Invalid: one of them cannot be used, alone or beside the others.
    """
    profile = _profile(settings.get("preprocessing") or {})
    for name, value in settings.items():
        setattr(version, name, value)
    version.preprocessing, version.preprocessing_sha256 = profile.to_dict(), profile_sha256(profile)
    version.tile_px = _tile_px(version.recipe, wanted=settings.get("tile_px"))
    _check_thresholds(version.thresholds)
    if version.review_from > version.reject_from:
        raise Invalid(
            "The bands are the wrong way round.",
            fields={"review_from": [f"At most {version.reject_from}, from which the band is reject."]},
        )
    if version.overlap_px >= version.tile_px:
        raise Invalid(
            "Tiles cannot overlap that much.", fields={"overlap_px": [f"Less than a tile, {version.tile_px}."]}
        )
    return version


def _written(
    version: RecipeVersion,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    reason: str,
    actor: Actor,
    now: datetime,
) -> RecipeVersion:
    version.created_at, version.created_by = now, actor.username
    version.full_clean()
    version.save(force_insert=True)
    audit.record(
        action=Action.RECIPE_VERSION_ADDED,
        object_type="recipe",
        object_id=version.recipe_id,
        object_version=version.number,
        actor=actor,
        at=now,
        before=before,
        after={"code": version.recipe.code, "preprocessing_sha256": version.preprocessing_sha256, **after},
        reason=reason or None,
    )
    transaction.on_commit(uploads.forget_named_rows)
    return version


def _profile(described: Mapping[str, Any]) -> PreprocessProfile:
    try:
        return PreprocessProfile.from_dict(described)
    except (TypeError, ValueError) as fault:
        raise Invalid("The preprocessing cannot be used.", fields={"preprocessing": [str(fault)]}) from fault


def _tile_px(recipe: Recipe, *, wanted: int | None) -> int:
    """The side of the tiles the recipe's model takes: a detector has one, which neither less nor more pixels fit."""
    try:
        route = models_admin.route_for(model_name=recipe.model_name, recipe_code=recipe.code)
        taken = route.spec.shape.tile_px
    except NoRoute:
        taken = DetectorShape().tile_px
    if wanted is not None and wanted != taken:
        raise Invalid(
            "The model does not take tiles of that size.",
            fields={
                "tile_px": [f"{recipe.model_name} takes {taken} and no other; preprocessing.scale sizes the image."]
            },
        )
    return taken


def _check_thresholds(thresholds: Mapping[str, Any]) -> None:
    known = set(DefectClass.objects.values_list("code", flat=True))
    for code, value in thresholds.items():
        if code not in known:
            raise Invalid(
                "A threshold names no class.",
                fields={"thresholds": [f"{code!r} is not a class. Known: {', '.join(sorted(known))}."]},
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise Invalid("A threshold cannot be used.", fields={"thresholds": [f"{code}: want a number from 0 to 1."]})
