"""Is an artefact what it says? Its description, its digest, its tensors, and what it answers to fixed images.

No database here: a folder in, values out.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models_admin.errors import ArtefactRefused
from serving import golden
from serving.errors import ServingError
from serving.repository import MODEL_FILE, triton_model_name
from serving.tensors import INPUT_NAME, OUTPUT_NAMES, DetectorShape, DetectorSpec, RawOutputs

DESCRIPTION_FILE, CARD_FILE = "model.json", "card.md"
_MAX_DESCRIPTION_BYTES = 2**20
_MAX_CARD_BYTES = 2**20
_MAX_MODEL_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Artefact:
    """A model folder that was read and keeps the contract as far as reading can tell."""

    spec: DetectorSpec
    content: bytes
    card: str


def read_artefact(folder: Path) -> Artefact:
    """Read `model.onnx`, `model.json` and `card.md`.

    Raises:
        ArtefactRefused: a file is missing, too large or malformed, or the digest is not that of the description.
    """
    description = _read(folder / DESCRIPTION_FILE, at_most=_MAX_DESCRIPTION_BYTES)
    content = _read(folder / MODEL_FILE, at_most=_MAX_MODEL_BYTES)
    card = _read(folder / CARD_FILE, at_most=_MAX_CARD_BYTES).decode(errors="replace")
    try:
        spec = DetectorSpec.from_dict(json.loads(description, parse_constant=_refuse_constant))
        triton_model_name(model_name=spec.name, version=spec.version)
    except (ServingError, ValueError, RecursionError) as fault:
        raise ArtefactRefused(str(fault), file=DESCRIPTION_FILE) from fault
    if (sha256 := hashlib.sha256(content).hexdigest()) != spec.sha256:
        raise ArtefactRefused(f"{MODEL_FILE} has SHA-256 {sha256}, its description says {spec.sha256}", file=MODEL_FILE)
    return Artefact(spec=spec, content=content, card=card)


def golden_of(artefact: Artefact) -> dict[str, Any]:
    """Load the model in this process and record what it answers to the golden images.

    Raises:
        ArtefactRefused: it does not load, its tensors are not those of the contract, or its answers break it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(artefact.content, options, providers=["CPUExecutionProvider"])
        _check_tensors(session, shape=artefact.spec.shape)
        answers = session.run(list(OUTPUT_NAMES), {INPUT_NAME: golden.tiles(tile_px=artefact.spec.shape.tile_px)})
        outputs = RawOutputs.from_arrays(dict(zip(OUTPUT_NAMES, answers, strict=True)))
    except ServingError as fault:
        raise ArtefactRefused(f"its answers break the contract: {fault.detail}", file=MODEL_FILE) from fault
    except ArtefactRefused:
        raise
    except Exception as fault:  # the runtime's own exceptions share no base class
        reason = str(fault).split("\n", maxsplit=1)[0]
        raise ArtefactRefused(f"ONNX Runtime does not load it: {reason}", file=MODEL_FILE) from fault
    return golden.record(outputs, runtime=f"onnxruntime {onnxruntime.__version__}")


def _check_tensors(session: Any, *, shape: DetectorShape) -> None:
    inputs = {tensor.name: (tensor.type, tuple(tensor.shape[1:])) for tensor in session.get_inputs()}
    if inputs != {INPUT_NAME: ("tensor(uint8)", shape.input())}:
        raise ArtefactRefused(f"its inputs are {inputs}", file=MODEL_FILE)
    batch = session.get_inputs()[0].shape[0]
    if isinstance(batch, int):
        raise ArtefactRefused(f"its batch size is fixed to {batch}", file=MODEL_FILE)
    outputs = {tensor.name: tensor.type for tensor in session.get_outputs()}
    if outputs != dict.fromkeys(OUTPUT_NAMES, "tensor(float)"):
        raise ArtefactRefused(f"its outputs are {outputs}", file=MODEL_FILE)


def _read(path: Path, *, at_most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(at_most + 1)
    except OSError as fault:
        raise ArtefactRefused(f"{path.name} cannot be read: {fault.strerror}", file=path.name) from fault
    if len(content) > at_most:
        raise ArtefactRefused(f"{path.name} is larger than {at_most} bytes", file=path.name)
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
