"""What is forecast from is not what was recorded: outliers damped, stock-outs made up for, and what planners say.

Recorded demand is never changed. Each run makes the system's corrections anew; what a person has decided it reads and
leaves alone, whatever happens to the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Sum

from forecasting.engine.censoring import added_from_past
from forecasting.engine.corrections import Outliers, find_outliers
from forecasting.models import CorrectionKind, CorrectionState, DemandCorrection
from forecasting.services import closures, events
from forecasting.services.history import History, bucket_floor
from inventory.models import Demand, Item, ItemLocation, Location
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.core.database.copy import copy_frame, read_frame
from stocksense.core.errors import Conflict, FieldErrors, NotAllowed
from stocksense.core.numeric import BoolArray, FloatArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease

if TYPE_CHECKING:
    import polars

LEAST_QUANTITY = 0.0005
NOT_OVER = "Only buckets that are over can be corrected; for days to come there are overrides."
NOTHING = "A correction of nothing changes nothing."
STOCK_OUT_REASON = "Stock ran out: demand was at least what was sold."

_SAID = """
SELECT item_id, location_id, date, bucket_days, kind, state, quantity::float8 AS quantity, author_id IS NULL AS made
FROM forecasting_demandcorrection
WHERE (author_id IS NOT NULL OR %(made)s AND state = 'applied') AND date < %(end)s AND date + bucket_days > %(first)s
  AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s::bigint[]))
"""
_PROMOTED = """
SELECT DISTINCT item_id, location_id, (date - %(first)s::date) / %(bucket_days)s AS bucket FROM inventory_demand
WHERE promotion <> '' AND date >= %(first)s AND date < %(end)s
"""
_STAGE = """
CREATE TEMP TABLE correction_now (
    item_id bigint, location_id bigint, date date, kind text, quantity numeric(15, 3), reason text, state text
) ON COMMIT DROP
"""
_DELETE = """
DELETE FROM forecasting_demandcorrection known
WHERE author_id IS NULL AND date >= %(first)s AND date < %(end)s AND NOT EXISTS (
    SELECT 1 FROM correction_now now WHERE now.item_id = known.item_id AND now.location_id = known.location_id
    AND now.date = known.date AND now.kind = known.kind AND known.bucket_days = %(bucket_days)s
)
"""
_UPDATE = """
UPDATE forecasting_demandcorrection known
SET quantity = now.quantity, reason = now.reason, state = now.state, updated_at = now()
FROM correction_now now
WHERE known.author_id IS NULL AND now.item_id = known.item_id AND now.location_id = known.location_id
  AND now.date = known.date AND now.kind = known.kind AND known.bucket_days = %(bucket_days)s
  AND (known.quantity, known.reason, known.state) IS DISTINCT FROM (now.quantity, now.reason, now.state)
"""
_INSERT = """
INSERT INTO forecasting_demandcorrection
    (item_id, location_id, date, bucket_days, kind, quantity, reason, state, created_at, updated_at)
SELECT now.item_id, now.location_id, now.date, %(bucket_days)s, now.kind, now.quantity, now.reason, now.state,
       now(), now()
FROM correction_now now
WHERE NOT EXISTS (
    SELECT 1 FROM forecasting_demandcorrection known WHERE now.item_id = known.item_id
    AND now.location_id = known.location_id AND now.date = known.date AND now.kind = known.kind
    AND known.bucket_days = %(bucket_days)s
)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Corrected:
    """What a run is trained on, and what it did to it.

    history: with outliers damped and planners' corrections; stock-outs are still marked, for the engine to fill at
    each origin. made_up: the same with stock-outs made up for and no longer marked, for sums over several series.
    Neither holds closed days: what was sold in a part of a bucket counts for all of it, and buckets that were closed
    altogether are marked in both as not known. learned: as history, for the training and what it forecasts: closed
    buckets hold what was to be expected in them and are `untold`, so that the engine neither fills them as stock-outs
    nor learns from them. counts: system corrections by kind and state, and closed buckets.
    """

    history: History
    made_up: History
    learned: History
    counts: dict[str, int]


