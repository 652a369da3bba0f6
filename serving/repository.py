"""Triton's model repository: one folder per published version, written once and never changed.

    <root>/visual_defects__1_1_0/config.pbtxt
    <root>/visual_defects__1_1_0/1/model.onnx

A version that is to be served in another way is published once more, as visual_defects__1_1_0__c2: both can be loaded
side by side, so that traffic moves from one to the other and nobody waits for a model that is being loaded again.

NVIDIA's native ONNX Runtime backend and the embedded server's python-based one read the same files. One service writes
here; Triton only reads. Files appear complete or not at all.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from serving.errors import BadArtefact, VersionConflict
from serving.tensors import INPUT_NAME, NAME_PATTERN, SHA256_PATTERN, VERSION_PATTERN, DetectorShape

MODEL_FILE = "model.onnx"
CONFIG_FILE = "config.pbtxt"
MAX_MODEL_BYTES = 512 * 2**20

_STAGING_PREFIX = ".staging-"
_STAGING_ABANDONED_AFTER_S = 3600
_COPY_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class ModelConfig:
    """How a version is served.

    The defaults suit one core per instance; `python -m bench.configurations` compares them with others on your machine.

    Attributes:
        instances: copies that compute side by side, one thread each; one per core.
        gpu: run the instances on the GPU.
        max_batch: tiles in one execution.
        max_queue_delay_us: a lone request waits this long for company; it pays all of it.
        preferred_batches: sizes at which a batch is computed at once; empty leaves it to the delay.
        max_queue_size: requests that may wait before Triton refuses more.
        queue_timeout_ms: a request that has waited this long is refused, unless it brought a shorter limit.
        intra_op_threads: threads within one instance.
    """

    shape: DetectorShape = field(default_factory=DetectorShape)
    instances: int = 2
    gpu: bool = False
    max_batch: int = 8
    max_queue_delay_us: int = 0
    preferred_batches: tuple[int, ...] = ()
    max_queue_size: int = 64
    queue_timeout_ms: int = 10_000
    intra_op_threads: int = 1


def triton_model_name(*, model_name: str, version: str, revision: int = 0) -> str:
    """Triton's name of one immutable version: visual_defects 1.2.0 is visual_defects__1_2_0.

    Args:
        revision: of the configuration; 2 makes it visual_defects__1_2_0__c2.

    Raises:
        BadArtefact: name or version is not of the allowed form.
    """
    if not NAME_PATTERN.fullmatch(model_name) or "__" in model_name:
        raise BadArtefact(f"model name {model_name!r} must match {NAME_PATTERN.pattern}, without a double underscore")
    if not VERSION_PATTERN.fullmatch(version):
        raise BadArtefact(f"version {version!r} must be three numbers of at most four digits, like 1.2.0")
    name = f"{model_name}__{version.replace('.', '_')}"
    return f"{name}__c{revision}" if revision else name


def config_pbtxt(*, triton_name: str, sha256: str, config: ModelConfig) -> str:
    """The text of config.pbtxt."""
    kinds = model_config_pb2.ModelInstanceGroup.Kind
    message = model_config_pb2.ModelConfig(
        name=triton_name,
        backend="onnxruntime",
        max_batch_size=config.max_batch,
        input=[
            model_config_pb2.ModelInput(
                name=INPUT_NAME, data_type=model_config_pb2.DataType.TYPE_UINT8, dims=config.shape.input()
            )
        ],
        output=[
            model_config_pb2.ModelOutput(name=name, data_type=model_config_pb2.DataType.TYPE_FP32, dims=dims)
            for name, dims in config.shape.outputs().items()
        ],
        instance_group=[
            model_config_pb2.ModelInstanceGroup(
                count=config.instances, kind=kinds.Value("KIND_GPU" if config.gpu else "KIND_CPU")
            )
        ],
        dynamic_batching=_dynamic_batching(config),
    )
    # `sha256` lets whoever asks the server for its configuration see which file it serves.
    parameters = {
        "intra_op_thread_count": str(config.intra_op_threads),
        "inter_op_thread_count": "1",
        "execution_mode": "0",
        "session.intra_op.allow_spinning": "0",
        "sha256": sha256,
    }
    for key, value in parameters.items():
        message.parameters[key].string_value = value
    return "# Generated when the version was published; changes are lost.\n" + text_format.MessageToString(message)


def _dynamic_batching(config: ModelConfig) -> model_config_pb2.ModelDynamicBatching:
    policies = model_config_pb2.ModelQueuePolicy.TimeoutAction
    return model_config_pb2.ModelDynamicBatching(
        max_queue_delay_microseconds=config.max_queue_delay_us,
        preferred_batch_size=config.preferred_batches,
        default_queue_policy=model_config_pb2.ModelQueuePolicy(
            timeout_action=policies.Value("REJECT"),
            default_timeout_microseconds=config.queue_timeout_ms * 1000,
            allow_timeout_override=True,
            max_queue_size=config.max_queue_size,
        ),
    )


def publish(
    root: Path,
    *,
    model_name: str,
    version: str,
    source: Path,
    sha256: str,
    config: ModelConfig,
    revision: int = 0,
) -> Path:
    """Put a version where Triton can load it. Repeating it changes nothing; a new configuration replaces the old.

    Args:
        root: the repository folder; made if missing.
        source: the ONNX file.
        sha256: what its digest must be.
        revision: of the configuration, see `triton_model_name`.

    Returns:
        The version's folder.

    Raises:
        BadArtefact: name, version, size or digest is wrong; nothing was changed.
        VersionConflict: the version is published with another file.
    """
    name = triton_model_name(model_name=model_name, version=version, revision=revision)
    if not SHA256_PATTERN.fullmatch(sha256):
        raise BadArtefact(f"{sha256!r} is not a SHA-256 digest")
    text = config_pbtxt(triton_name=name, sha256=sha256, config=config)
    root.mkdir(parents=True, exist_ok=True)
    target = root / name
    if not target.exists():
        with _staging(root, name) as staging:
            _fill(staging, source=source, sha256=sha256, config_text=text)
            _move_into_place(staging, target)
    _verify_published(target, sha256=sha256)
    if (target / CONFIG_FILE).read_text() != text:
        _replace_file(target / CONFIG_FILE, text)
    return target


def published_sha256(root: Path, *, model_name: str, version: str) -> str | None:
    """Digest of the published model file as it lies there now; None when the version is not published."""
    path = root / triton_model_name(model_name=model_name, version=version) / "1" / MODEL_FILE
    return _sha256_of(path) if path.is_file() else None


def remove(root: Path, *, model_name: str, version: str, revision: int = 0) -> bool:
    """Take a version out of the repository. Unload it first.

    Returns:
        Whether there was anything to remove.
    """
    target = root / triton_model_name(model_name=model_name, version=version, revision=revision)
    if not target.exists():
        return False
    doomed = root / f"{_STAGING_PREFIX}removed-{target.name}-{os.urandom(4).hex()}"
    # Renamed first, so that a crash half way never leaves a version without its model file.
    target.rename(doomed)
    _sync_folder(root)
    shutil.rmtree(doomed)
    return True


@contextlib.contextmanager
def _staging(root: Path, name: str) -> Iterator[Path]:
    _sweep_abandoned(root)
    staging = Path(tempfile.mkdtemp(prefix=f"{_STAGING_PREFIX}{name}-", dir=root))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move_into_place(staging: Path, target: Path) -> None:
    try:
        staging.rename(target)
    except OSError:
        if not target.exists():
            raise
        return  # somebody else published it meanwhile; whether it is the same file is checked by the caller
    _sync_folder(target.parent)


def _sweep_abandoned(root: Path) -> None:
    horizon_s = time.time() - _STAGING_ABANDONED_AFTER_S
    for left_over in root.glob(f"{_STAGING_PREFIX}*"):
        with contextlib.suppress(OSError):
            if left_over.stat().st_mtime < horizon_s:
                shutil.rmtree(left_over, ignore_errors=True)


def _fill(folder: Path, *, source: Path, sha256: str, config_text: str) -> None:
    folder.chmod(0o755)  # Triton may run as another user
    version_folder = folder / "1"
    version_folder.mkdir(mode=0o755)
    copied_sha256 = _copy_hashing(source, version_folder / MODEL_FILE)
    if copied_sha256 != sha256:
        raise BadArtefact(f"{source.name} has SHA-256 {copied_sha256}, expected {sha256}")
    _write_synced(folder / CONFIG_FILE, config_text.encode())
    _sync_folder(version_folder)
    _sync_folder(folder)


def _copy_hashing(source: Path, target: Path) -> str:
    """Copy and return the digest of the very bytes that were written, so that nobody can swap the file in between."""
    digest, copied_bytes = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while block := reader.read(_COPY_BLOCK_BYTES):
            copied_bytes += len(block)
            if copied_bytes > MAX_MODEL_BYTES:
                raise BadArtefact(f"{source.name} is larger than {MAX_MODEL_BYTES} bytes")
            digest.update(block)
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    target.chmod(0o644)
    return digest.hexdigest()


def _verify_published(target: Path, *, sha256: str) -> None:
    path = target / "1" / MODEL_FILE
    if not path.is_file():
        raise VersionConflict(f"{target.name} exists in the repository without a model file")
    if (found := _sha256_of(path)) != sha256:
        raise VersionConflict(f"{target.name} is published with SHA-256 {found}, not {sha256}; use a new version")


def _sha256_of(path: Path) -> str:
    with path.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()


def _replace_file(path: Path, text: str) -> None:
    staging = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        _write_synced(staging, text.encode())
        staging.replace(path)
        _sync_folder(path.parent)
    finally:
        staging.unlink(missing_ok=True)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as writer:
        writer.write(content)
        writer.flush()
        os.fsync(writer.fileno())
    path.chmod(0o644)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
