import django.db.models.deletion
from django.db import migrations, models

from core.guards import guard, unguard


class Migration(migrations.Migration):
    """Routes by recipe, tool and product; configurations and control calls, both written once."""

    dependencies = [
        ('models_admin', '0009_tenures_so_far'),
        ('outbox', '0004_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='ControlCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('load', 'Load'), ('unload', 'Unload')], max_length=8)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('failed', 'Failed'), ('unknown', 'Unknown')], max_length=8)),
                ('detail', models.TextField(blank=True)),
                ('triton_name', models.CharField(max_length=96)),
                ('asked_by', models.CharField(help_text="Whose request it was; the deployer's own where nobody's.", max_length=150)),
                ('began_at', models.DateTimeField()),
                ('took_ms', models.FloatField()),
                ('memory_before', models.BigIntegerField(null=True)),
                ('memory_after', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'control_call',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ServingConfig',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('instances', models.PositiveSmallIntegerField()),
                ('max_queue_delay_us', models.PositiveIntegerField()),
                ('preferred_batches', models.JSONField(blank=True, default=list)),
                ('max_queue_size', models.PositiveIntegerField()),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(max_length=150)),
            ],
            options={
                'db_table': 'serving_config',
                'ordering': ['model', '-revision'],
            },
        ),
        migrations.AlterModelOptions(
            name='routeplace',
            options={'ordering': ['model', 'recipe_code', 'tool_code', 'product_code', 'slot']},
        ),
        migrations.RemoveConstraint(
            model_name='deployment',
            name='deployment_one_live_per_version',
        ),
        migrations.RemoveConstraint(
            model_name='placerequest',
            name='place_request_once',
        ),
        migrations.RemoveConstraint(
            model_name='routeplace',
            name='route_place_once',
        ),
        migrations.RemoveConstraint(
            model_name='trafficroute',
            name='traffic_route_once',
        ),
        migrations.AddField(
            model_name='deployment',
            name='config_revision',
            field=models.PositiveIntegerField(default=0, help_text="Of `ServingConfig`; 0 is the settings' own."),
        ),
        migrations.AddField(
            model_name='deployment',
            name='leaves',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='deployment',
            name='measured',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='deployment',
            name='steps',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='model',
            name='contact',
            field=models.CharField(blank=True, help_text='Whom to ask about it.', max_length=200),
        ),
        migrations.AddField(
            model_name='model',
            name='revision',
            field=models.PositiveIntegerField(default=1, help_text='Of what is said of it.'),
        ),
        migrations.AddField(
            model_name='placerequest',
            name='is_rollback',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='placerequest',
            name='product_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='placerequest',
            name='tool_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='routeplace',
            name='product_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='routeplace',
            name='tool_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='trafficroute',
            name='earlier',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='trafficroute',
            name='product_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='trafficroute',
            name='tool_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name='deployment',
            name='state',
            field=models.CharField(choices=[('publishing', 'Publishing'), ('loading', 'Loading'), ('warming', 'Warming'), ('trying', 'Trying'), ('active', 'Active'), ('draining', 'Draining'), ('retired', 'Retired'), ('failed', 'Failed')], default='publishing', max_length=16),
        ),
        migrations.AlterField(
            model_name='routeplace',
            name='recipe_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name='trafficroute',
            name='recipe_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['publishing', 'loading', 'warming', 'trying', 'active', 'draining'])), fields=('version', 'config_revision'), name='deployment_one_live'),
        ),
        migrations.AddConstraint(
            model_name='placerequest',
            constraint=models.UniqueConstraint(fields=('deployment', 'recipe_code', 'tool_code', 'product_code', 'slot'), name='place_request_once'),
        ),
        migrations.AddConstraint(
            model_name='routeplace',
            constraint=models.UniqueConstraint(fields=('model', 'recipe_code', 'tool_code', 'product_code', 'slot'), name='route_place_once'),
        ),
        migrations.AddConstraint(
            model_name='trafficroute',
            constraint=models.UniqueConstraint(fields=('model', 'recipe_code', 'tool_code', 'product_code'), name='traffic_route_once'),
        ),
        migrations.AddField(
            model_name='controlcall',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='models_admin.modelversion'),
        ),
        migrations.AddField(
            model_name='servingconfig',
            name='model',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='configs', to='models_admin.model'),
        ),
        migrations.AddConstraint(
            model_name='servingconfig',
            constraint=models.UniqueConstraint(fields=('model', 'revision'), name='serving_config_once'),
        ),
        migrations.RunSQL([guard("serving_config")], [unguard("serving_config")]),
        migrations.RunSQL([guard("control_call")], [unguard("control_call")]),
    ]
