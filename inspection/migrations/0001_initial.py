# First made by Django 5.2.19 on 2026-11-21 11:47

import django.contrib.postgres.fields
import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models
from pgvector.django import VectorExtension

from core.clock import now
from core.partitions import ensure_month_partitions, partition_empty_table

REFUSE = """
CREATE FUNCTION detection_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a detection is what a model said and is never edited' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER detection_no_update BEFORE UPDATE ON detection FOR EACH ROW EXECUTE FUNCTION detection_refuse();
"""


def partition(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        partition_empty_table(cursor, table="detection")
        ensure_month_partitions(cursor, table="detection", now=now())



class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('outbox', '0001_initial'),
        ('accounts', '0001_initial'),
        ('models_admin', '0001_initial'),
    ]

    operations = [
        VectorExtension(),
        migrations.CreateModel(
            name='DefectClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=64)),
                ('colour', models.CharField(help_text='#rrggbb, told apart by colour-blind eyes.', max_length=7)),
                ('severity', models.CharField(choices=[('critical', 'Critical'), ('major', 'Major'), ('minor', 'Minor'), ('nuisance', 'Nuisance')], max_length=16)),
                ('key', models.CharField(help_text='The key that picks it.', max_length=1)),
            ],
            options={
                'db_table': 'defect_class',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='InspectionImage',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('pixel_sha256', models.CharField(max_length=64)),
                ('bytes', models.BigIntegerField()),
                ('width_px', models.PositiveIntegerField()),
                ('height_px', models.PositiveIntegerField()),
                ('bit_depth', models.PositiveSmallIntegerField()),
                ('channels', models.PositiveSmallIntegerField()),
                ('format', models.CharField(max_length=8)),
                ('file_name', models.CharField(blank=True, help_text='A label, never a path.', max_length=255)),
                ('store_key', models.CharField(max_length=128)),
                ('thumbnail_key', models.CharField(max_length=128)),
                ('origin_x_um', models.FloatField(help_text="Wafer frame, of the image's top left corner.", null=True)),
                ('origin_y_um', models.FloatField(help_text="Wafer frame, of the image's top left corner.", null=True)),
                ('pixel_um', models.FloatField()),
                ('quality', models.JSONField(default=dict)),
                ('notes', models.JSONField(default=list)),
                ('external_id', models.CharField(max_length=128, null=True)),
                ('received_at', models.DateTimeField()),
                ('received_from', models.CharField(max_length=150)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.site')),
            ],
            options={
                'db_table': 'inspection_image',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='InspectionJob',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='running', max_length=12)),
                ('label', models.CharField(blank=True, max_length=120)),
                ('total', models.PositiveIntegerField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('cancelled', models.PositiveIntegerField(default=0)),
                ('requested_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('summary', models.JSONField(default=dict)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.site')),
            ],
            options={
                'db_table': 'inspection_job',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='InspectionRun',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=12)),
                ('waiting_for', models.CharField(blank=True, help_text='Why it is still queued, for a person.', max_length=200)),
                ('priority', models.PositiveSmallIntegerField(default=1)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(default=0, help_text="Attempts that ended by a fault of the run's own.")),
                ('not_before', models.DateTimeField(null=True)),
                ('lease_owner', models.CharField(blank=True, max_length=64)),
                ('lease_until', models.DateTimeField(null=True)),
                ('use_cache', models.BooleanField(default=True)),
                ('requested_by', models.CharField(max_length=150)),
                ('queued_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('band', models.CharField(blank=True, choices=[('accept', 'Accept'), ('review', 'Review'), ('reject', 'Reject')], max_length=8)),
                ('detection_count', models.PositiveIntegerField(default=0)),
                ('summary', models.JSONField(default=dict, help_text='Counts by class and by severity, and the boxes of the card.')),
                ('timings_ms', models.JSONField(default=dict)),
                ('provenance', models.JSONField(default=dict)),
                ('is_cached', models.BooleanField(default=False)),
                ('is_degraded', models.BooleanField(default=False)),
                ('error_code', models.CharField(blank=True, max_length=64)),
                ('error_detail', models.TextField(blank=True)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='inspection.inspectionjob')),
                ('model_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='models_admin.modelversion')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.site')),
            ],
            options={
                'db_table': 'inspection_run',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='JobItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField()),
                ('file_name', models.CharField(blank=True, max_length=255)),
                ('external_id', models.CharField(blank=True, max_length=128)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='waiting', max_length=12)),
                ('error_code', models.CharField(blank=True, max_length=64)),
                ('error_detail', models.TextField(blank=True)),
                ('latency_ms', models.FloatField(null=True)),
                ('image', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.inspectionimage')),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='inspection.inspectionjob')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='job_items', to='inspection.inspectionrun')),
            ],
            options={
                'db_table': 'job_item',
                'ordering': ['job', 'ordinal'],
            },
        ),
        migrations.CreateModel(
            name='Layer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('step', models.PositiveIntegerField(default=0)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='layers', to='accounts.site')),
            ],
            options={
                'db_table': 'layer',
                'ordering': ['step', 'code'],
            },
        ),
        migrations.AddField(
            model_name='inspectionrun',
            name='layer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.layer'),
        ),
        migrations.AddField(
            model_name='inspectionimage',
            name='layer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.layer'),
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('wafer_diameter_um', models.FloatField(default=300000.0)),
                ('edge_exclusion_um', models.FloatField(default=3000.0)),
                ('die_pitch_x_um', models.FloatField(default=10000.0)),
                ('die_pitch_y_um', models.FloatField(default=10000.0)),
                ('grid_centre_x_um', models.FloatField(default=5000.0, help_text='Wafer centre seen from the corner of die (0, 0).')),
                ('grid_centre_y_um', models.FloatField(default=5000.0, help_text='Wafer centre seen from the corner of die (0, 0).')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='accounts.site')),
            ],
            options={
                'db_table': 'product',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='accounts.site')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inspection.product')),
            ],
            options={
                'db_table': 'lot',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Recipe',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('model_name', models.CharField(default='visual_defects', max_length=63)),
                ('created_at', models.DateTimeField()),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recipes', to='accounts.site')),
            ],
            options={
                'db_table': 'recipe',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='RecipeVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('preprocessing', models.JSONField(help_text='A preprocessing profile; see domain.imaging.preprocess.')),
                ('preprocessing_sha256', models.CharField(max_length=64)),
                ('tile_px', models.PositiveSmallIntegerField(default=512)),
                ('overlap_px', models.PositiveSmallIntegerField(default=64)),
                ('thresholds', models.JSONField(blank=True, default=dict)),
                ('review_from', models.FloatField(default=0.3)),
                ('reject_from', models.FloatField(default=0.7)),
                ('nms_iou', models.FloatField(default=0.5)),
                ('pixel_um', models.FloatField(default=1.0, help_text='Side of an original pixel, unless the upload says.')),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=150)),
                ('recipe', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='inspection.recipe')),
            ],
            options={
                'db_table': 'recipe_version',
                'ordering': ['recipe', '-number'],
            },
        ),
        migrations.AddField(
            model_name='inspectionrun',
            name='recipe_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.recipeversion'),
        ),
        migrations.CreateModel(
            name='RunImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField()),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='run_images', to='inspection.inspectionimage')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='run_images', to='inspection.inspectionrun')),
            ],
            options={
                'db_table': 'run_image',
                'ordering': ['run', 'ordinal'],
            },
        ),
        migrations.CreateModel(
            name='Tool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('cadence_s', models.PositiveIntegerField(default=300, help_text='Silent after this long without an image.')),
                ('last_image_at', models.DateTimeField(blank=True, null=True)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tools', to='accounts.site')),
            ],
            options={
                'db_table': 'tool',
                'ordering': ['code'],
            },
        ),
        migrations.AddField(
            model_name='inspectionrun',
            name='tool',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.tool'),
        ),
        migrations.AddField(
            model_name='inspectionimage',
            name='tool',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.tool'),
        ),
        migrations.CreateModel(
            name='Wafer',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=64)),
                ('slot', models.PositiveSmallIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wafers', to='inspection.lot')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.site')),
            ],
            options={
                'db_table': 'wafer',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='inspectionrun',
            name='wafer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='inspection.wafer'),
        ),
        migrations.AddField(
            model_name='inspectionimage',
            name='wafer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='images', to='inspection.wafer'),
        ),
        migrations.CreateModel(
            name='Detection',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('ordinal', models.PositiveIntegerField()),
                ('confidence', models.FloatField(help_text='Calibrated.')),
                ('raw_score', models.FloatField(help_text='As the model gave it.')),
                ('top3_class_ids', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                ('top3_confidences', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ('severity', models.CharField(choices=[('critical', 'Critical'), ('major', 'Major'), ('minor', 'Minor'), ('nuisance', 'Nuisance')], max_length=16)),
                ('band', models.CharField(choices=[('accept', 'Accept'), ('review', 'Review'), ('reject', 'Reject')], max_length=8)),
                ('is_nuisance', models.BooleanField(default=False)),
                ('x_px', models.FloatField()),
                ('y_px', models.FloatField()),
                ('width_px', models.FloatField()),
                ('height_px', models.FloatField()),
                ('size_um', models.FloatField(null=True)),
                ('wafer_x_um', models.FloatField(help_text='Centre, wafer frame.', null=True)),
                ('wafer_y_um', models.FloatField(help_text='Centre, wafer frame.', null=True)),
                ('die_col', models.IntegerField(null=True)),
                ('die_row', models.IntegerField(null=True)),
                ('embedding', pgvector.django.halfvec.HalfVectorField(dimensions=64, null=True)),
                ('defect_class', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inspection.defectclass')),
                ('image', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='detections', to='inspection.inspectionimage')),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='detections', to='inspection.inspectionrun')),
                ('wafer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='detections', to='inspection.wafer')),
            ],
            options={
                'db_table': 'detection',
                'ordering': ['run', 'ordinal'],
            },
        ),
        migrations.AddIndex(
            model_name='inspectionjob',
            index=models.Index(fields=['site', '-id'], name='job_by_site'),
        ),
        migrations.AddIndex(
            model_name='jobitem',
            index=models.Index(condition=models.Q(('run__isnull', False)), fields=['run'], name='job_item_by_run'),
        ),
        migrations.AddConstraint(
            model_name='jobitem',
            constraint=models.UniqueConstraint(fields=('job', 'ordinal'), name='job_item_once'),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=models.UniqueConstraint(fields=('site', 'code'), name='layer_once'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('site', 'code'), name='product_once'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('die_pitch_x_um__gt', 0), ('die_pitch_y_um__gt', 0), ('wafer_diameter_um__gt', 0)), name='product_geometry_positive'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.UniqueConstraint(fields=('site', 'code'), name='lot_once'),
        ),
        migrations.AddConstraint(
            model_name='recipe',
            constraint=models.UniqueConstraint(fields=('site', 'code'), name='recipe_once'),
        ),
        migrations.AddConstraint(
            model_name='recipeversion',
            constraint=models.UniqueConstraint(fields=('recipe', 'number'), name='recipe_version_once'),
        ),
        migrations.AddConstraint(
            model_name='recipeversion',
            constraint=models.CheckConstraint(condition=models.Q(('reject_from__lte', 1), ('review_from__gte', 0), ('review_from__lte', models.F('reject_from'))), name='recipe_bands_ordered'),
        ),
        migrations.AddConstraint(
            model_name='recipeversion',
            constraint=models.CheckConstraint(condition=models.Q(('overlap_px__lt', models.F('tile_px')), ('pixel_um__gt', 0)), name='recipe_geometry'),
        ),
        migrations.AddConstraint(
            model_name='runimage',
            constraint=models.UniqueConstraint(fields=('run', 'ordinal'), name='run_image_ordinal_once'),
        ),
        migrations.AddConstraint(
            model_name='runimage',
            constraint=models.UniqueConstraint(fields=('run', 'image'), name='run_image_once'),
        ),
        migrations.AddConstraint(
            model_name='tool',
            constraint=models.UniqueConstraint(fields=('site', 'code'), name='tool_once'),
        ),
        migrations.AddIndex(
            model_name='wafer',
            index=models.Index(fields=['site', '-id'], name='wafer_by_site'),
        ),
        migrations.AddConstraint(
            model_name='wafer',
            constraint=models.UniqueConstraint(fields=('lot', 'code'), name='wafer_once'),
        ),
        migrations.AddIndex(
            model_name='inspectionrun',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['priority', 'id'], name='run_queue'),
        ),
        migrations.AddIndex(
            model_name='inspectionrun',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['lease_until'], name='run_leases'),
        ),
        migrations.AddIndex(
            model_name='inspectionrun',
            index=models.Index(fields=['site', '-id'], name='run_by_site'),
        ),
        migrations.AddIndex(
            model_name='inspectionrun',
            index=models.Index(fields=['wafer', '-id'], name='run_by_wafer'),
        ),
        migrations.AddConstraint(
            model_name='inspectionrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='run_running_has_lease'),
        ),
        migrations.AddIndex(
            model_name='inspectionimage',
            index=models.Index(fields=['site', '-id'], name='image_by_site'),
        ),
        migrations.AddConstraint(
            model_name='inspectionimage',
            constraint=models.UniqueConstraint(fields=('wafer', 'layer', 'sha256'), name='image_once'),
        ),
        migrations.AddConstraint(
            model_name='inspectionimage',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id__isnull', False)), fields=('site', 'external_id'), name='image_external_id_once'),
        ),
        migrations.AddIndex(
            model_name='detection',
            index=models.Index(fields=['run', 'ordinal'], name='detection_by_run'),
        ),
        migrations.AddIndex(
            model_name='detection',
            index=models.Index(fields=['image'], name='detection_by_image'),
        ),
        migrations.AddIndex(
            model_name='detection',
            index=models.Index(fields=['wafer', '-id'], name='detection_by_wafer'),
        ),
        migrations.RunPython(partition, migrations.RunPython.noop),
        migrations.RunSQL(REFUSE, "DROP FUNCTION detection_refuse CASCADE"),
    ]
