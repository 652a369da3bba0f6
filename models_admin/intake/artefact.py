"""A model folder as values: the file, what its description promises, and its card. Nothing of the file is read here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models_admin.errors import ArtefactRefused
from serving.errors import ServingError
from serving.repository import MODEL_FILE, triton_model_name
from serving.tensors import DetectorSpec

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
        spec = spec_of(json.loads(description, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as fault:
        raise ArtefactRefused(str(fault), file=DESCRIPTION_FILE) from fault
    if (sha256 := hashlib.sha256(content).hexdigest()) != spec.sha256:
        raise ArtefactRefused(f"{MODEL_FILE} has SHA-256 {sha256}, its description says {spec.sha256}", file=MODEL_FILE)
    return Artefact(spec=spec, content=content, card=card)


def spec_of(document: Mapping[str, Any]) -> DetectorSpec:
    """What a description promises.

    Raises:
        ArtefactRefused: something in it is missing or cannot be.
    """
    try:
        spec = DetectorSpec.from_dict(document)
        triton_model_name(model_name=spec.name, version=spec.version)
    except (ServingError, ValueError, RecursionError) as fault:
        raise ArtefactRefused(str(fault), file=DESCRIPTION_FILE) from fault
    return spec


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
