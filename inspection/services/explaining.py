"""Why a model saw a defect: asked by a person, found out by a worker through Triton, kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction

from core import clock, image_store
from core.actors import Actor, service_account
from core.errors import Overloaded
from core.ids import uuid7
from domain.detection import occlusion
from domain.imaging.tiling import cut_tiles
from inspection import selectors
from inspection.errors import NotExplainable, TooLarge, UnusableImage
from inspection.models import Detection, Explanation
from inspection.services.decoder import decode_for_inspection
from inspection.services.inference import triton
from models_admin import selectors as models_admin
from models_admin.choices import UNDER_WAY
from models_admin.errors import UnknownVersion, WorkFailed
from models_admin.selectors import Route
from models_admin.services.work import Progress, ask_for, carry_out, resume

EXPLAINER = service_account("explainer")
MOST_AT_ONCE = 20
"""So many wait for one site: each is 144 images to judge."""
TILES_A_CALL = 8
STALLS_AFTER_S = 60.0


def ask_explanation(*, detection_id: UUID, actor: Actor, now: datetime) -> Explanation:
    """Ask why a model saw a defect. Asked again it is the same answer; one that failed is tried again.

    Raises:
        NotFound: there is no such detection that this actor may see.
        NotExplainable: the version that made it is not loaded.
        Overloaded: too many wait.
    """
    detection = selectors.one(selectors.detections_visible_to(actor), detection_id, what="detection")
    found = Explanation.objects.filter(detection=detection.pk).first()
    if found is not None and found.state not in ("failed", "cancelled"):
        return found
    _route_of(detection)
    if found is not None:
        return resume(found, actor=actor, now=now)
    waiting = Explanation.objects.filter(site=detection.run.site_id, state__in=UNDER_WAY)
    if waiting.count() >= MOST_AT_ONCE:
        raise Overloaded(f"{MOST_AT_ONCE} explanations wait already. Ask again when some are done.", retry_after_s=10)
    row = Explanation(
        id=uuid7(at=now),
        site_id=detection.run.site_id,
        detection=detection.pk,
        wafer_id=detection.wafer_id,
        model_version_id=detection.run.model_version_id,
    )
    try:
        with transaction.atomic():
            ask_for(row, after={"detection": detection.pk}, actor=actor, now=now)
    except IntegrityError:
        # Somebody else asked in the same moment.
        return Explanation.objects.get(detection=detection.pk)
    return row


def explain_detection(*, key: UUID) -> Explanation | None:
    """Find out one answer that was asked for, as a worker."""
    return carry_out(
        Explanation, key=key, body=_explain, actor=EXPLAINER, clock=clock.now, stalls_after_s=STALLS_AFTER_S
    )


def _explain(row: Explanation, progress: Progress) -> dict[str, Any]:
    detection = Detection.objects.select_related(
        "image", "run__recipe_version", "run__model_version__model", "defect_class"
    ).get(pk=row.detection)
    try:
        route = _route_of(detection)
    except NotExplainable as fault:
        raise WorkFailed(fault.code, fault.detail) from fault
    grey, scale = _pixels(detection)
    height, width = grey.shape
    box = (detection.x_px, detection.y_px, detection.width_px, detection.height_px)
    shape = route.spec.shape
    scene = occlusion.scene_of(
        tuple(value * scale for value in box),  # type: ignore[arg-type]
        width_px=width,
        height_px=height,
        tile_px=shape.tile_px,
    )
    tile = cut_tiles(grey, np.array([scene.tile_px]), tile_px=shape.tile_px)
    whole = float(_strengths(tile, scene, detection=detection, route=route)[0])
    windows, left = occlusion.windows_of(scene), []
    for start in range(0, len(windows), TILES_A_CALL):
        progress.step(start, len(windows), "Covering one place after the other")
        copies = occlusion.covered(tile[0, 0], windows[start : start + TILES_A_CALL])
        left.append(_strengths(copies, scene, detection=detection, route=route))
    heat = occlusion.heat_of(whole, np.concatenate(left))
    x, y, w, h = scene.region_px
    region = [(x + scene.tile_px[0]) / scale, (y + scene.tile_px[1]) / scale, w / scale, h / scale]
    return {
        "heat": np.round(heat, 4).tolist(),
        "region_px": region,
        "strength": whole,
        "steps_done": len(windows),
        "steps_total": len(windows),
    }


def _route_of(detection: Detection) -> Route:
    version = detection.run.model_version
    if version is None:
        raise NotExplainable("Nobody wrote down which version found this.")
    try:
        return models_admin.route_to(model_name=version.model.name, version=version.version)
    except UnknownVersion as fault:
        raise NotExplainable(
            f"{version} found this and is not loaded any more. Load it on its page, or inspect the wafer again.",
            model=version.model.name,
            version=version.version,
        ) from fault


def _pixels(detection: Detection) -> tuple[Any, float]:
    """The image as the model saw it, (H, W) uint8, and its size over that of the original."""
    try:
        original = image_store.get_or_bring_back(detection.image.store_key)
        decoded = decode_for_inspection(original, profile=detection.run.recipe_version.preprocessing)
    except FileNotFoundError as fault:
        raise WorkFailed("file_missing", "The image's file is not in the store any more.") from fault
    except (UnusableImage, TooLarge) as refusal:
        raise WorkFailed("unusable_image", refusal.detail) from refusal
    return decoded.grey, decoded.grey.shape[1] / decoded.width_px


def _strengths(tiles: Any, scene: occlusion.Scene, *, detection: Detection, route: Route) -> Any:
    deadline_s = settings.INFERENCE_DEADLINE_MS / 1000 + 0.5 * len(tiles)
    raw = triton().infer(model_name=route.triton_name, tiles=tiles, deadline_s=deadline_s, shape=route.spec.shape)
    index = route.spec.classes.index(detection.defect_class.code)
    return occlusion.strengths(raw.boxes, raw.class_scores, box_px=np.array(scene.box_px), class_index=index)
