"""Proposals of two runs: what is new, gone, larger, smaller or moved, and which cause explains it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planning.engine.changes import CAUSES, OTHER, explain_changes
from planning.services.compare.choice import Pair
from planning.services.compare.sides import approved_between, read_side
from stocksense.core.database.copy import read_frame

if TYPE_CHECKING:
    import polars

CAUSE_NAMES = {
    "demand": "Demand",
    "stock": "Stock and supply",
    "parameters": "Parameters",
    "decisions": "Decisions",
    OTHER: "Timing and lot sizes",
}
LOOK_AHEAD_DAYS = 28
"""How far beyond the window a proposal of the one run is looked for in the other, to tell moved from gone."""

_PARTS = """
WITH found AS (
    SELECT (run_id = %(after)s) AS later, item_id, location_id, coalesce(origin_id, 0) AS origin,
           coalesce(supplier_id, 0) AS supplier, need_on, sum(quantity) AS quantity, sum(value) AS value,
           min(release_on) AS release_on, min(due_on) AS due_on, min(source_id) AS source
    FROM planning_plannedorder
    WHERE run_date IN (%(before_date)s, %(after_date)s) AND release_on <= %(until)s
      AND (run_id = %(after)s AND run_date = %(after_date)s OR run_id = %(before)s AND run_date = %(before_date)s)
    GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT item_id, location_id, origin, supplier, need_on,
       old.quantity::float8 AS quantity_before, new.quantity::float8 AS quantity_after,
       old.value::float8 AS value_before, new.value::float8 AS value_after,
       old.release_on AS release_before, new.release_on AS release_after,
       old.due_on AS due_before, new.due_on AS due_after, old.source AS source_before, new.source AS source_after
FROM (SELECT * FROM found WHERE NOT later) old
FULL JOIN (SELECT * FROM found WHERE later) new USING (item_id, location_id, origin, supplier, need_on)
WHERE old.release_on <= %(ends)s OR new.release_on <= %(ends)s
"""

_NAMES = """
SELECT item.id AS item_id, location.id AS location_id, item.sku, item.name, item.uom, item.uom_decimals,
       location.code, location.name AS location_name
FROM unnest(%(items)s::bigint[], %(locations)s::bigint[]) AS wanted (item_id, location_id)
JOIN inventory_item item ON item.id = wanted.item_id
JOIN inventory_location location ON location.id = wanted.location_id
"""


@dataclass(frozen=True)
class Part:
    """One proposal (item, location, source and need day) in both runs; None where it is in one only."""

    need_on: date
    quantity_before: float | None
    quantity_after: float | None
    release_before: date | None
    release_after: date | None
    due_before: date | None
    due_after: date | None
    value_before: float
    value_after: float

    @property
    def what(self) -> str:
        """'new', 'gone', 'quantity', 'date', 'quantity and date' or 'value'."""
        if self.quantity_before is None:
            return "new"
        if self.quantity_after is None:
            return "gone"
        changed = [
            name
            for name, differs in (
                ("quantity", self.quantity_before != self.quantity_after),
                ("date", (self.release_before, self.due_before) != (self.release_after, self.due_after)),
            )
            if differs
        ]
        return " and ".join(changed) or "value"


@dataclass(frozen=True)
class Mover:
    """An item-location whose proposals changed: units and company money to release in the window, before and after."""

    item_id: int
    location_id: int
    sku: str
    item: str
    unit: str
    decimals: int
    code: str
    location: str
    quantity_before: float
    quantity_after: float
    value_before: float
    value_after: float
    cause: str
    effects: dict[str, float]
    notes: list[str]
    parts: list[Part] = field(default_factory=list)

    @property
    def change(self) -> float:
        """Money after less money before."""
        return self.value_after - self.value_before

    @property
    def state(self) -> str:
        """'new', 'gone', 'more', 'less' or 'moved'."""
        if self.quantity_before == 0 and self.quantity_after > 0:
            return "new"
        if self.quantity_after == 0 and self.quantity_before > 0:
            return "gone"
        if self.quantity_after == self.quantity_before:
            return "moved"
        return "more" if self.quantity_after > self.quantity_before else "less"


@dataclass(frozen=True)
class CauseTotal:
    """What one cause did: item-locations, money added, money taken away."""

    cause: str
    count: int
    more: float
    less: float

    @property
    def net(self) -> float:
        """Money added less money taken away."""
        return self.more + self.less


@dataclass(frozen=True)
class Comparison:
    """All movers, the one with the largest change of money first, and the totals of both runs' windows."""

    pair: Pair
    movers: list[Mover]
    value_before: float
    value_after: float
    unchanged: int

    @cached_property
    def causes(self) -> list[CauseTotal]:
        """Totals of each cause, in the order of `CAUSE_NAMES`; each change of money counts for its main cause."""
        totals = []
        for cause in CAUSE_NAMES:
            changes = [mover.change for mover in self.movers if mover.cause == cause]
            more, less = sum(one for one in changes if one > 0), sum(one for one in changes if one < 0)
            totals.append(CauseTotal(cause, len(changes), more, less))
        return totals


def compare_runs(pair: Pair) -> Comparison:
    """What the proposals to release by the end of the later run's window became; a fixed number of queries."""
    import polars

    parts = read_frame(_PARTS, _parameters(pair))
    inside = {
        side: polars.col(f"release_{side}").is_not_null() & (polars.col(f"release_{side}") <= pair.window_ends)
        for side in ("before", "after")
    }
    worth = parts.select(
        polars.col("value_before").filter(inside["before"]).sum(),
        polars.col("value_after").filter(inside["after"]).sum(),
    ).row(0)
    differs = polars.any_horizontal(
        polars.col(f"{name}_before").ne_missing(polars.col(f"{name}_after"))
        for name in ("quantity", "value", "release", "due")
    )
    changed = parts.filter(differs)
    movers = _movers(pair, changed, inside) if len(changed) else []
    return Comparison(pair, movers, worth[0], worth[1], unchanged=len(parts) - len(changed))


def _parameters(pair: Pair) -> dict[str, Any]:
    return {
        "before": pair.before.pk,
        "before_date": pair.before.run_date,
        "after": pair.after.pk,
        "after_date": pair.after.run_date,
        "ends": pair.window_ends,
        "until": pair.window_ends + timedelta(days=LOOK_AHEAD_DAYS),
    }


def _movers(pair: Pair, changed: "polars.DataFrame", inside: dict[str, "polars.Expr"]) -> list[Mover]:
    import polars

    keys = ["item_id", "location_id"]
    sums = [
        polars.col(f"{name}_{side}").filter(inside[side]).sum().alias(f"{name}_{side}")
        for name in ("quantity", "value")
        for side in ("before", "after")
    ]
    nodes = changed.group_by(keys, maintain_order=True).agg(sums).sort(keys)
    where = {"items": nodes["item_id"].to_list(), "locations": nodes["location_id"].to_list()}
    names = nodes.select(keys).join(read_frame(_NAMES, where), on=keys, how="left", maintain_order="left")
    sides, notes = _sides(pair, nodes)
    effects = explain_changes(sides["before"], sides["after"], approved=approved_between(pair, nodes))
    parts = _parts_by_key(changed)
    by_cause = {name: getattr(effects, name).tolist() for name in (*CAUSES, OTHER)}
    causes = [CAUSES[cause] if cause >= 0 else OTHER for cause in effects.cause.tolist()]
    movers = [
        Mover(
            item_id=row["item_id"], location_id=row["location_id"], sku=name["sku"] or "", item=name["name"] or "",
            unit=name["uom"] or "", decimals=name["uom_decimals"] or 0, code=name["code"] or "",
            location=name["location_name"] or "", quantity_before=row["quantity_before"],
            quantity_after=row["quantity_after"], value_before=row["value_before"], value_after=row["value_after"],
            cause=causes[number], effects={cause: values[number] for cause, values in by_cause.items()},
            notes=notes[number],
            parts=parts[row["item_id"], row["location_id"]],
        )
        for number, (row, name) in enumerate(
            zip(nodes.iter_rows(named=True), names.iter_rows(named=True), strict=True)
        )
    ]  # fmt: skip
    return sorted(movers, key=lambda mover: (-abs(mover.change), mover.sku, mover.code))


def _sides(pair: Pair, nodes: "polars.DataFrame") -> tuple[dict[str, Any], list[list[str]]]:
    after = read_side(pair, pair.after, nodes, quantity="quantity_after")
    before = read_side(pair, pair.before, nodes, quantity="quantity_before", interval=after.interval)
    return {"before": before.side, "after": after.side}, after.differences(before)


def _parts_by_key(changed: "polars.DataFrame") -> dict[tuple[int, int], list[Part]]:
    found: dict[tuple[int, int], list[Part]] = {}
    for row in changed.sort("need_on").iter_rows(named=True):
        part = Part(
            need_on=row["need_on"],
            quantity_before=row["quantity_before"],
            quantity_after=row["quantity_after"],
            release_before=row["release_before"],
            release_after=row["release_after"],
            due_before=row["due_before"],
            due_after=row["due_after"],
            value_before=row["value_before"] or 0.0,
            value_after=row["value_after"] or 0.0,
        )
        found.setdefault((row["item_id"], row["location_id"]), []).append(part)
    return found
