from django.db import connection, migrations

AT_ONCE = 5000
_REQUESTS = """
SELECT d.id, d.version_id, min(e.ts)
FROM deployment d LEFT JOIN audit_event e
    ON e.object_type = 'deployment' AND e.object_id = d.id::text AND e.action = 'deployment.request'
GROUP BY d.id, d.version_id ORDER BY d.id
"""
_JUDGED = """
UPDATE inspection_run SET deployment_id = %(deployment)s
WHERE id IN (
    SELECT id FROM inspection_run
    WHERE model_version_id = %(version)s AND deployment_id IS NULL AND state = 'done'
        AND finished_at >= %(since)s AND finished_at < %(until)s
    LIMIT %(most)s
)
"""


def say_who_judged(apps, schema_editor):
    """A version has one deployment at a time: the one that had been asked for last when a run ended has judged it."""
    with connection.cursor() as cursor:
        cursor.execute(_REQUESTS)
        following: dict[int, object] = {}
        for deployment, version, asked_at in reversed(cursor.fetchall()):
            since = asked_at if asked_at is not None else "-infinity"
            values = {
                "deployment": deployment,
                "version": version,
                "since": since,
                "until": following.get(version, "infinity"),
                "most": AT_ONCE,
            }
            cursor.execute(_JUDGED, values)
            while cursor.rowcount == AT_ONCE:
                cursor.execute(_JUDGED, values)
            following[version] = since


class Migration(migrations.Migration):
    """Some thousand rows at a time, so that nobody waits for long."""

    atomic = False

    dependencies = [
        ("audit", "0002_guarded_like_all"),
        ("inspection", "0009_reruns"),
    ]

    operations = [migrations.RunPython(say_who_judged, migrations.RunPython.noop)]