def propose_corrections(*, history: History, nodes: "polars.DataFrame", lease: Lease | None = None) -> Corrected:
    """Find outliers and stock-outs of every node, store what the system says of them, and correct the history.

    Corrections with an author count as that person left them; an undone one is never made again. Raises JobLost where
    `lease` is no longer held; nothing is written then.
    """
    said = _read(history, nodes)
    base, closed = _stated(history, nodes, said)
    outliers = find_outliers(base.quantity, base.first, base.last, _judged(base, nodes, said))
    quantity = base.quantity.copy()
    certain = outliers.certain
    quantity[outliers.row[certain], outliers.column[certain]] += outliers.delta[certain]
    corrected = replace(base, quantity=quantity)
    made_up = _made_up(corrected)
    row, column, added = made_up
    hidden = ~closed[row, column]
    rows = _system_rows(corrected, outliers, (row[hidden], column[hidden], added[hidden]), nodes)
    with transaction.atomic():
        if lease is not None:
            jobs.require_lease(lease)
        _store(rows, history)
    demand = quantity.copy()
    demand[row, column] += added
    whole = replace(corrected, quantity=demand, in_stock=~closed)
    learned = replace(
        corrected,
        quantity=np.where(closed, demand, quantity),
        in_stock=corrected.in_stock | closed,
        untold=closed,
    )
    counts = _counts(rows)
    return Corrected(corrected, whole, learned, counts | ({"closed": int(closed.sum())} if closed.any() else {}))


def trained_on(history: History, nodes: "polars.DataFrame", *, item_ids: list[int]) -> History:
    """What a few items' forecasts are made from, by the corrections that are stored, for a person to look at.

    As `Corrected.learned`, with the demand that is to be expected in stock-outs, where the engine takes a draw.
    history: as recorded, of the items `item_ids` alone.
    """
    stored = _read(history, nodes, item_ids=item_ids, made=True)
    base, closed = _stated(history, nodes, [one for one in stored if not one.made], item_ids)
    quantity, added = base.quantity.copy(), np.zeros_like(base.quantity)
    for one in (one for one in stored if one.made):
        to = added if one.kind == CorrectionKind.STOCK_OUT else quantity
        to[one.row, one.column] += one.quantity
    row, column, expected = _made_up(replace(base, quantity=quantity))
    unknown = closed[row, column]
    added[row[unknown], column[unknown]] += expected[unknown]
    return replace(base, quantity=quantity + added, in_stock=base.in_stock | closed, untold=closed)


def undo_correction(*, correction_id: int, actor: User) -> DemandCorrection:
    """Let what was recorded count in that bucket, for good: no later run corrects it again.

    Raises NotAllowed, Conflict where it is undone already.
    """
    with transaction.atomic():
        correction = _locked(correction_id, actor)
        if correction.state == CorrectionState.UNDONE:
            raise Conflict("This correction is undone already.")
        return _decide(correction, CorrectionState.UNDONE, actor)


def undo_corrections(*, correction_ids: Sequence[int], actor: User) -> int:
    """The same for many at once; returns how many were not undone before. Raises NotAllowed."""
    _require_change(actor)
    with transaction.atomic():
        rows = DemandCorrection.objects.exclude(state=CorrectionState.UNDONE).filter(pk__in=correction_ids)
        held = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        return DemandCorrection.objects.filter(pk__in=held).update(
            state=CorrectionState.UNDONE, author=actor, updated_at=clock.now()
        )


def apply_correction(*, correction_id: int, actor: User) -> DemandCorrection:
    """Let a proposed or undone correction count. A stock-out goes back to the system, which estimates it each run.

    Raises NotAllowed, Conflict where it counts already.
    """
    with transaction.atomic():
        correction = _locked(correction_id, actor)
        if correction.state == CorrectionState.APPLIED:
            raise Conflict("This correction counts already.")
        by = None if correction.kind == CorrectionKind.STOCK_OUT else actor
        return _decide(correction, CorrectionState.APPLIED, by)


def correct_demand(
    *, item: Item, location: Location, day: date, quantity: Decimal, reason: str, actor: User
) -> DemandCorrection:
    """Add `quantity` (below zero: take away) to what was recorded in the bucket of `day`, in place of an earlier say.

    What is left is demand as it was, also where stock ran out. Raises NotAllowed, FieldErrors.
    """
    if not actor.has_perm("forecasting.add_demandcorrection"):
        raise NotAllowed("You may not correct demand.")
    problems = problems_of(item=item, location=location, day=day, quantity=quantity, reason=reason)
    if problems:
        raise FieldErrors(problems)
    settings = company.settings()
    key: dict[str, Any] = {
        "item": item, "location": location, "date": bucket_floor(day, settings), "bucket_days": settings.bucket_days,
        "kind": CorrectionKind.MANUAL,
    }  # fmt: skip
    said: dict[str, Any] = {
        "quantity": quantity,
        "reason": reason.strip(),
        "state": CorrectionState.APPLIED,
        "author": actor,
    }
    with transaction.atomic():
        correction, _ = DemandCorrection.objects.update_or_create(**key, defaults=said)
    return correction


