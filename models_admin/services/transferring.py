"""Versions brought in from an MLflow registry, and ours taken there."""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.actors import Actor
from core.ids import uuid7
from models_admin import selectors
from models_admin.choices import UNDER_WAY, TransferWay
from models_admin.errors import MlflowAway, MlflowRefused, WorkFailed, WorkMustWait
from models_admin.exchange.mlflow import shown_address
from models_admin.intake.process import MOST_BYTES
from models_admin.models import Transfer
from models_admin.services import work
from models_admin.services.training_outcome import taken_in
from models_admin.services.transfer_out import taken_out
from models_admin.services.transfer_plan import Plan, mlflow, plan_of, texts_of

STALLS_AFTER_S = 120.0


@transaction.atomic
def request_import(*, plan: Plan, chosen_by: str, actor: Actor, now: datetime) -> tuple[Transfer, bool]:
    """Have a version brought in. The same under way already is given as it is."""
    return _asked(
        TransferWay.IMPORT,
        {
            "remote_name": plan.remote_name,
            "remote_version": plan.remote_version,
            "remote_run": plan.remote_run,
            "chosen_by": chosen_by,
            "model_name": plan.model_name,
            "version": plan.version,
        },
        actor=actor,
        now=now,
    )


@transaction.atomic
def request_export(
    *, model_name: str, version: str, name: str = "", alias: str = "", actor: Actor, now: datetime
) -> tuple[Transfer, bool]:
    """Have a version of ours taken to MLflow.

    Raises:
        UnknownVersion: there is none.
        MlflowRefused: no server is named.
    """
    mlflow()
    row = selectors.version_of(model_name=model_name, version=version)
    fields = {"remote_name": name or model_name, "alias": alias, "model_name": model_name, "version": version}
    return _asked(
        TransferWay.EXPORT,
        {**fields, "sha256": row.sha256, "bytes": row.bytes, "made": row},
        actor=actor,
        now=now,
    )


def carry_out_transfer(*, key: UUID, actor: Actor, clock: work.Clock) -> Transfer | None:
    """Do one transfer; None where somebody else has it."""
    return work.carry_out(
        Transfer,
        key=key,
        body=lambda row, progress: _transfer(row, progress, actor=actor, clock=clock),
        actor=actor,
        clock=clock,
        stalls_after_s=STALLS_AFTER_S,
    )


def _asked(way: TransferWay, fields: dict[str, Any], *, actor: Actor, now: datetime) -> tuple[Transfer, bool]:
    same = {name: fields[name] for name in ("remote_name", "model_name", "version")}
    known = Transfer.objects.filter(way=way, state__in=UNDER_WAY, **same).first()
    if known is not None:
        return known, False
    row = Transfer(id=uuid7(at=now), way=way, server=shown_address(settings.MLFLOW_URL)[:300], **fields)
    said = {name: value for name, value in fields.items() if name != "made"}
    work.ask_for(row, after={"way": way, "server": row.server, **said}, actor=actor, now=now)
    return row, True


def _transfer(row: Transfer, progress: work.Progress, *, actor: Actor, clock: work.Clock) -> Mapping[str, Any]:
    try:
        if row.way == TransferWay.IMPORT:
            return _brought_in(row, progress, actor=actor, clock=clock)
        return taken_out(row, progress)
    except MlflowAway as fault:
        raise WorkMustWait(fault.detail, wait_s=15.0) from fault
    except MlflowRefused as fault:
        raise WorkFailed(fault.code, fault.detail) from fault


def _brought_in(row: Transfer, progress: work.Progress, *, actor: Actor, clock: work.Clock) -> Mapping[str, Any]:
    server = mlflow()
    remote = server.resolve(row.remote_name, version=row.remote_version)
    plan = plan_of(server, remote, row.model_name, row.version)
    if plan.faults:
        raise WorkFailed("cannot_import", " ".join(plan.faults))
    description, card = texts_of(server, plan)
    description["version"] = row.version
    said_before = description.get("training")
    description["training"] = {
        **(said_before if isinstance(said_before, dict) else {}),
        "mlflow_run": remote.run_id,
        "mlflow": {
            "server": row.server,
            "name": remote.name,
            "version": remote.version,
            "chosen_by": row.chosen_by,
            "transfer": str(row.pk),
        },
    }
    with tempfile.TemporaryFile() as file:
        shown = plan.bytes or 1

        def tell(done: int) -> None:
            progress.step(min(done, shown), shown, f"Fetching {plan.file}")

        server.download(f"{plan.folder}/{plan.file}", to=file, most=MOST_BYTES, tell=tell)
        size = file.tell()
        file.seek(0)
        version = taken_in(
            file,
            model_name=row.model_name,
            file_name=f"{remote.name} {remote.version} of MLflow",
            description=description,
            card=card,
            progress=progress,
            actor=actor,
            clock=clock,
        )
    return {"made": version, "sha256": version.sha256, "bytes": size}
