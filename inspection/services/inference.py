"""Judging one image: cache, model, grades. The only place services meet Triton's client."""

import time
from dataclasses import dataclass, replace
from functools import lru_cache

from django.conf import settings

from core.errors import Invalid
from core.image_decoder import IngestedImage
from inspection import pipeline
from inspection.models import InspectionImage, Product, RecipeVersion
from inspection.pipeline import Judgement, Place
from inspection.services import prediction_cache
from inspection.services.plans import Judge, judge_for, place_of
from models_admin import selectors as models_admin
from models_admin.selectors import Route
from serving.breaker import Breakers
from serving.breaker_redis import shared_through
from serving.client import TritonClient
from serving.control import TritonControl
from serving.errors import ServingError


@lru_cache(maxsize=1)
def triton() -> TritonClient:
    """This process's connection to Triton."""
    return TritonClient(
        grpc_url=settings.TRITON_GRPC_URL,
        breakers=Breakers(
            server=settings.TRITON_GRPC_URL, clock=time.monotonic, shared=shared_through(settings.REDIS_URL)
        ),
    )


def triton_answers() -> bool:
    """Whether Triton is there at all, whatever it thinks of one image."""
    control = TritonControl(grpc_url=settings.TRITON_GRPC_URL)
    try:
        return control.is_live()
    except ServingError:
        return False
    finally:
        control.close()


def check_wanted_model(*, model: str | None, version: str | None, recipe_version: RecipeVersion) -> None:
    """An upload may say which model it expects; it is judged by the one in force or not at all.

    Raises:
        Invalid: another model or version judges this recipe's images.
    """
    in_force = recipe_version.recipe.model_name
    if model and model != in_force:
        raise Invalid(f"This recipe is judged by {in_force}.", fields={"model": [f"Not {model}; leave it out."]})
    if version and version != (judging := route_of(recipe_version).version):
        raise Invalid(
            f"Version {judging} of {in_force} is in force.", fields={"version": [f"Not {version}; leave it out."]}
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """A judgement and where it came from.

    Attributes:
        is_degraded: the fallback version judged, because Triton did not serve the champion.
    """

    judgement: Judgement
    judge: Judge
    is_cached: bool
    is_degraded: bool = False


def route_of(recipe_version: RecipeVersion) -> Route:
    """The deployment that judges this recipe's images now.

    Raises:
        models_admin.errors.NoRoute: no version of the recipe's model is deployed.
    """
    recipe = recipe_version.recipe
    return models_admin.route_for(model_name=recipe.model_name, recipe_code=recipe.code)


def judge_image(
    decoded: IngestedImage, *, image: InspectionImage, product: Product, recipe_version: RecipeVersion, use_cache: bool
) -> Answer:
    """Find and grade the defects of one decoded image; by the fallback where Triton does not serve the champion.

    Raises:
        serving.errors.ServingError: Triton did not answer, or not as the model promised.
        models_admin.errors.NoRoute: nothing is deployed.
    """
    route = route_of(recipe_version)
    place = place_of(image, product=product)
    try:
        return _judge_by(route, decoded, place=place, recipe_version=recipe_version, use_cache=use_cache)
    except ServingError as fault:
        if route.fallback is None or not fault.outage:
            raise
        answer = _judge_by(route.fallback, decoded, place=place, recipe_version=recipe_version, use_cache=use_cache)
        return replace(answer, is_degraded=True)


def _judge_by(
    route: Route, decoded: IngestedImage, *, place: Place, recipe_version: RecipeVersion, use_cache: bool
) -> Answer:
    judge = judge_for(recipe_version, route=route)
    key = prediction_cache.key_of(
        pixel_sha256=decoded.pixel_sha256,
        preprocessing_sha256=decoded.profile_sha256,
        model_sha256=route.sha256,
        model_version_id=route.version_id,
        recipe_version_id=recipe_version.pk,
    )
    started_s = time.perf_counter()
    findings = prediction_cache.recall(key) if use_cache else None
    is_cached = findings is not None
    timings_ms = {"cache": round((time.perf_counter() - started_s) * 1000, 3)}
    if findings is None:
        findings, steps_ms = pipeline.find(
            decoded.grey, width_px=decoded.width_px, height_px=decoded.height_px, plan=judge.plan, client=triton()
        )
        timings_ms |= steps_ms
        if use_cache:
            prediction_cache.remember(key, findings)
    judgement = pipeline.judge(findings, place=place, plan=judge.plan, timings_ms=timings_ms)
    return Answer(judgement=judgement, judge=judge, is_cached=is_cached)
