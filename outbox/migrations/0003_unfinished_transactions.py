from django.db import migrations, models

from outbox.models import CURRENT_TRANSACTION, OLDEST_UNFINISHED


class Migration(migrations.Migration):
    """Rows that are there already get the numbers of this migration: whoever heard one of them hears them all again."""

    dependencies = [
        ("outbox", "0002_partitions_take_their_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="transaction",
            field=models.BigIntegerField(db_default=CURRENT_TRANSACTION),
        ),
        migrations.AddField(
            model_name="outboxevent",
            name="horizon",
            field=models.BigIntegerField(db_default=OLDEST_UNFINISHED),
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(fields=["transaction"], name="outbox_transaction"),
        ),
    ]
