"""What the address of a list asks for. The query string is the view; a saved view is a name for one."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from planning.admin.exceptions.columns import TABLE as EXCEPTIONS
from planning.admin.worklist.columns import TABLE as WORKLIST
from planning.models import DeskPage, OrderKind
from planning.services.desk import skus as pasted_skus
from planning.services.reads import TABS, WorklistQuery

TABLES = {DeskPage.WORKLIST: WORKLIST, DeskPage.EXCEPTIONS: EXCEPTIONS}

ALL = "all"
"""The tab of every proposal."""

PARAMETERS = (
    "tab", "group", "kind", "supplier", "location", "q", "skus", "list", "horizon", "decided", "handled", "by", "sort",
    "columns",
)  # fmt: skip
"""What may stand in a view's address, in the order in which it is written."""

MOST_WORDS = 200
"""Characters of a search that are looked at."""


@dataclass(frozen=True)
class Pasted:
    """SKUs that were pasted; `gone` where the address names a list that is no longer kept."""

    skus: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True)
class Asked:
    """A worklist as the address asks for it."""

    query: WorklistQuery
    sort: str = ""
    by_source: bool = False
    columns: tuple[str, ...] = WORKLIST.usual
    pasted: Pasted = field(default_factory=Pasted)


def query_of(text: str) -> QueryDict:
    """A query string that came inside a form or another address; zero bytes, which no text can hold, are left out."""
    return QueryDict(text.replace("\x00", "").replace("%00", ""))


def read(asked: QueryDict) -> Asked:
    """The worklist of a query string; what it does not know is left out."""
    pasted = read_pasted(asked)
    kind, tab = (asked.get(name, "") for name in ("kind", "tab"))
    query = WorklistQuery(
        tab=tab if tab in TABS or tab == ALL else "",
        kind=kind if kind in OrderKind.values else "",
        suppliers=tuple(code for code in asked.getlist("supplier") if code),
        location=asked.get("location", ""),
        search=asked.get("q", "").strip()[:MOST_WORDS],
        skus=pasted.skus,
        whole_horizon=asked.get("horizon") == "all",
        decided=asked.get("decided") == "yes",
    )
    return Asked(
        query=query,
        sort=WORKLIST.read_sort(asked),
        by_source=asked.get("by") == "source",
        columns=WORKLIST.read_columns(asked),
        pasted=pasted,
    )


def read_pasted(asked: QueryDict) -> Pasted:
    """SKUs that stand in the address, or in the kept list that it names."""
    token = asked.get("list", "")
    if token:
        kept = pasted_skus.kept_skus(token[:64])
        return Pasted(gone=True) if kept is None else Pasted(tuple(kept))
    return Pasted(tuple(sku for sku in asked.get("skus", "").split(",") if sku)[: pasted_skus.MOST_SKUS])


def canonical(asked: QueryDict, page: DeskPage = DeskPage.WORKLIST, **changed: str) -> str:
    """The query string of a view of a list: known parameters that say something, in a fixed order, without the page.

    `changed` replaces parameters; a blank leaves one out.
    """
    pairs: list[tuple[str, str]] = []
    for name in PARAMETERS:
        if name in changed:
            values = [changed[name]]
        elif name == "columns":
            columns = TABLES[page].read_columns(asked)
            values = [",".join(columns)] if columns != TABLES[page].usual and "columns" in asked else []
        else:
            values = sorted(set(asked.getlist(name)))
        pairs += [(name, value) for value in values if value]
    return urlencode(pairs, safe=",")
