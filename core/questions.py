"""Queries that are asked all the time: put into SQL once, answered with the same models as any queryset.

Django puts a query together anew whenever it is asked; for the few rows of one task that costs more than the answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.query import get_related_populators
from psycopg.sql import Literal

from core.prepared import prepared

Row = TypeVar("Row", bound=models.Model)
_PLACE = re.compile(r"%%|%s")


@dataclass(frozen=True)
class Slot:
    """Where a value goes that is known when the question is asked."""

    name: str


def where(rows: QuerySet[Row], condition: str, *names: str) -> QuerySet[Row]:
    """Rows that fit a condition in SQL, with `%s` for the values of those names; a list fits `= ANY(%s)`."""
    return rows.extra(where=[condition], params=[Slot(name) for name in names])  # noqa: S610 - no value is in the text


@dataclass(frozen=True)
class _Statement:
    """A query in SQL, and how its columns become models."""

    sql: str
    slots: tuple[str, ...]
    compiler: Any
    converters: Any
    model: Any
    names: list[str]
    start: int
    end: int
    related: list[Any]
    also: list[tuple[str, int]]

    @classmethod
    def of(cls, rows: QuerySet[Any]) -> "_Statement":
        compiler: Any = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        described, columns = compiler.klass_info, compiler.select
        start, end = described["select_fields"][0], described["select_fields"][-1] + 1
        return cls(
            sql=_with_constants(sql, parameters),
            slots=tuple(one.name for one in parameters if isinstance(one, Slot)),
            compiler=compiler,
            converters=compiler.get_converters([column[0] for column in columns]),
            model=described["model"],
            names=[column[0].target.attname for column in columns[start:end]],
            start=start,
            end=end,
            related=list(get_related_populators(described, columns, connection.alias)),  # type: ignore[call-arg]
            also=list(compiler.annotation_col_map.items()),
        )

    def models(self, rows: Iterable[Any]) -> Iterator[Any]:
        """What `django.db.models.query.ModelIterable` makes of rows."""
        alias = connection.alias
        for row in self.compiler.apply_converters(rows, self.converters) if self.converters else rows:
            found = self.model.from_db(alias, self.names, row[self.start : self.end])
            for related in self.related:
                related.populate(row, found)
            for name, place in self.also:
                setattr(found, name, row[place])
            yield found


def _with_constants(sql: str, parameters: Iterable[Any]) -> str:
    """The text with everything in it that is no slot.

    A plan for all values knows none of them: it could not tell that an index of open rows has what is asked.
    """
    rest = iter(parameters)

    def place(found: re.Match[str]) -> str:
        if found.group() == "%%" or isinstance(value := next(rest), Slot):
            return found.group()
        return Literal(value).as_string().replace("%", "%%")

    return _PLACE.sub(place, sql)


class Question(Generic[Row]):
    """A query of the default database that differs by values only.

    Args:
        ask_for: makes the queryset, its values by `where`; called once, at the first question.
    """

    def __init__(self, ask_for: Callable[[], QuerySet[Row]]) -> None:
        self._ask_for = ask_for

    def all(self, **values: Any) -> list[Row]:
        """The rows for values of every slot. One query."""
        statement = self._statement
        with prepared() as cursor:
            cursor.execute(statement.sql, [values[name] for name in statement.slots])
            return list(statement.models(cursor.fetchall()))

    def first(self, **values: Any) -> Row | None:
        """The first row, or None where there is none."""
        return next(iter(self.all(**values)), None)

    @cached_property
    def _statement(self) -> _Statement:
        return _Statement.of(self._ask_for())
