from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Beside the work of those who write runs: an index that is made concurrently locks nobody out."""

    atomic = False

    dependencies = [
        ("inspection", "0002_requested_version"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="inspectionrun",
            index=models.Index(fields=["finished_at"], condition=Q(state="failed"), name="run_failed"),
        ),
    ]