def problems_of(*, item: Item, location: Location, day: date, quantity: Decimal, reason: str) -> dict[str, list[str]]:
    """What is wrong with a correction that somebody wants to make: field → sentences."""
    settings, today, problems = company.settings(), company.today(), dict[str, list[str]]()
    first = bucket_floor(min(day, today), settings)  # (later buckets are not over either, and may end past all days)
    after = first + timedelta(days=settings.bucket_days)
    if after > today:
        problems["date"] = [NOT_OVER]
    if not reason.strip():
        problems["reason"] = ["Say why: others will want to know."]
    if not ItemLocation.objects.filter(item=item, location=location).exists():
        problems["location"] = [f"{item.sku} is not kept at {location.code}."]
    if quantity == 0:
        problems["quantity"] = [NOTHING]
    recorded = Demand.objects.filter(item=item, location=location, date__gte=first, date__lt=after)
    total = recorded.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    if total + quantity < 0:
        problems["quantity"] = [f"{total.normalize():f} was recorded: no more than that can be taken away."]
    return problems


def _require_change(actor: User) -> None:
    if not actor.has_perm("forecasting.change_demandcorrection"):
        raise NotAllowed("You may not change corrections of demand.")


def _locked(correction_id: int, actor: User) -> DemandCorrection:
    _require_change(actor)
    return DemandCorrection.objects.select_for_update(of=("self",)).get(pk=correction_id)


def _decide(correction: DemandCorrection, state: CorrectionState, author: User | None) -> DemandCorrection:
    correction.state, correction.author = state, author
    correction.save(update_fields=["state", "author", "updated_at"])
    return correction


@dataclass(frozen=True)
class _Said:
    """A stored correction of one bucket: a person's word, or what the system `made` of it."""

    row: int
    column: int
    kind: str
    state: str
    quantity: float
    made: bool


