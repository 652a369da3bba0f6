"""Up to where finished runs have been looked at for what people should see."""

from django.db import models


class IntakeCursor(models.Model):
    """The last announcement that was taken in: `transaction` and `seq` of `outbox.OutboxEvent`. One row."""

    transaction = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "review_intake"

    def __str__(self) -> str:
        return f"{self.transaction} {self.seq}"
