"""Finding rows by pieces of their names, with an index and without an extension of PostgreSQL.

A name is kept as the set of its three-letter pieces, and of the first one and two letters of each word (what pg_trgm
does, which not every PostgreSQL brings): an index over these sets finds all names that hold a piece of text. Case and
accents do not matter. The SQL functions are made by the migrations of this app.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, IntegerField, Model, QuerySet, TextField, Value

LONGEST_QUERY = 100
_NEAR = 100
_ROW = TypeVar("_ROW", bound=Model)


class Pieces(Func):
    """The pieces of a text column, and of an array of texts when a second one is given; what an index is made of."""

    function = "mpr_pieces"
    output_field = ArrayField(TextField())


class _Holds(Func):
    """Whether the pieces of the columns have all of the query's, which an index answers, and the text its words."""

    template = (
        "(mpr_pieces({columns}) @> {pieces}({wanted}) AND mpr_folded({columns}) LIKE ALL (mpr_patterns({wanted})))"
    )
    output_field = BooleanField()
    pieces = "mpr_wanted"

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **given: Any) -> tuple[str, tuple[Any, ...]]:
        *columns, wanted = (compiler.compile(part) for part in self.source_expressions)
        names = ", ".join(sql for sql, _ in columns)
        values = [value for _, part in columns for value in part]
        sql = self.template.format(columns=names, wanted=wanted[0], pieces=self.pieces)
        return sql, (*values, *wanted[1], *values, *wanted[1])


class _Begins(_Holds):
    """As _Holds, and the text begins like the query."""

    pieces = "mpr_begun"


class _Rank(Func):
    """0 for the same text, 1 for one that begins with the query, 2 for one with a word that does, else 3."""

    function = "mpr_rank"
    output_field = IntegerField()


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Something that was found. `detail` says in a few words what it is."""

    title: str
    address: str
    detail: str = ""


def tidy(text: str) -> str:
    """A query as it is looked for: blanks tidied, no longer than a name."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST_QUERY]


def holding(rows: QuerySet[_ROW], text: str, *columns: str) -> QuerySet[_ROW]:
    """The rows whose column (a text, and maybe an array of texts) holds every word of a query that is not empty; an
    index on Pieces of the same columns answers it."""
    return rows.filter(_Holds(*(F(column) for column in columns), _value(text)))


def matching(rows: QuerySet[_ROW], text: str, *columns: str) -> QuerySet[_ROW]:
    """As `holding`, the nearest first, and at most twice _NEAR: a query that half of all rows hold is ranked among
    those that begin like it and as many others. Asks the database for these at once."""
    wanted = _value(text)
    names = [F(column) for column in columns]
    unsorted = rows.order_by().values_list("pk", flat=True)
    # By themselves: within one statement the planner would rather walk through all rows.
    begin = list(unsorted.filter(_Begins(*names, wanted))[:_NEAR])
    hold = list(unsorted.filter(_Holds(*names, wanted))[:_NEAR]) if len(begin) < _NEAR else []
    return rows.filter(pk__in={*begin, *hold}).order_by(_Rank(names[0], wanted), columns[0], "pk")


def _value(text: str) -> Value:
    return Value(tidy(text), output_field=TextField())
