"""Judging one image: cache, model, grades; and this process's connection to Triton."""

import time
from dataclasses import dataclass, replace
from functools import lru_cache

import structlog
from django.conf import settings

from core import metrics
from core.errors import Invalid, WaferdeckError
from core.image_decoder import IngestedImage
from domain.detection.types import Detections
from domain.imaging.fitness import flaws_of
from inspection import pipeline
from inspection.models import InspectionImage, Product, RecipeVersion
from inspection.pipeline import Judgement, Place
from inspection.services import prediction_cache
from inspection.services.plans import Judge, judge_for, model_version, place_of
from models_admin import selectors as models_admin
from models_admin.choices import LOADED
from models_admin.errors import NoRoute, UnknownVersion
from models_admin.selectors import Route
from serving.breaker import Breakers
from serving.breaker_redis import shared_through
from serving.client import TritonClient
from serving.control import TritonControl
from serving.detector import find
from serving.errors import ServingError

logger = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def triton() -> TritonClient:
    """This process's connection to Triton."""
    return TritonClient(
        grpc_url=settings.TRITON_GRPC_URL,
        breakers=Breakers(
            server=settings.TRITON_GRPC_URL, clock=time.monotonic, shared=shared_through(settings.REDIS_URL)
        ),
        on_retry=lambda fault: metrics.INFERENCE_RETRIES.labels(code=fault.code).inc(),
    )


@lru_cache(maxsize=1)
def triton_control() -> TritonControl:
    """This process's connection for asking Triton how it is."""
    return TritonControl(grpc_url=settings.TRITON_GRPC_URL)


def triton_answers() -> bool:
    """Whether Triton is there at all, whatever it thinks of one image."""
    return triton_control().is_live()


def words_for_people(fault: ServingError | WaferdeckError) -> str:
    """Why an image is not judged, in a whole sentence. What Triton itself said goes to the log, for engineers."""
    if not isinstance(fault, ServingError):
        return fault.detail
    logger.warning("triton_fault", code=fault.code, model=fault.model_name, detail=fault.detail)
    return fault.plain


def requested_version(
    *,
    model: str | None,
    version: str | None,
    recipe_version: RecipeVersion,
    tool_code: str = "",
    product_code: str = "",
) -> int | None:
    """The version an upload asks to be judged by; None leaves it to the one in force for its recipe.

    Args:
        tool_code, product_code: as `route_of`.
        model: whose version in force is meant where no version is named; None is the recipe's model.

    Returns:
        Key of the `ModelVersion`.

    Raises:
        Invalid: that version is not loaded; those that are are named.
    """
    recipe = recipe_version.recipe
    if version is None and model in (None, recipe.model_name):
        return None
    name = model or recipe.model_name
    try:
        if version is None:
            route = models_admin.route_for(
                model_name=name, recipe_code=recipe.code, tool_code=tool_code, product_code=product_code
            )
            return route.version_id
        return models_admin.route_to(model_name=name, version=version).version_id
    except (UnknownVersion, NoRoute) as fault:
        raise _not_loaded(name, version) from fault


def _not_loaded(name: str, version: str | None) -> Invalid:
    loaded: dict[str, list[str]] = {}
    for deployment in models_admin.deployments(states=LOADED):
        loaded.setdefault(deployment.version.model.name, []).append(deployment.version.version)
    if version is not None and name in loaded:
        offered = ", ".join(sorted(loaded[name]))
        return Invalid(
            f"Version {version} of {name} is not loaded. Loaded: {offered}.",
            fields={"version": [f"Choose one of: {offered}."]},
        )
    offered = ", ".join(sorted(f"{one} {number}" for one, numbers in loaded.items() for number in numbers))
    return Invalid(
        f"No version of {name} is {'loaded' if version else 'in force'}. Loaded: {offered or 'none'}.",
        fields={"model": [f"Choose one of: {offered}." if offered else "A model engineer can deploy one."]},
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


def route_of(
    recipe_version: RecipeVersion, *, requested_id: int | None = None, tool_code: str = "", product_code: str = ""
) -> Route:
    """The deployment that judges this recipe's images now, or the version that was asked for, which has no fallback.

    Args:
        tool_code: of the images; empty where it is unknown, or where they come from several.
        product_code: of the wafer; empty where it does not matter.

    Raises:
        models_admin.errors.NoRoute: no version of the recipe's model is deployed.
        models_admin.errors.UnknownVersion: the version that was asked for is not loaded.
    """
    if requested_id is not None:
        requested = model_version(requested_id)
        return models_admin.route_to(model_name=requested.model.name, version=requested.version)
    recipe = recipe_version.recipe
    return models_admin.route_for(
        model_name=recipe.model_name, recipe_code=recipe.code, tool_code=tool_code, product_code=product_code
    )


def judge_image(
    decoded: IngestedImage,
    *,
    image: InspectionImage,
    product: Product,
    recipe_version: RecipeVersion,
    use_cache: bool,
    tool_code: str = "",
    requested_id: int | None = None,
) -> Answer:
    """Find and grade the defects of one decoded image; by the fallback where Triton does not serve the champion.

    Args:
        tool_code: of all images of the run, see `route_of`.
        requested_id: key of the version that was asked for; it judges, or nobody does.

    Raises:
        serving.errors.ServingError: Triton did not answer, or not as the model promised.
        models_admin.errors.NoRoute, UnknownVersion: see `route_of`.
    """
    route = route_of(recipe_version, requested_id=requested_id, tool_code=tool_code, product_code=product.code)
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
        findings, steps_ms = _find(decoded, judge=judge)
        timings_ms |= steps_ms
        if use_cache:
            prediction_cache.remember(key, findings)
    flaws = flaws_of(decoded.quality, gate=judge.plan.gate, is_first_of_several=decoded.is_first_of_several)
    judgement = pipeline.judge(findings, place=place, plan=judge.plan, flaws=flaws, timings_ms=timings_ms)
    return Answer(judgement=judgement, judge=judge, is_cached=is_cached)


def _find(decoded: IngestedImage, *, judge: Judge) -> tuple[Detections, dict[str, float]]:
    """What the model finds, and milliseconds per step; counted per version."""
    version = {"model": judge.route.model_name, "version": judge.route.version}
    try:
        findings, steps_ms = find(
            decoded.grey,
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            detector=judge.plan.detector,
            client=triton(),
        )
    except ServingError as fault:
        metrics.INFERENCE_ERRORS.labels(**version, code=fault.code).inc()
        raise
    metrics.INFERENCE_SECONDS.labels(**version).observe(steps_ms["infer"] / 1000)
    return findings, steps_ms
