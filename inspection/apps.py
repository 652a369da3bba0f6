from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class InspectionConfig(AppConfig):
    name = "inspection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_ensure_partitions, sender=self)


def _ensure_partitions(*, using: str, **_: Any) -> None:
    """Whatever is about to start finds this month's partitions, however long it was away."""
    from core.clock import now
    from core.partitions import ensure_present_tables

    with connections[using].cursor() as cursor:
        ensure_present_tables(cursor, now=now())
