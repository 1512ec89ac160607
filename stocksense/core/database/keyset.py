"""Pages of a sorted list by the values of a row instead of a count of rows: as fast on the last page as on the first,
and what is decided or added meanwhile neither repeats a line nor leaves one out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, OrderBy, Q, QuerySet


@dataclass(frozen=True)
class SortKey:
    """A column that a list is sorted by, reached over foreign keys by `__`; unknown values come last either way."""

    column: str
    descending: bool = False
    nullable: bool = False

    @classmethod
    def of(cls, name: str, *, nullable: bool = False) -> "SortKey":
        """The key of a name such as `-value`."""
        return cls(name.removeprefix("-"), name.startswith("-"), nullable)

    def order(self, *, backward: bool) -> OrderBy:
        """Django's expression, turned round where `backward`."""
        # (said only where there are unknown values: no index has them last in descending order)
        last, first = (not backward or None, backward or None) if self.nullable else (None, None)
        way = F(self.column).desc if self.descending != backward else F(self.column).asc
        return way(nulls_last=last, nulls_first=first)

    def value_of(self, row: Model) -> Any:
        """The row's value; None where a foreign key on the way is blank."""
        found: Any = row
        for part in self.column.split("__"):
            found = None if found is None else getattr(found, part)
        return found

    def same(self, value: Any) -> Q:
        """The condition that a row has this value."""
        return Q(**{f"{self.column}__isnull": True}) if value is None else Q(**{self.column: value})

    def past(self, value: Any, *, backward: bool) -> Q | None:
        """The condition that a row comes after (`backward`: before) this value by this key; None: no row does."""
        if value is None:
            return Q(**{f"{self.column}__isnull": False}) if backward else None
        beyond = Q(**{f"{self.column}__{'lt' if self.descending != backward else 'gt'}": value})
        return beyond | Q(**{f"{self.column}__isnull": True}) if self.nullable and not backward else beyond

    def begins(self, value: Any, *, backward: bool) -> Q:
        """The range in which rows after the value lie; for an index to start at. Says nothing of unknown values."""
        if value is None or self.nullable:
            return Q()
        return Q(**{f"{self.column}__{'lte' if self.descending != backward else 'gte'}": value})


def ordered(rows: "QuerySet[Any]", keys: Sequence[SortKey], *, backward: bool = False) -> "QuerySet[Any]":
    """`rows` sorted by `keys`, the last of which tells all rows apart."""
    return rows.order_by(*(key.order(backward=backward) for key in keys))


def values_of(row: Model, keys: Sequence[SortKey]) -> list[Any]:
    """Where a row stands in the list: its value of every key."""
    return [key.value_of(row) for key in keys]


def beyond(keys: Sequence[SortKey], values: Sequence[Any], *, backward: bool = False) -> Q:
    """The condition that a row comes after (`backward`: before) the place with these values."""
    condition: Q | None = None
    for key, value in reversed(list(zip(keys, values, strict=True))):
        past = key.past(value, backward=backward)
        rest = None if condition is None else key.same(value) & condition
        condition = past | rest if past is not None and rest is not None else past if past is not None else rest
    found = condition if condition is not None else Q(pk__in=[])
    return keys[0].begins(values[0], backward=backward) & found


def in_two_parts(keys: Sequence[SortKey], values: Sequence[Any], *, backward: bool = False) -> tuple[Q, Q | None]:
    """The same condition as rows that share the first value, and all others (None: there are none).

    Each part is one range of an index on the keys. Together they are not, and where most rows share a value, passing
    the whole range by is as slow as an offset.
    """
    same = keys[0].same(values[0]) & beyond(keys[1:], values[1:], backward=backward)
    return same, keys[0].past(values[0], backward=backward)
