"""What happened, in the order it was written: the durable side of every live event."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class OutboxEvent(models.Model):
    """One announcement, written in the transaction that caused it. Relays (webhooks, Kafka) read from here."""

    seq = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=64)
    topics = ArrayField(models.CharField(max_length=96))
    payload = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_event"
        indexes = [models.Index(fields=["made_at"], name="outbox_made_at")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
