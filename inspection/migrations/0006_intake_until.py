from datetime import timedelta

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """A job is given up when nobody takes its files in any more. Older processes fill in the default."""

    dependencies = [
        ("inspection", "0005_written_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="inspectionjob",
            name="intake_until",
            field=models.DateTimeField(db_default=Now() + timedelta(minutes=10)),
        ),
    ]
