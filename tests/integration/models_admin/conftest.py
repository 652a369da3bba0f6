import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from core.actors import service_account
from models_admin import deployment, selectors, services
from tests.factories_onnx import write_detector
from tests.private_triton import PrivateTriton, eventually

ACTOR = service_account("test")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def committed(transactional_db):
    """Real transactions that other threads see."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def pass_by(self, **parts):
        self.now += timedelta(**parts)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="package")
def triton_server(tmp_path_factory):
    if not os.environ.get("DATABASE_URL"):
        pytest.skip("DATABASE_URL not set: run through `python -m runtime exec`")
    server = PrivateTriton(tmp_path_factory.mktemp("triton") / "var")
    yield server
    server.stop()


@pytest.fixture
def triton(triton_server, settings):
    """A running Triton without models, and the settings that lead to it."""
    settings.TRITON_GRPC_URL = triton_server.grpc_url
    settings.MODEL_REPOSITORY_DIR = triton_server.repository
    settings.TRITON_INSTANCES = 1
    forget_connections()
    yield triton_server
    eventually(lambda: deployment.triton_control().is_live(), within_s=20)
    for entry in deployment.triton_control().repository_index():
        deployment.triton_control().unload_model(model_name=entry.name)
    for folder in triton_server.repository.iterdir():
        shutil.rmtree(folder)
    forget_connections()


def forget_connections():
    deployment.triton_control.cache_clear()
    deployment.triton_client.cache_clear()
    selectors.forget_routes()


@pytest.fixture(autouse=True)
def fresh_store(settings):
    """A store of this test's own: keys are digests, so a file one test spoils would be found by the next."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


@pytest.fixture
def registered(tmp_path):
    """Register a stand-in detector. Returns its version row."""

    def register(version, **options):
        folder = write_detector(tmp_path / version, version=version, **options)
        return services.register_version(folder=folder, actor=ACTOR, now=NOW)

    return register


@pytest.fixture
def deploy(clock):
    """Ask for a version and carry it out as a worker would. Returns the deployment as it is then."""

    def deploy(version, **options):
        deployment = services.deploy_version(
            model_name="visual_defects", version=version, actor=ACTOR, now=clock(), **options
        )
        return services.carry_out_deployment(deployment_id=deployment.pk, actor=ACTOR, clock=clock)

    return deploy


@pytest.fixture
def reconcile(clock):
    return lambda: services.reconcile_deployments(actor=ACTOR, clock=clock)
