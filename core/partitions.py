"""Month partitions of tables whose key is a version 7 UUID (see core.ids).

The application's role may not create tables. So the one thing it needs of that kind, next month's partition, is a
function of the database that belongs to the owner and knows only our own tables.
"""

from datetime import datetime
from typing import Any

PARTITIONED_TABLES = ("audit_event", "detection")

CREATE_FUNCTION = """
CREATE OR REPLACE FUNCTION guard_partitions(parent text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part regclass;
    guard text;
    refusing regproc;
BEGIN
    -- Guards of rows are inherited, those against TRUNCATE (32) are not: each partition gets its parent's.
    FOR part, guard, refusing IN
        SELECT inhrelid, tgname, tgfoid FROM pg_inherits JOIN pg_trigger theirs ON tgrelid = inhparent
        WHERE inhparent = parent::regclass AND tgtype & 32 > 0
            AND NOT EXISTS (SELECT FROM pg_trigger own WHERE own.tgrelid = inhrelid AND own.tgname = theirs.tgname)
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s EXECUTE FUNCTION %s()', guard, part, refusing);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', part, guard);
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION ensure_month_partitions(parent text, around timestamptz, months_back int, months_ahead int)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    spare text := parent || '_default';
    first timestamptz;
    lowest uuid;
    beyond uuid;
    strays bigint;
    moved bigint;
    made int := 0;
    name text;
BEGIN
    IF parent NOT IN ('audit_event', 'detection') THEN
        RAISE EXCEPTION '% is not a partitioned table of Waferdeck', parent;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_month_partitions'));
    IF to_regclass(spare) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', spare, parent);
    END IF;
    FOR month IN -months_back..months_ahead LOOP
        first := date_trunc('month', around, 'UTC') + make_interval(months => month);
        name := parent || to_char(first AT TIME ZONE 'UTC', '_YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        lowest := month_floor(first);
        beyond := month_floor(first + interval '1 month');
        -- Before counting: a row that came after the count would bar the new partition.
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
        EXECUTE format('SELECT count(*) FROM %I WHERE id >= $1 AND id < $2', spare) INTO strays USING lowest, beyond;
        IF strays > 0 THEN
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, spare);
        END IF;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent, lowest, beyond);
        PERFORM guard_partitions(parent);
        IF strays > 0 THEN
            -- No guard is switched off: a detached table is no part of the trail, and has no triggers of its own.
            EXECUTE format(
                'WITH stray AS (DELETE FROM %I WHERE id >= $1 AND id < $2 RETURNING *)'
                ' INSERT INTO %I SELECT * FROM stray', spare, parent) USING lowest, beyond;
            GET DIAGNOSTICS moved = ROW_COUNT;
            IF moved <> strays THEN
                RAISE EXCEPTION '% rows of % were to be moved, % were', strays, name, moved;
            END IF;
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', parent, spare);
        END IF;
        made := made + 1;
    END LOOP;
    -- New tables are opened to the application as a whole; it reaches partitions through their parent only.
    FOR name IN
        SELECT inhrelid::regclass FROM pg_inherits, pg_roles
        WHERE inhparent = parent::regclass AND rolname = 'waferdeck_app'
            AND has_table_privilege(rolname, inhrelid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM waferdeck_app', name);
    END LOOP;
    RETURN made;
END $$;
"""

CREATE_FLOOR = """
CREATE OR REPLACE FUNCTION month_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
"""

DROP = """
DROP FUNCTION ensure_month_partitions(text, timestamptz, int, int);
DROP FUNCTION guard_partitions(text);
DROP FUNCTION month_floor(timestamptz)
"""


def ensure_month_partitions(
    cursor: Any, *, table: str, now: datetime, months_back: int = 1, months_ahead: int = 3
) -> int:
    """Create the partitions around `now` that are missing. Rows outside all months go to the default partition.

    A row that waits there for its month moves into the new partition in the same transaction, unchanged.

    Returns:
        How many were made.
    """
    cursor.execute("SELECT ensure_month_partitions(%s, %s, %s, %s)", [table, now, months_back, months_ahead])
    made: int = cursor.fetchone()[0]
    return made


def ensure_present_tables(cursor: Any, *, now: datetime) -> None:
    """`ensure_month_partitions` of every table that is there; for the end of a migration, which may be half the way."""
    for table in PARTITIONED_TABLES:
        cursor.execute("SELECT to_regclass(%s), to_regproc('ensure_month_partitions')", [table])
        if None not in cursor.fetchone():
            ensure_month_partitions(cursor, table=table, now=now)


def partition_empty_table(cursor: Any, *, table: str) -> None:
    """Turn a table Django has just created into one partitioned by range over `id`, names of keys and indexes kept.

    For migrations only: the table must be empty, and nothing may refer to it yet.
    """
    cursor.execute(
        "SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'f')",
        [table],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND schemaname = current_schema()"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
        [table, table],
    )
    index_definitions = [row[0] for row in cursor.fetchall()]
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_plain")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
        " PARTITION BY RANGE (id)"
    )
    cursor.execute(f"DROP TABLE {table}_plain")
    for name, _kind, definition in sorted(constraints, key=lambda row: row[1], reverse=True):
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for definition in index_definitions:
        cursor.execute(definition)
