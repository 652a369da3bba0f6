from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_idempotency_location"),
    ]

    operations = [
        migrations.AddField(
            model_name="idempotencykey", name="attempt", field=models.PositiveIntegerField(db_default=1)
        ),
        migrations.AddField(
            model_name="idempotencykey", name="held_until", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="made",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
