"""What a deployment does to Triton: publish, load, warm up, try, unload. No rows are written here.

One process at a time may do any of it (`deployer_lock`): Triton's model control and its repository have one writer.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import connection

from core import image_store, metrics
from models_admin import selectors
from models_admin.models import Deployment
from serving import golden, probe, processes, repository
from serving.client import TritonClient
from serving.control import TritonControl
from serving.errors import LoadFailed, ServingError

LOAD_DEADLINE_S = 45.0
TRY_DEADLINE_S = 10.0
END_S = 10.0
# Any number, as long as nobody else takes this advisory lock.
_LOCK_ID = 0x57_41_46_45_52


class GoldenDiffers(ServingError):
    """Triton's answer to the golden images is not the recorded one: this server must not judge with that version."""

    code = "golden_differs"


@lru_cache(maxsize=1)
def triton_control() -> TritonControl:
    """This process's connection for managing models."""
    return TritonControl(grpc_url=settings.TRITON_GRPC_URL)


@lru_cache(maxsize=1)
def triton_client() -> TritonClient:
    """This process's connection for trying models out; its breakers are its own."""
    return TritonClient(grpc_url=settings.TRITON_GRPC_URL)


@contextlib.contextmanager
def deployer_lock() -> Iterator[bool]:
    """Be the one process that changes Triton. Yields False, at once, when another one is.

    The lock belongs to the database connection, so it is freed when this process dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK_ID])
        is_held: bool = cursor.fetchone()[0]
    try:
        yield is_held
    finally:
        if is_held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_ID])


def publish(row: Deployment) -> None:
    """Put the version's files into Triton's repository, verified by digest; harmless when they are there.

    Raises:
        ServingError: the stored file is not the registered one, or the repository holds another.
    """
    version = row.version
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / repository.MODEL_FILE
        source.write_bytes(image_store.get(version.artefact_key))
        repository.publish(
            settings.MODEL_REPOSITORY_DIR,
            model_name=version.model.name,
            version=version.version,
            source=source,
            sha256=version.sha256,
            config=_config_of(row),
            revision=row.config_revision,
        )


def load(row: Deployment) -> None:
    """Load the version and make sure that it is this one, and ready; counted by outcome.

    Raises:
        LoadFailed: Triton could not, or serves another file under this name.
        ServingError: Triton did not answer.
    """
    outcome = "failed"
    try:
        _load(row)
        outcome = "loaded"
    finally:
        version = row.version
        metrics.MODEL_LOADS.labels(model=version.model.name, version=version.version, outcome=outcome).inc()


def _load(row: Deployment) -> None:
    publish(row)
    name, sha256 = row.triton_name, row.version.sha256
    control = triton_control()
    control.load_model(model_name=name, deadline_s=LOAD_DEADLINE_S)
    if not control.is_model_ready(model_name=name):
        raise LoadFailed("Triton loaded it but does not call it ready", model_name=name)
    parameters = control.model_config(model_name=name).get("parameters", {})
    served = parameters.get("sha256", {}).get("string_value")
    if served != sha256:
        raise LoadFailed(f"Triton serves SHA-256 {served} under this name, not {sha256}", model_name=name)


def warm_up(row: Deployment) -> None:
    """Make every instance compute once, so that no image pays for what happens on first use.

    Raises:
        ServingError: it did not answer, or its answer breaks the contract.
    """
    shape = selectors.spec_of(row.version).shape
    tile = golden.tiles(tile_px=shape.tile_px)[:1]
    for _ in range(2 * selectors.config_of(row).instances):
        triton_client().infer(model_name=row.triton_name, tiles=tile, deadline_s=TRY_DEADLINE_S, shape=shape)


def try_golden(row: Deployment) -> None:
    """Hold Triton's answer to the golden images against the one recorded at registration.

    Raises:
        GoldenDiffers: they differ by more than two builds of the runtime do.
        ServingError: it did not answer, or its answer breaks the contract.
    """
    shape = selectors.spec_of(row.version).shape
    tiles = golden.tiles(tile_px=shape.tile_px)
    answer = triton_client().infer(model_name=row.triton_name, tiles=tiles, deadline_s=TRY_DEADLINE_S, shape=shape)
    if difference := golden.difference(row.version.golden, answer):
        raise GoldenDiffers(difference, model_name=row.triton_name)


def speed_of(row: Deployment) -> dict[str, float]:
    """How fast a loaded version answers now, see `serving.probe.Speed`.

    Raises:
        ServingError: it did not answer.
    """
    shape = selectors.spec_of(row.version).shape
    tile = golden.tiles(tile_px=shape.tile_px)[:1]
    return probe.measure(triton_client(), model_name=row.triton_name, tile=tile, shape=shape).as_dict()


def unload(row: Deployment) -> None:
    """Stop serving the version and take its files out of the repository; harmless when neither is there.

    Raises:
        ServingError: Triton did not answer.
    """
    triton_control().unload_model(model_name=row.triton_name)
    _await_end(row.triton_name)
    repository.remove(
        settings.MODEL_REPOSITORY_DIR,
        model_name=row.version.model.name,
        version=row.version.version,
        revision=row.config_revision,
    )


def _await_end(triton_name: str) -> None:
    """Triton says that it will unload; what runs is finished first, and the memory is free when that is over."""
    until_s = time.monotonic() + END_S
    while time.monotonic() < until_s:
        listed = {entry.name: entry.state for entry in triton_control().repository_index()}
        if listed.get(triton_name) not in ("READY", "UNLOADING"):
            return
        time.sleep(0.05)


def memory_bytes() -> int | None:
    """What Triton's processes take now; None where they cannot be seen."""
    figures = processes.figures_of(settings.TRITON_GRPC_URL)
    return figures.memory_bytes if figures else None


def _config_of(row: Deployment) -> repository.ModelConfig:
    config = selectors.config_of(row)
    return repository.ModelConfig(
        shape=selectors.spec_of(row.version).shape,
        instances=config.instances,
        gpu=settings.TRITON_GPU,
        max_queue_delay_us=config.max_queue_delay_us,
        preferred_batches=tuple(config.preferred_batches),
        max_queue_size=config.max_queue_size,
    )
