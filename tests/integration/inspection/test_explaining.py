"""Why a model saw a defect: the shipped model on Triton is asked about a drawn scene."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from core.clock import now
from core.errors import NotFound
from demo.synthetic import draw_scene
from domain.detection import occlusion
from domain.imaging.tiling import cut_tiles
from inspection import selectors, services
from inspection.errors import NotExplainable
from inspection.models import Detection, Explanation
from models_admin import selectors as models_admin_selectors
from models_admin.models import Deployment, TrafficRoute
from serving.control import TritonControl
from serving.repository import ModelConfig, publish, triton_model_name
from tests.integration.inspection.conftest import loaded

ZOO = Path(__file__).resolve().parents[3] / "model_zoo" / "visual_defects" / "2.3.0"
SCENE = 20
SOME = (np.arange(0, occlusion.CELLS, 2)[:, None] * occlusion.CELLS + np.arange(0, occlusion.CELLS, 2)).ravel()
"""Every other place in both directions."""


@pytest.fixture
def shipped(site):
    """The shipped model is champion of everything, on the suite's Triton."""
    if not os.environ.get("TRITON_GRPC_URL"):
        pytest.skip("TRITON_GRPC_URL not set: run through `python -m runtime exec`")
    name = triton_model_name(model_name="visual_defects", version=ZOO.name)
    publish(
        Path(os.environ["MODEL_REPOSITORY_DIR"]),
        model_name="visual_defects",
        version=ZOO.name,
        source=ZOO / "model.onnx",
        sha256=json.loads((ZOO / "model.json").read_text())["sha256"],
        config=ModelConfig(),
    )
    control = TritonControl(grpc_url=os.environ["TRITON_GRPC_URL"])
    control.load_model(model_name=name)
    deployment = loaded(ZOO)
    TrafficRoute.objects.create(model=deployment.version.model, champion=deployment, changed_at=now())
    yield deployment
    control.unload_model(model_name=name)
    control.close()


@pytest.fixture
def found(shipped, operator):
    """The surest detection on a drawn scene, and the scene's pixels."""
    pixels = draw_scene(seed=(SCENE, 0)).pixels
    outcome = services.predict_image(
        data=bytes(cv2.imencode(".png", pixels)[1]),
        file_name="a.png",
        upload=services.Upload(),
        actor=operator,
        now=now(),
    )
    surest = Detection.objects.filter(run=outcome.run).order_by("-confidence").first()
    assert surest is not None and surest.confidence > 0.6
    return surest, pixels


def explain(detection, operator):
    row = services.ask_explanation(detection_id=detection.pk, actor=operator, now=now())
    services.explain_detection(key=row.pk)
    return Explanation.objects.get(pk=row.pk)


def randomised(detection, pixels):
    """The heat that the same network gives with its weights thrown about, at some of the places."""
    model = onnx.load(str(ZOO.parent / "2.2.0" / "model.onnx"))
    draw = np.random.default_rng(1)
    for one in model.graph.initializer:
        weights = numpy_helper.to_array(one)
        if weights.ndim == 4:
            one.CopyFrom(numpy_helper.from_array(draw.permutation(weights.ravel()).reshape(weights.shape), one.name))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    box = (detection.x_px, detection.y_px, detection.width_px, detection.height_px)
    scene = occlusion.scene_of(box, width_px=pixels.shape[1], height_px=pixels.shape[0], tile_px=512)
    tile = cut_tiles(pixels, np.array([scene.tile_px]), tile_px=512)
    tiles = np.concatenate([tile, occlusion.covered(tile[0, 0], occlusion.windows_of(scene)[SOME])])
    left = [session.run(["boxes", "class_scores"], {"image": one[None]}) for one in tiles]
    said = occlusion.strengths(
        np.concatenate([boxes for boxes, _ in left]),
        np.concatenate([chances for _, chances in left]),
        box_px=np.array(scene.box_px),
        class_index=json.loads((ZOO / "model.json").read_text())["classes"].index(detection.defect_class.code),
    )
    return (said[0] - said[1:]) / max(said[0], 1e-9)


def alike(one, other):
    """Rank correlation of two heats, -1 to 1."""
    ranks = [np.argsort(np.argsort(heat)) for heat in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


@pytest.mark.django_db(transaction=True)
def test_says_where_the_defect_is_and_not_what_any_network_would_say(found, operator):
    detection, pixels = found

    row = explain(detection, operator)
    heat = np.array(row.heat)

    assert (row.state, heat.shape) == ("done", (occlusion.CELLS, occlusion.CELLS))
    x, y, w, h = row.region_px
    columns = (np.arange(occlusion.CELLS) + 0.5) * w / occlusion.CELLS + x
    rows = (np.arange(occlusion.CELLS) + 0.5) * h / occlusion.CELLS + y
    is_in = np.outer(
        (rows >= detection.y_px) & (rows <= detection.y_px + detection.height_px),
        (columns >= detection.x_px) & (columns <= detection.x_px + detection.width_px),
    )
    assert is_in.any()
    assert heat[is_in].mean() > 0.2
    # Next to it windows still cover some of it; the rim is free of it.
    rim = np.ones_like(is_in)
    rim[1:-1, 1:-1] = False
    assert heat[is_in].mean() > 3 * abs(heat[rim].mean())
    # A picture that any network gives would show edges of the image, not what this one has learned.
    assert abs(alike(heat.ravel()[SOME], randomised(detection, pixels))) < 0.5
    # It is kept: asked again, nothing is computed again.
    again = services.ask_explanation(detection_id=detection.pk, actor=operator, now=now())
    assert (again.pk, Explanation.objects.count()) == (row.pk, 1)


def test_of_what_nobody_can_be_asked_about_is_refused(deployed, operator, stranger, png):
    outcome = services.predict_image(data=png(), file_name="a.png", upload=services.Upload(), actor=operator, now=now())
    detection = Detection.objects.filter(run=outcome.run).first()

    with pytest.raises(NotFound):
        services.ask_explanation(detection_id=detection.pk, actor=stranger, now=now())
    with pytest.raises(NotFound, match="Nobody has asked"):
        selectors.explanation_of(detection.pk)
    Deployment.objects.update(state="retired")
    models_admin_selectors.forget_routes()
    with pytest.raises(NotExplainable, match=r"9\.0\.1 found this and is not loaded any more"):
        services.ask_explanation(detection_id=detection.pk, actor=operator, now=now())
