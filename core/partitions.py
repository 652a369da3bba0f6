"""Month partitions of tables whose key is a version 7 UUID (see core.ids)."""

from datetime import UTC, datetime
from typing import Any

from core.ids import uuid7_floor


def ensure_month_partitions(
    cursor: Any, *, table: str, now: datetime, months_back: int = 1, months_ahead: int = 3
) -> None:
    """Create the partitions around `now` that are missing. Rows outside all months go to the default partition.

    Args:
        cursor: an open database cursor whose role owns `table`.
        table: name of the partitioned parent; a trusted name, never input.
    """
    execute = cursor.execute
    execute(f"CREATE TABLE IF NOT EXISTS {table}_default PARTITION OF {table} DEFAULT")
    for offset in range(-months_back, months_ahead + 1):
        first, following = _month(now, offset), _month(now, offset + 1)
        name = f"{table}_{first:%Y_%m}"
        execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is None:
            execute(
                f"CREATE TABLE {name} PARTITION OF {table} "
                f"FOR VALUES FROM ('{uuid7_floor(at=first)}') TO ('{uuid7_floor(at=following)}')"
            )


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


def _month(now: datetime, offset: int) -> datetime:
    months = now.year * 12 + now.month - 1 + offset
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
