"""Whether a version can judge by a recipe, in words for whoever is about to deploy it. Nothing is written."""

from datetime import datetime
from typing import Any

from core.actors import Actor
from core.errors import Invalid
from domain.evaluation import compatibility
from domain.evaluation.compatibility import Check, Measurement
from domain.imaging.preprocess import PreprocessProfile
from inspection import selectors
from inspection.models import RecipeVersion
from inspection.selectors.results import classes_by_id
from models_admin import selectors as models_admin
from models_admin.errors import NoRoute
from models_admin.models import ModelVersion


def compatibility_of(
    *, model_name: str, version: str, recipe: str, site: str | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Every check with its word; the worst of them is that of the whole.

    Raises:
        UnknownVersion, UnknownSite: as they say.
        Invalid: the site has no such recipe.
    """
    row = models_admin.version_of(model_name=model_name, version=version)
    recipe_version = _in_force(recipe, site=site, actor=actor)
    checks = _checks(row, recipe_version, actor=actor, now=now)
    return {
        "model": model_name,
        "version": version,
        "recipe": recipe,
        "recipe_version": recipe_version.number,
        "fit": max(one.fit for one in checks).name.lower(),
        "checks": [{"check": one.check, "fit": one.fit.name.lower(), "words": one.words} for one in checks],
    }


def _in_force(code: str, *, site: str | None, actor: Actor) -> RecipeVersion:
    owner = selectors.site_of(actor, code=site)
    found = selectors.recipes_visible_to(actor).filter(site=owner, code=code).first()
    if found is None:
        raise Invalid.of({"recipe": [f"There is no recipe {code} at {owner.name}."]})
    (newest,) = found.in_force
    recipe_version: RecipeVersion = newest
    recipe_version.recipe = found
    return recipe_version


def _checks(row: ModelVersion, recipe_version: RecipeVersion, *, actor: Actor, now: datetime) -> list[Check]:
    spec, recipe = models_admin.spec_of(row), recipe_version.recipe
    measured = [
        Measurement(
            preprocessing_sha256=report.document["reading"]["preprocessing_sha256"],
            has_passed=report.has_passed,
            days=(now - report.created_at).total_seconds() / 86_400,
        )
        for report in models_admin.reports_visible_to(actor).filter(version=row)[:50]
    ]
    return [
        *_of_another(row.model.name, recipe.model_name),
        compatibility.signature(
            tile_px=spec.shape.tile_px,
            recipe_tile_px=recipe_version.tile_px,
            overlap_px=recipe_version.overlap_px,
            scale=float(PreprocessProfile.from_dict(recipe_version.preprocessing).scale),
        ),
        compatibility.class_map(
            spec.classes,
            defined={one.code for one in classes_by_id().values()},
            thresholds=recipe_version.thresholds,
            champion=_classes_in_force(row.model.name, recipe.code),
        ),
        compatibility.preprocessing(recipe_version.preprocessing_sha256, measured=measured),
        compatibility.freshness(trained_days=(now - row.created_at).total_seconds() / 86_400, measured=measured),
        compatibility.standing(row.status),
    ]


def _of_another(model_name: str, of_recipe: str) -> list[Check]:
    if model_name == of_recipe:
        return []
    words = f"The recipe asks {of_recipe}, this is a version of {model_name}."
    return [Check("model", compatibility.Fit.REFUSE, words)]


def _classes_in_force(model_name: str, recipe_code: str) -> tuple[str, ...]:
    try:
        return models_admin.route_for(model_name=model_name, recipe_code=recipe_code).spec.classes
    except NoRoute:
        return ()
