"""Ways past the guards of what is written once (`core.guards`), which only the owner of the tables has."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LET_TRUNCATE = """
CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'
"""


@contextmanager
def unguarded(table: str) -> Iterator[None]:
    """Rows of `table` may be changed meanwhile, as by somebody who bends the record."""
    with connection.cursor() as cursor:
        # A table with checks still to come cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_written_once")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_written_once")
