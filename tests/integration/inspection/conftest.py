"""A site with a recipe, and a stand-in model that the suite's real Triton serves."""

import contextlib
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from accounts.models import Site
from core.actors import Actor, service_account
from core.clock import now
from core.roles import Role
from inspection import services
from inspection.services import inference, prediction_cache
from models_admin import selectors as models_admin_selectors
from models_admin import services as models_admin
from models_admin.models import Deployment, TrafficRoute
from serving.control import TritonControl
from serving.repository import ModelConfig, publish, triton_model_name
from tests.factories_onnx import write_detector

SYSTEM = service_account("test")
VERSION, OTHER_VERSION = "9.0.1", "9.0.2"


@contextlib.contextmanager
def served(folder, *, version, **options):
    """A stand-in, loaded by the running Triton for as long as this lasts."""
    if not os.environ.get("TRITON_GRPC_URL"):
        pytest.skip("TRITON_GRPC_URL not set: run through `python -m runtime exec`")
    write_detector(folder, version=version, **options)
    control = TritonControl(grpc_url=os.environ["TRITON_GRPC_URL"])
    name = triton_model_name(model_name="visual_defects", version=version)
    publish(
        Path(os.environ["MODEL_REPOSITORY_DIR"]),
        model_name="visual_defects",
        version=version,
        source=folder / "model.onnx",
        sha256=json.loads((folder / "model.json").read_text())["sha256"],
        config=ModelConfig(),
    )
    control.load_model(model_name=name)
    yield folder
    control.unload_model(model_name=name)
    control.close()


@pytest.fixture(scope="session")
def served_model(tmp_path_factory):
    """Folder of the stand-in, loaded for the whole session."""
    with served(tmp_path_factory.mktemp("zoo") / VERSION, version=VERSION) as folder:
        yield folder


@pytest.fixture(scope="session")
def other_served_model(tmp_path_factory):
    """Folder of a second version that answers differently."""
    with served(tmp_path_factory.mktemp("zoo") / OTHER_VERSION, version=OTHER_VERSION, seed=8) as folder:
        yield folder


@pytest.fixture
def site(db):
    services.forget_named_rows()
    models_admin_selectors.forget_routes()
    made = Site.objects.create(code="T1", name="Test line")
    services.ensure_defect_classes(actor=SYSTEM, now=now())
    services.create_recipe(site=made, code="DEFAULT", actor=SYSTEM, now=now())
    yield made
    services.forget_named_rows()
    models_admin_selectors.forget_routes()


@pytest.fixture
def operator(site):
    return Actor(user_id=None, username="olga", roles=frozenset({Role.OPERATOR}), site_ids=frozenset({site.pk}))


@pytest.fixture
def stranger(db):
    other = Site.objects.create(code="T2", name="Elsewhere")
    return Actor(user_id=None, username="xena", roles=frozenset({Role.OPERATOR}), site_ids=frozenset({other.pk}))


def loaded(folder):
    """The row of a version that Triton serves."""
    version = models_admin.register_version(folder=folder, actor=SYSTEM, now=now())
    return Deployment.objects.create(
        version=version,
        triton_name=triton_model_name(model_name="visual_defects", version=version.version),
        state="active",
        requested_by="test",
        requested_at=now(),
        changed_at=now(),
    )


@pytest.fixture
def deployed(site, served_model):
    """The stand-in is champion of everything."""
    deployment = loaded(served_model)
    TrafficRoute.objects.create(model=deployment.version.model, champion=deployment, changed_at=now())
    prediction_cache._redis().flushdb()
    return deployment.version


@pytest.fixture
def other_loaded(deployed, other_served_model):
    """A second version is loaded, and no route leads to it."""
    return loaded(other_served_model)


@pytest.fixture
def triton_away(monkeypatch):
    """Nobody listens where Triton should be."""
    from serving.client import TritonClient

    with TritonClient(grpc_url="127.0.0.1:9") as nobody:
        monkeypatch.setattr(inference, "triton", lambda: nobody)
        yield


@pytest.fixture
def png():
    """Different pictures for different seeds, bright enough for the stand-in to report something."""

    def draw(seed: int = 0, *, side_px: int = 64) -> bytes:
        pixels = np.random.default_rng(seed).integers(40, 256, (side_px, side_px), dtype=np.uint8)
        return bytes(cv2.imencode(".png", pixels)[1])

    return draw
