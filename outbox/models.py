"""What happened, in the order it was written: the durable side of every live event."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Cast


def _as_number(expression: models.Func) -> Cast:
    """A 64 bit transaction id as a number; PostgreSQL converts it by way of its text."""
    return Cast(Cast(expression, models.TextField()), models.BigIntegerField())


CURRENT_TRANSACTION = _as_number(models.Func(function="pg_current_xact_id"))
OLDEST_UNFINISHED = _as_number(models.Func(models.Func(function="pg_current_snapshot"), function="pg_snapshot_xmin"))


class OutboxEvent(models.Model):
    """One announcement, written in the transaction that caused it. Relays (webhooks, Kafka) read from here.

    `seq` is drawn when a row is written, not when it commits: a smaller one may become visible after a larger one.
    `transaction` and `horizon`, the oldest transaction that had not ended when the row was written, tell which.
    """

    seq = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=64)
    topics = ArrayField(models.CharField(max_length=96))
    payload = models.JSONField()
    made_at = models.DateTimeField()
    transaction = models.BigIntegerField(db_default=CURRENT_TRANSACTION)
    horizon = models.BigIntegerField(db_default=OLDEST_UNFINISHED)

    class Meta:
        db_table = "outbox_event"
        indexes = [
            models.Index(fields=["made_at"], name="outbox_made_at"),
            models.Index(fields=["transaction"], name="outbox_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
