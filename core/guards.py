"""Tables whose rows are written once: the database itself refuses to change or delete them, whoever asks.

The application lacks the right to, and a trigger that is always on stops whoever has it. For migrations.
"""

from collections.abc import Sequence

CREATE_FUNCTIONS = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The arguments are the columns that may change.
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only, its rows are never edited: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: TRUNCATE refused', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

DROP_FUNCTIONS = "DROP FUNCTION refuse_change(); DROP FUNCTION refuse_truncate()"


def guard(table: str, *, may_change: Sequence[str] = ()) -> str:
    """SQL after which rows of `table` and its partitions are added and read only, but for columns that `may_change`."""
    arguments = ", ".join(f"'{column}'" for column in may_change)
    grant = f"GRANT UPDATE ({', '.join(may_change)}) ON {table} TO waferdeck_app;" if may_change else ""
    return f"""
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change({arguments});
CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_written_once;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_not_emptied;
SELECT guard_partitions('{table}');
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waferdeck_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM waferdeck_app;
        {grant}
    END IF;
END $$;
"""  # noqa: S608 - names of our own tables


def unguard(table: str) -> str:
    """SQL that takes `guard` back."""
    return f"""
DROP TRIGGER {table}_written_once ON {table};
DROP TRIGGER {table}_not_emptied ON {table};
DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = '{table}'::regclass LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS {table}_not_emptied ON %s', part);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waferdeck_app') THEN
        GRANT UPDATE, DELETE ON {table} TO waferdeck_app;
    END IF;
END $$;
"""  # noqa: S608 - names of our own tables
