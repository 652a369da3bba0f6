from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Beside the work of those who write runs: an index that is made concurrently locks nobody out."""

    atomic = False

    dependencies = [
        ("inspection", "0003_failed_runs"),
    ]

    operations = [
        # It waits for transactions that are under way, and must not be broken off: half an index would stay behind.
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="inspectionrun",
            index=models.Index(fields=["state", "-wafer"], condition=~Q(state="done"), name="run_not_done"),
        ),
        AddIndexConcurrently(
            model_name="inspectionrun",
            index=models.Index(
                fields=["band", "-wafer"], condition=Q(band__in=["review", "reject"]), name="run_flagged"
            ),
        ),
        migrations.RunSQL("RESET lock_timeout", migrations.RunSQL.noop),
    ]
