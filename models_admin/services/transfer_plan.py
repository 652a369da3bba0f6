"""What an import from MLflow would do, before anything is fetched."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from models_admin import selectors
from models_admin.errors import MlflowRefused, WorkFailed
from models_admin.exchange.mlflow import Mlflow, RemoteVersion
from models_admin.intake.artefact import DESCRIPTION_FILE
from models_admin.intake.process import MOST_BYTES
from models_admin.models import ModelVersion
from models_admin.services.training import next_version

CARD_FILE = "card.md"
TAG_SHA256 = "waferdeck.sha256"
MOST_TEXT_BYTES = 2**20


@dataclass(frozen=True)
class Plan:
    """What an import would do.

    Attributes:
        folder: of the artefacts, below the server's proxy; `file` the ONNX file in it.
        version: number the version would have here; `known` where it is registered with the same digest already.
        faults: why it would be refused, as far as that can be told without fetching the file.
    """

    remote_name: str
    remote_version: str
    stage: str
    aliases: tuple[str, ...]
    remote_run: str
    folder: str
    file: str
    bytes: int
    model_name: str
    version: str
    has_description: bool
    known: bool
    faults: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "aliases": list(self.aliases), "faults": list(self.faults)}


def mlflow() -> Mlflow:
    """The server of the settings.

    Raises:
        MlflowRefused: none is named there.
    """
    if not settings.MLFLOW_URL:
        raise MlflowRefused("No MLflow server is named. An admin sets MLFLOW_URL.")
    return Mlflow(settings.MLFLOW_URL)


def plan_import(
    *, name: str, alias: str = "", stage: str = "", version: str = "", model_name: str, as_version: str = ""
) -> Plan:
    """What an import would do. Nothing is written, and of the file only its size is looked at.

    Raises:
        MlflowAway: the server does not answer.
        MlflowRefused: it has no such version, or its files are out of reach.
    """
    server = mlflow()
    return plan_of(server, server.resolve(name, alias=alias, stage=stage, version=version), model_name, as_version)


def plan_of(server: Mlflow, remote: RemoteVersion, model_name: str, as_version: str) -> Plan:
    """What bringing in one version would do. Raises as `plan_import`."""
    folder = server.folder_of(remote)
    files = server.files(folder)
    onnx = next((path for path in sorted(files, key=len) if path.endswith(".onnx")), "")
    here = onnx.rpartition("/")[0]
    has_description = (f"{here}/{DESCRIPTION_FILE}" if here else DESCRIPTION_FILE) in files
    version = as_version or next_version(model_name)
    taken = ModelVersion.objects.filter(model__name=model_name, version=version).first()
    known = taken is not None and remote.tags.get(TAG_SHA256) == taken.sha256
    faults = []
    if not onnx:
        faults.append("It holds no ONNX file; nothing else is taken.")
    if files.get(onnx, 0) > MOST_BYTES:
        faults.append(f"{onnx} has {files[onnx] >> 20} MiB; up to {MOST_BYTES >> 20} are taken.")
    if remote.status not in ("", "READY"):
        faults.append(f"MLflow says that it is {remote.status}.")
    if taken is not None and not known:
        faults.append(f"Version {version} of {model_name} exists; take another number.")
    if not has_description and selectors.newest_version_of(model_name) is None:
        faults.append(f"It comes without {DESCRIPTION_FILE}, and there is no version of {model_name} to take it from.")
    return Plan(
        remote_name=remote.name,
        remote_version=remote.version,
        stage=remote.stage,
        aliases=remote.aliases,
        remote_run=remote.run_id,
        folder=f"{folder}/{here}" if here else folder,
        file=onnx.rpartition("/")[2],
        bytes=files.get(onnx, 0),
        model_name=model_name,
        version=version,
        has_description=has_description,
        known=known,
        faults=tuple(faults),
    )


def texts_of(server: Mlflow, plan: Plan) -> tuple[dict[str, Any], str]:
    """The description and the card that lie beside the file, where they do."""
    files = server.files(plan.folder)
    description: Any = {}
    if DESCRIPTION_FILE in files:
        try:
            description = json.loads(server.read(f"{plan.folder}/{DESCRIPTION_FILE}", most=MOST_TEXT_BYTES))
        except (ValueError, RecursionError) as fault:
            raise WorkFailed("artefact_refused", f"{DESCRIPTION_FILE} is no JSON.") from fault
    if not isinstance(description, dict):
        raise WorkFailed("artefact_refused", f"{DESCRIPTION_FILE} is no object.")
    card = b""
    if CARD_FILE in files:
        card = server.read(f"{plan.folder}/{CARD_FILE}", most=MOST_TEXT_BYTES)
    return description, card.decode(errors="replace")
