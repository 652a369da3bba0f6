from typing import Any

import structlog
from django.apps import AppConfig
from django.db import DatabaseError, connections, transaction
from django.db.models.signals import post_migrate

logger = structlog.get_logger(__name__)


class InspectionConfig(AppConfig):
    name = "inspection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_ensure_partitions, sender=self)


def _ensure_partitions(*, using: str, **_: Any) -> None:
    """Whatever is about to start finds this month's partitions, however long it was away.

    A start does not fail for them: rows without a month are kept, too, and the hourly chore tries again.
    """
    from core.clock import now
    from core.partitions import ensure_present_tables

    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            ensure_present_tables(cursor, now=now())
    except DatabaseError:
        logger.exception("partitions_not_made")
