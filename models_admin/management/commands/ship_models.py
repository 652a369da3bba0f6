"""Register the models that ship with Waferdeck, and deploy the newest of each where nothing is deployed yet."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.actors import service_account
from core.errors import WaferdeckError
from models_admin import selectors, services
from models_admin.choices import LOADED, ON_THE_WAY, VersionStatus
from models_admin.models import ModelVersion

SHIPPER = service_account("shipper")


class Command(BaseCommand):
    help = "Register every model of MODEL_ZOO_DIR and deploy the newest version of models without a route. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        folders = sorted(path.parent for path in settings.MODEL_ZOO_DIR.glob("*/*/model.json"))
        if not folders:
            raise CommandError(f"There is no model in {settings.MODEL_ZOO_DIR}.")
        newest: dict[str, ModelVersion] = {}
        for folder in sorted(folders, key=_version_order):
            version = self._register(folder)
            newest[version.model.name] = version
        for version in newest.values():
            self._deploy(version)

    def _register(self, folder: Path) -> ModelVersion:
        try:
            version = services.register_version(folder=folder, actor=SHIPPER, now=clock.now())
            if version.status == VersionStatus.CANDIDATE:
                # The card that ships with a version is its validation report.
                services.set_version_status(
                    model_name=version.model.name, version=version.version, status=VersionStatus.VALIDATED,
                    actor=SHIPPER, now=clock.now(), reason="shipped with its card",
                )  # fmt: skip
        except WaferdeckError as fault:
            raise CommandError(f"{folder}: {fault.detail}") from fault
        self.stdout.write(f"{version} is registered ({version.sha256[:12]})")
        return version

    def _deploy(self, version: ModelVersion) -> None:
        under_way = selectors.deployments(states=LOADED | ON_THE_WAY).filter(version__model=version.model)
        if selectors.routes().filter(model=version.model).exists() or under_way.exists():
            return
        deployment = services.deploy_version(
            model_name=version.model.name, version=version.version, actor=SHIPPER, now=clock.now()
        )
        done = services.carry_out_deployment(deployment_id=deployment.pk, actor=SHIPPER, clock=clock.now)
        state = done.state if done else "waiting for its turn"
        self.stdout.write(f"{version} is {state}")


def _version_order(folder: Path) -> tuple[str, tuple[int, ...]]:
    return folder.parent.name, tuple(int(part) if part.isdigit() else -1 for part in folder.name.split("."))