def _read(
    history: History, nodes: "polars.DataFrame", *, item_ids: list[int] | None = None, made: bool = False
) -> list[_Said]:
    """What people decided (and what the system `made` of the rest), per bucket of the history.

    Corrections of longer buckets are spread evenly over theirs.
    """
    step, width, first = history.bucket_days, history.quantity.shape[1], history.first_date
    keys = ["item_id", "location_id"]
    values = {"first": first, "end": history.end, "items": item_ids, "made": made}
    rows = read_frame(_SAID, values).join(nodes.select("node", *keys), on=keys)
    found = []
    for row in rows.iter_rows(named=True):
        begin = (row["date"] - first).days // step
        parts = max(1, row["bucket_days"] // step)
        found += [
            _Said(row["node"], column, row["kind"], row["state"], row["quantity"] / parts, row["made"])
            for column in range(max(begin, 0), min(begin + parts, width))
        ]
    return found


def _stated(
    history: History, nodes: "polars.DataFrame", said: list[_Said], item_ids: list[int] | None = None
) -> tuple[History, BoolArray]:
    """The history with what people say and without closures, and the buckets [n, w] that were closed altogether.

    What a person says of a bucket is about what was recorded in it, so it is added before a partly closed one counts
    for all its days. A damped outlier was measured against whole buckets, and comes after.
    """
    of_records = [one for one in said if one.kind != CorrectionKind.OUTLIER]
    opened, closed = closures.as_if_open(_as_said(history, of_records), nodes, item_ids=item_ids)
    return _as_said(opened, [one for one in said if one.kind == CorrectionKind.OUTLIER]), closed


def _as_said(history: History, said: list[_Said]) -> History:
    """The history with what people applied; what they state or leave as recorded is no stock-out any more."""
    quantity, in_stock = history.quantity.copy(), history.in_stock.copy()
    for one in said:
        applied = one.state == CorrectionState.APPLIED
        if applied and one.kind != CorrectionKind.STOCK_OUT:
            quantity[one.row, one.column] += one.quantity
        if one.kind == (CorrectionKind.MANUAL if applied else CorrectionKind.STOCK_OUT):
            in_stock[one.row, one.column] = True
    touched = np.array(sorted({one.row for one in said}), dtype=np.int64)
    first = history.first.copy()
    if touched.size:
        quantity[touched] = np.maximum(quantity[touched], 0.0)
        sold = quantity[touched] > 0
        first[touched] = np.where(sold.any(axis=1), sold.argmax(axis=1), quantity.shape[1])
    return replace(history, quantity=quantity, in_stock=in_stock, first=first)


def _judged(history: History, nodes: "polars.DataFrame", said: list[_Said]) -> BoolArray:
    """[n, w]: buckets that may hold an outlier: in stock, no event known, and nobody has spoken of them."""
    judged = history.in_stock.copy()
    step, first, keys = history.bucket_days, history.first_date, ["item_id", "location_id"]
    for one in said:
        settled = one.kind == CorrectionKind.OUTLIER or (
            one.kind == CorrectionKind.MANUAL and one.state == CorrectionState.APPLIED
        )
        judged[one.row, one.column] &= not settled
    places = nodes.select("node", *keys)
    judged &= ~_during(events.read_events(start=first, end=history.end).join(places, on=keys), history)
    parameters = {"first": first, "end": history.end, "bucket_days": step}
    promoted = read_frame(_PROMOTED, parameters).join(places, on=keys)
    judged[promoted["node"].to_numpy(), promoted["bucket"].to_numpy()] = False
    return judged


def _during(reached: "polars.DataFrame", history: History) -> BoolArray:
    """[n, w]: buckets with a day of an event, from rows of node, start_date and end_date (null: open)."""
    import polars

    count, width = history.quantity.shape
    buckets = (polars.col("start_date", "end_date") - history.first_date).dt.total_days() // history.bucket_days
    spans = reached.select("node", buckets)
    begin = spans["start_date"].to_numpy().clip(0, width)
    end = (spans["end_date"] + 1).fill_null(width).to_numpy().clip(0, width)
    changes = np.zeros((count, width + 1), dtype=np.int32)
    node = spans["node"].to_numpy()
    np.add.at(changes, (node, begin), 1)
    np.add.at(changes, (node, end), -1)
    during: BoolArray = np.cumsum(changes, axis=1)[:, :-1] > 0
    return during


def _system_rows(
    history: History, outliers: Outliers, made_up: "_MadeUp", nodes: "polars.DataFrame"
) -> "polars.DataFrame":
    """One row per correction of the system, as they are stored."""
    import polars

    row, column, added = made_up
    states = np.where(outliers.certain, CorrectionState.APPLIED.value, CorrectionState.PROPOSED.value)
    recorded = history.quantity[outliers.row, outliers.column] - np.where(outliers.certain, outliers.delta, 0.0)
    reasons = [
        f"{value:,.6g} where {usual:,.3g} was usual before ({abs(score):.1f} spreads away), unlike anything till then."
        for value, usual, score in zip(recorded, outliers.usual, outliers.score, strict=True)
    ]
    frame = polars.DataFrame(
        {
            "node": np.concatenate((outliers.row, row)),
            "column": np.concatenate((outliers.column, column)),
            "kind": [CorrectionKind.OUTLIER.value] * len(outliers) + [CorrectionKind.STOCK_OUT.value] * len(row),
            "quantity": np.concatenate((outliers.delta, added)).round(3),
            "reason": reasons + [STOCK_OUT_REASON] * len(row),
            "state": [*states.tolist(), *[CorrectionState.APPLIED.value] * len(row)],
        },
        schema_overrides={"node": polars.Int64, "column": polars.Int64},
    )
    places = nodes.select(polars.col("node").cast(polars.Int64), "item_id", "location_id")
    day = polars.lit(history.first_date) + polars.duration(days=polars.col("column") * history.bucket_days)
    return (
        frame.filter(polars.col("quantity").abs() >= LEAST_QUANTITY)
        .join(places, on="node", maintain_order="left")
        .with_columns(day.cast(polars.Date).alias("date"))
        .select("item_id", "location_id", "date", "kind", "quantity", "reason", "state")
    )


_MadeUp = tuple[IntArray, IntArray, FloatArray]


def _made_up(history: History) -> _MadeUp:
    """Row, column and units of what is added for stock-outs, as the engine adds it."""
    seen = history.inside & history.in_stock
    hidden = history.inside & ~history.in_stock
    rows = np.flatnonzero(hidden.any(axis=1) & seen.any(axis=1))
    begin = seen[rows].argmax(axis=1)
    known = history.inside[rows] & (np.arange(hidden.shape[1]) >= begin[:, None])
    found = added_from_past(np.maximum(history.quantity[rows], 0.0), history.in_stock[rows], known)
    row, column = np.nonzero(found >= LEAST_QUANTITY)
    return rows[row], column, found[row, column]


def _store(rows: "polars.DataFrame", history: History) -> None:
    values: dict[str, Any] = {"first": history.first_date, "end": history.end, "bucket_days": history.bucket_days}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('corrections of demand'))")
        cursor.execute(_STAGE)
        copy_frame("correction_now", rows)
        cursor.execute("ANALYZE correction_now")
        for statement in (_DELETE, _UPDATE, _INSERT):
            cursor.execute(statement, values)
        cursor.execute("DROP TABLE correction_now")


def _counts(rows: "polars.DataFrame") -> dict[str, int]:
    found = rows.group_by("kind", "state").len().sort("kind", "state")
    return {f"{kind} {state}": count for kind, state, count in found.iter_rows()}
