from django.db import migrations


class Migration(migrations.Migration):
    """By itself: a table cannot be altered in the transaction that has just written rows which refer to it."""

    dependencies = [
        ("models_admin", "0003_decisions_by_place"),
    ]

    operations = [
        migrations.RemoveField(model_name="deployment", name="decision"),
        migrations.RemoveField(model_name="deployment", name="recipe_code"),
        migrations.RemoveField(model_name="deployment", name="slot"),
    ]
