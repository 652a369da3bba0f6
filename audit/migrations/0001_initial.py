# First made by Django 5.2.19 on 2026-11-21 11:47

from django.db import migrations, models

from core.clock import now
from core.partitions import ensure_month_partitions, partition_empty_table

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_change;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_truncate;
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waferdeck_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM waferdeck_app;
    END IF;
END $$;
"""


def partition(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        partition_empty_table(cursor, table="audit_event")
        ensure_month_partitions(cursor, table="audit_event", now=now())


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('outbox', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('ts', models.DateTimeField()),
                ('actor', models.JSONField()),
                ('source', models.JSONField()),
                ('action', models.CharField(max_length=64)),
                ('object_type', models.CharField(max_length=64)),
                ('object_id', models.CharField(max_length=64)),
                ('object_version', models.IntegerField(null=True)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('reason', models.TextField(null=True)),
                ('app', models.JSONField()),
            ],
            options={
                'db_table': 'audit_event',
                'indexes': [models.Index(fields=['object_type', 'object_id'], name='audit_object'), models.Index(fields=['action', 'id'], name='audit_action')],
            },
        ),
        migrations.RunPython(partition, migrations.RunPython.noop),
        migrations.RunSQL(REFUSE, "DROP TABLE audit_event CASCADE; DROP FUNCTION audit_refuse CASCADE"),
    ]
