"""A version of ours taken to an MLflow registry."""

import json
from collections.abc import Mapping
from typing import Any

from core import image_store
from models_admin import selectors
from models_admin.errors import MlflowRefused
from models_admin.exchange.mlflow import Mlflow, RemoteVersion
from models_admin.intake.artefact import DESCRIPTION_FILE
from models_admin.models import ModelVersion, Transfer
from models_admin.services import work
from models_admin.services.transfer_plan import CARD_FILE, TAG_SHA256, mlflow

MODEL_FILE = "model.onnx"
EXPERIMENT = "Waferdeck"


def taken_out(row: Transfer, progress: work.Progress) -> Mapping[str, Any]:
    """Send a version, unless the registry has it; the fields of the transfer that are known then."""
    server = mlflow()
    version = selectors.version_of(model_name=row.model_name, version=row.version)
    progress.step(0, 4, "Asking what is there")
    _ensure_name(server, row.remote_name)
    there = next((one for one in server.versions(row.remote_name) if one.tags.get(TAG_SHA256) == version.sha256), None)
    if there is None:
        there = _upload(server, row, version, progress)
    if row.alias:
        server.post("registered-models/alias", {"name": row.remote_name, "alias": row.alias, "version": there.version})
    return {"remote_version": there.version, "remote_run": there.run_id}


def _ensure_name(server: Mlflow, name: str) -> None:
    if any(one == name for one, _ in server.sources(limit=1000)):
        return
    server.post("registered-models/create", {"name": name, "description": "From Waferdeck."})


def _upload(server: Mlflow, row: Transfer, version: ModelVersion, progress: work.Progress) -> RemoteVersion:
    run = server.post("runs/create", {"experiment_id": _experiment(server), "run_name": str(version)})["run"]["info"]
    run_id, root = run["run_id"], str(run["artifact_uri"])
    if not root.startswith("mlflow-artifacts:/"):
        raise MlflowRefused("Its artefacts are not behind the server. Start it with --serve-artifacts.")
    folder = root.removeprefix("mlflow-artifacts:/").lstrip("/") + "/model"
    files = {
        MODEL_FILE: image_store.get(version.artefact_key),
        DESCRIPTION_FILE: json.dumps(version.metadata).encode(),
        CARD_FILE: version.card.encode(),
    }
    for done, (name, content) in enumerate(files.items(), start=1):
        progress.step(done, 4, f"Sending {name}")
        server.upload(f"{folder}/{name}", content)
    tags = {
        TAG_SHA256: version.sha256,
        "waferdeck.model": row.model_name,
        "waferdeck.version": row.version,
        "waferdeck.precision": version.precision,
    }
    server.post("runs/log-batch", {"run_id": run_id, "metrics": _metrics(version), "tags": _pairs(tags)})
    server.post("runs/update", {"run_id": run_id, "status": "FINISHED"})
    made = server.post(
        "model-versions/create",
        {"name": row.remote_name, "source": f"{root}/model", "run_id": run_id, "tags": _pairs(tags)},
    )["model_version"]
    return RemoteVersion(row.remote_name, str(made["version"]), "None", (), run_id, "READY", "", 0, tags)


def _experiment(server: Mlflow) -> str:
    found = server.post("experiments/search", {"filter": f"name = '{EXPERIMENT}'", "max_results": 1})
    known = found.get("experiments", [])
    if known:
        return str(known[0]["experiment_id"])
    return str(server.post("experiments/create", {"name": EXPERIMENT})["experiment_id"])


def _metrics(version: ModelVersion) -> list[dict[str, Any]]:
    test = version.metadata.get("metrics", {}).get("test", {})
    at_ms = int(version.created_at.timestamp() * 1000)
    return [
        {"key": name, "value": test[name], "timestamp": at_ms, "step": 0}
        for name in ("map50", "map75", "ece")
        if isinstance(test.get(name), int | float)
    ]


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]
