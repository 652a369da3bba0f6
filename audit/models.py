"""The trail. Rows are only ever added; the database refuses everything else."""

from django.db import models


class AuditEvent(models.Model):
    """One recorded act, in the shape of audit format 1 before it is sealed.

    The table is partitioned by month over its time-ordered key, and triggers refuse UPDATE, DELETE and TRUNCATE
    (see `core.guards`). The seal (sequence and hash) is a row of its own, written later by one process.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    ts = models.DateTimeField()
    actor = models.JSONField()
    source = models.JSONField()
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_version = models.IntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(null=True)
    app = models.JSONField()

    class Meta:
        db_table = "audit_event"
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["action", "id"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.ts:%Y-%m-%d %H:%M:%S} {self.action} {self.object_type} {self.object_id}"
