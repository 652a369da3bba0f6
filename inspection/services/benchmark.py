"""How fast the deployed model answers, measured from here on a made-up image. Nothing is stored."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import numpy as np

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Unavailable
from inspection.models import RecipeVersion
from inspection.services import inference
from inspection.services.plans import judge_for
from inspection.services.uploads import Upload, resolve
from models_admin.selectors import Route
from serving.detector import find
from serving.errors import ServingError

# With the last image's own deadline it stays below what an answer may take (`core.admission.Lane.answer_s`).
LONGEST_S = 8.0


def run_benchmark(
    *,
    images: int,
    concurrency: int,
    side_px: int,
    recipe: str | None,
    site: str | None,
    model: str | None = None,
    version: str | None = None,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Ask the model of a recipe about the same grey noise again and again; ends after 8 s even if not all were asked.

    Args:
        model, version: another than the one in force for the recipe; it has to be loaded.

    Raises:
        UnknownRecipe, UnknownSite, Invalid: see `uploads.resolve`.
        Unavailable: the model does not answer.
    """
    context = resolve(Upload(site=site, recipe=recipe, model=model, version=version), actor=actor, now=now)
    route = inference.route_of(context.recipe_version, requested_id=context.requested_version_id)
    latencies_ms, wall_s = _measure(
        context.recipe_version, route=route, images=images, concurrency=concurrency, side_px=side_px
    )
    figures = {
        "model": route.triton_name,
        "images": len(latencies_ms),
        "concurrency": concurrency,
        "side_px": side_px,
        "wall_s": round(wall_s, 3),
        "images_per_s": round(len(latencies_ms) / wall_s, 2),
        **{f"p{level}_ms": round(float(np.percentile(latencies_ms, level)), 2) for level in (50, 95, 99)},
    }
    audit.record(
        action=Action.BENCHMARK_RUN,
        object_type="model",
        object_id=route.triton_name,
        actor=actor,
        at=now,
        after=figures,
    )
    return figures


def _measure(
    recipe_version: RecipeVersion, *, route: Route, images: int, concurrency: int, side_px: int
) -> tuple[list[float], float]:
    detector = judge_for(recipe_version, route=route).plan.detector
    client = inference.triton()
    grey = np.random.default_rng(7).integers(90, 166, (side_px, side_px), np.uint8)
    deadline_s = time.monotonic() + LONGEST_S

    def ask(_: int) -> float | None:
        if time.monotonic() > deadline_s:
            return None
        started_s = time.perf_counter()
        find(grey, width_px=side_px, height_px=side_px, detector=detector, client=client)
        return (time.perf_counter() - started_s) * 1000

    began_s = time.perf_counter()
    try:
        with ThreadPoolExecutor(max_workers=concurrency) as threads:
            taken = [latency_ms for latency_ms in threads.map(ask, range(images)) if latency_ms is not None]
    except ServingError as fault:
        raise Unavailable(f"The model did not answer: {fault.detail}", component="triton") from fault
    return taken, time.perf_counter() - began_s
