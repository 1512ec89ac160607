"""What a list of the desk can show and be sorted by: chosen columns, headings that sort, and what a cell says."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict


@dataclass(frozen=True)
class Cell:
    """One value of a line: its text, the unit beside it, and where it comes from."""

    text: str
    unit: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its heading, and what it says of a line."""

    title: str
    says: Callable[[Any], Cell]
    number: bool = True
    usual: bool = True
    strong: bool = False
    fixed: bool = False
    rising: bool = False

    @cached_property
    def css(self) -> str:
        """Classes of its cells."""
        return " ".join(name for name, on in (("ss-number", self.number), ("ss-strong", self.strong)) if on)


@dataclass(frozen=True)
class LineCell:
    """A cell with its column."""

    key: str
    title: str
    number: bool
    css: str
    cell: Cell


@dataclass(frozen=True)
class Table:
    """The columns of a list beside the item's own, in the table's order.

    `sorts`: names that the list can be sorted by; `first`: the order without a choice. Columns that are `fixed` cannot
    be put away: the line is about them. `rising` ones are sorted from the lowest at the first click.
    """

    columns: Mapping[str, Column]
    sorts: Collection[str]
    first: str

    @cached_property
    def usual(self) -> tuple[str, ...]:
        """The columns without a choice."""
        return tuple(name for name, column in self.columns.items() if column.usual)

    def read_columns(self, asked: QueryDict) -> tuple[str, ...]:
        """The chosen columns in the table's order: a comma list, or a box per column; the usual ones without any."""
        named = {name for value in asked.getlist("columns") for name in value.split(",")}
        return tuple(name for name in self.columns if name in named) or self.usual

    def shown(self, names: Collection[str]) -> tuple[str, ...]:
        """These columns and those that cannot be put away, in the table's order."""
        return tuple(name for name, column in self.columns.items() if name in names or column.fixed)

    def read_sort(self, asked: QueryDict) -> str:
        """What the list is asked to be sorted by, a minus for descending; blank where it names nothing known."""
        sort = asked.get("sort", "")
        return sort if sort.removeprefix("-") in self.sorts else ""

    def cells(self, names: Sequence[str], line: Any) -> list[LineCell]:
        """What the columns say of a line."""
        found = ((name, self.columns[name]) for name in names)
        return [LineCell(name, one.title, one.number, one.css, one.says(line)) for name, one in found]

    def headings(self, names: Collection[str], sort: str, address: Callable[[str], str]) -> dict[str, Any]:
        """The page's headings and the choice of columns; `address` is the list's query string, sorted so."""
        shown = self.shown(names)
        return {
            "item_heading": self._heading("item", "Item", False, True, sort, address),
            "headings": [
                self._heading(name, one.title, one.number, one.rising, sort, address)
                for name, one in self.columns.items()
                if name in shown
            ],
            "width": len(shown) + 3,
            "is_wide": len(shown) > len(self.usual),
            "choices": [
                {"name": name, "title": one.title, "on": name in shown, "fixed": one.fixed}
                for name, one in self.columns.items()
            ],
        }

    def _heading(
        self, name: str, title: str, number: bool, rising: bool, sort: str, address: Callable[[str], str]
    ) -> dict[str, Any]:
        now = sort or self.first
        active = now.removeprefix("-") == name
        turned = (name if now.startswith("-") else f"-{name}") if active else (name if rising else f"-{name}")
        return {
            "title": title,
            "number": number,
            "sort": ("descending" if now.startswith("-") else "ascending") if active else "",
            "url": f"?{address(turned)}" if name in self.sorts else "",
        }
