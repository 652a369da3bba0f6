import hashlib
import os
from pathlib import Path

import pytest

from serving.client import TritonClient
from serving.control import TritonControl
from serving.repository import ModelConfig, publish, remove, triton_model_name
from tests.factories_onnx import write_detector
from tests.private_triton import PrivateTriton


@pytest.fixture(scope="session")
def stack():
    """Addresses of the running Triton."""
    missing = [
        name for name in ("TRITON_GRPC_URL", "TRITON_METRICS_URL", "MODEL_REPOSITORY_DIR") if not os.environ.get(name)
    ]
    if missing:
        pytest.skip(f"{', '.join(missing)} not set: run through `python -m runtime exec`")
    return {
        "grpc_url": os.environ["TRITON_GRPC_URL"],
        "metrics_url": os.environ["TRITON_METRICS_URL"],
        "repository": Path(os.environ["MODEL_REPOSITORY_DIR"]),
    }


@pytest.fixture(scope="session")
def control(stack):
    made = TritonControl(grpc_url=stack["grpc_url"])
    yield made
    made.close()


@pytest.fixture
def client(stack):
    with TritonClient(grpc_url=stack["grpc_url"]) as made:
        yield made


def publish_detector(repository, zoo, *, version, config=None, **options):
    """Make a detector and publish it. Returns its Triton name and its file."""
    folder = write_detector(zoo / version, name="stand_in", version=version, **options)
    path = folder / "model.onnx"
    publish(
        repository,
        model_name="stand_in",
        version=version,
        source=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        config=config or ModelConfig(),
    )
    return triton_model_name(model_name="stand_in", version=version), path


@pytest.fixture(scope="session")
def zoo(tmp_path_factory):
    return tmp_path_factory.mktemp("zoo")


@pytest.fixture(scope="session")
def serve(stack, control, zoo):
    """Publish and load a stand-in detector; everything is unloaded and removed at the end."""
    served = {}

    def serve(version, **options):
        name, path = publish_detector(stack["repository"], zoo, version=version, **options)
        control.load_model(model_name=name)
        served[name] = version
        return name, path

    yield serve
    for name, version in served.items():
        control.unload_model(model_name=name)
        remove(stack["repository"], model_name="stand_in", version=version)


@pytest.fixture(scope="session")
def detector(serve):
    """The ordinary stand-in, loaded: its Triton name and its file."""
    return serve("1.0.0")


@pytest.fixture
def private_triton(tmp_path):
    server = PrivateTriton(tmp_path / "var")
    yield server
    server.stop()
