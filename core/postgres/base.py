"""Django's backend: a cheaper look at a connection before it is used again, and statements that are planned once."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations


class _Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The text as it came where it is not known as it went: several at once say it only when all are done."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection is usable when its server has not hung up: that can be seen without asking it anything."""

    ops_class = _Operations

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed or self.connection.broken:
            return False
        # An idle server sends nothing; what can be read is its goodbye, or the end of the connection.
        looker = select.poll()
        looker.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not looker.poll(0)

    def preparing_cursor(self) -> Any:
        """As `cursor()`, for statements that come again and again: the server reads and plans each once a connection.

        Values travel apart from the text, so an expression whose type nothing around it tells needs a cast.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(_PreparingCursor(self.connection))  # type: ignore[attr-defined]


class _PreparingCursor(base.CursorMixin, psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> "_PreparingCursor":
        return super().execute(query, params, **{"prepare": True, **options})
