"""Proposals as lines of the table: cells, marks, and what was decided on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from inventory.services.positions import StockPosition, stock_positions
from planning.admin import places
from planning.admin.decisions import words
from planning.admin.worklist.columns import TABLE, Seen
from planning.admin.worklist.table import LineCell
from planning.models import Decision, PlannedOrder
from planning.services import reads
from planning.services.decisions.standing import Standing, standings
from planning.services.reads import CurrentPlan, Key, Total
from policies.models import Policy
from stocksense.core.admin import formats
from stocksense.core.admin.pages import numbered

SHORTAGES = {"stock_out": "stocked out", "stock_out_risk": "at risk", "late_order": "late order"}


@dataclass(frozen=True)
class Word:
    """What a planner decided on a line."""

    says: str
    tone: str
    detail: str = ""
    draft: str = ""
    draft_url: str = ""


@dataclass(frozen=True)
class Line:
    """A proposal as the table shows it."""

    id: int
    item: str
    sku: str
    at: str
    url: str
    why_url: str
    cells: list[LineCell]
    suggests: str
    planned: str
    quantity: str
    exact: str
    unit: str
    value: Decimal
    tag: str
    tag_text: str
    late: bool
    settled: Word | None = None
    edited_by: str = ""
    moved: bool = False
    back: str = ""

    @property
    def name(self) -> str:
        """How a sentence calls the line."""
        return f"{self.item} at {self.at}"


@dataclass(frozen=True)
class Group:
    """Lines under one heading, with the totals of all lines of its source; blank without grouping."""

    name: str = ""
    count: str = ""
    value: str = ""
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Facts:
    """What the lines of a page are made of, read at once."""

    plan: CurrentPlan
    positions: Mapping[Key, StockPosition]
    policies: Mapping[Key, Policy]
    standings: Mapping[int, Standing]
    drafts: Mapping[str, str]
    columns: Sequence[str]


def lines_of(plan: CurrentPlan, shown: Sequence[PlannedOrder], columns: Sequence[str]) -> list[Line]:
    """The lines of a page, in a fixed number of queries."""
    facts = _facts(plan, shown, columns)
    return [_line(facts, row) for row in shown]


def groups_of(
    plan: CurrentPlan,
    shown: Sequence[PlannedOrder],
    columns: Sequence[str],
    totals: Mapping[tuple[int | None, int | None], Total],
) -> list[Group]:
    """The lines of a page that is sorted by source, each source under its name and totals."""
    facts, groups = _facts(plan, shown, columns), []
    for source, found in groupby(shown, key=lambda row: (row.supplier_id, row.origin_id)):
        rows = list(found)
        total = totals.get(source, Total())
        groups.append(
            Group(
                name=str(rows[0].supplier or rows[0].origin),
                count=formats.count(total.count, "line"),
                value=formats.money(total.money, plan.company.currency),
                lines=[_line(facts, row) for row in rows],
            )
        )
    return groups


def _facts(plan: CurrentPlan, shown: Sequence[PlannedOrder], columns: Sequence[str]) -> _Facts:
    keys = {(row.item_id, row.location_id) for row in shown}
    found = standings(plan.run, shown)
    numbers = {one.decision.order_number for one in found.values() if one.decision and one.decision.order_number}
    drafts = places.order_urls(numbers)
    return _Facts(plan, stock_positions(keys), reads.policies_of(plan, keys), found, drafts, columns)


def _line(facts: _Facts, row: PlannedOrder) -> Line:
    key, standing = (row.item_id, row.location_id), facts.standings[row.pk]
    seen = Seen(row, standing.quantity, facts.positions[key], facts.policies.get(key), facts.plan.company.currency)
    return Line(
        id=row.pk,
        item=row.item.name or row.item.sku,
        sku=row.item.sku,
        at=row.location.name or row.location.code,
        url=places.item_location_url(*key),
        why_url=numbered("admin:planning_why", 1) % row.pk,
        cells=TABLE.cells(facts.columns, seen),
        suggests=formats.quantity(standing.quantity, row.item.uom, row.item.uom_decimals),
        planned=formats.quantity(row.quantity, row.item.uom, row.item.uom_decimals),
        quantity=formats.quantity(standing.quantity, decimals=row.item.uom_decimals).replace(",", ""),
        exact=f"{standing.quantity:f}",
        unit=row.item.uom,
        value=seen.value,
        tag=row.exception_kind,
        tag_text=SHORTAGES.get(row.exception_kind, row.exception_kind.replace("_", " ")),
        late=row.release_on < facts.plan.run.as_of,
        settled=_settled(standing, facts) if standing.is_settled else None,
        edited_by=_edited_by(standing) if standing.is_edited else "",
        moved=standing.moved,
        back=words.back_says(standing, row, facts.plan.company.currency),
    )


def _settled(standing: Standing, facts: _Facts) -> Word | None:
    word = standing.decision
    if word is None:
        return None
    by = f"by {word.decided_by}" if word.decided_by else ""
    detail = ", ".join(part for part in (by, word.reason, words.reach_says(word)) if part)
    tone = "good" if word.decision == Decision.APPROVED else "plain"
    url = facts.drafts.get(word.order_number, "")
    return Word(words.settled_says(word), tone, detail, word.order_number, url)


def _edited_by(standing: Standing) -> str:
    word = standing.decision
    return ", ".join(part for part in (str(word.decided_by or ""), word.reason) if part) if word else ""
