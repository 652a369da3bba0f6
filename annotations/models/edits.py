"""The journal: every edit of every reviewer as it arrived, and what came of it."""

from django.conf import settings
from django.db import models


class ReviewEdit(models.Model):
    """One edit. A client numbers its own; the same number again gives the same outcome.

    `outcome` is kept as `annotations.services.outcomes` packs it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    client = models.UUIDField()
    seq = models.BigIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    content = models.JSONField()
    outcome = models.JSONField()
    taken_at = models.DateTimeField()

    class Meta:
        db_table = "review_edit"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["author", "client", "seq"], name="review_edit_once")]

    def __str__(self) -> str:
        return f"{self.client} #{self.seq} {self.kind}"
