"""What each of two runs knew of the item-locations whose proposals changed: position, levels, forecast, parameters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planning.engine.changes import Side, used_between
from planning.models import PlanRun
from planning.services.compare.choice import Pair
from stocksense.core.database.copy import parse_arrays, read_frame
from stocksense.core.numeric import FloatArray

if TYPE_CHECKING:
    import polars

_WANTED = "unnest(%(items)s::bigint[], %(locations)s::bigint[]) AS wanted (item_id, location_id)"

_LEVELS = f"""
SELECT item_id, location_id, lead_time_days, review_days, service_target,
       order_up_to_levels[least(%(day)s, cardinality(order_up_to_levels))] AS order_up_to
FROM {_WANTED} JOIN policies_policy USING (item_id, location_id)
WHERE run_id = %(run)s AND run_date = %(date)s
"""

_FORECASTS = f"""
SELECT DISTINCT ON (item_id, location_id) item_id, location_id, (%(day)s - first_date) AS elapsed, mean::text AS mean
FROM {_WANTED} JOIN forecasting_forecast USING (item_id, location_id)
WHERE run_id = %(run)s AND run_date = %(date)s
ORDER BY item_id, location_id, scope = 'network' DESC
"""

_KNOWN = f"""
WITH known AS MATERIALIZED (
    SELECT item_id, location_id, inputs->'stock' AS stock, inputs->'sourcing' AS sourcing,
           inputs->'receipts' AS receipts
    FROM planning_projection
    WHERE run_id = %(run)s AND run_date = %(date)s AND item_id = ANY(%(items)s::bigint[])
), inbound AS (
    SELECT item_id, location_id, sum((receipt->>'quantity')::float8) AS quantity
    FROM known, jsonb_array_elements(receipts) receipt GROUP BY 1, 2
), outbound AS (
    SELECT item_id, (receipt->>'origin')::bigint AS location_id, sum((receipt->>'quantity')::float8) AS quantity
    FROM known, jsonb_array_elements(receipts) receipt
    WHERE receipt->>'origin' IS NOT NULL AND NOT (receipt->>'shipped')::boolean GROUP BY 1, 2
)
SELECT item_id, location_id,
       (stock->>'on_hand')::float8 - (stock->>'allocated')::float8 - (stock->>'backorders')::float8
       + coalesce(inbound.quantity, 0) - coalesce(outbound.quantity, 0) AS position,
       (sourcing->>'kind')::bigint AS source_kind, (sourcing->>'source_id')::bigint AS source_id,
       (sourcing->>'min_quantity')::float8 AS min_quantity, (sourcing->>'multiple')::float8 AS multiple
FROM {_WANTED} JOIN known USING (item_id, location_id)
LEFT JOIN inbound USING (item_id, location_id) LEFT JOIN outbound USING (item_id, location_id)
"""

_APPROVED = f"""
SELECT wanted.item_id, wanted.location_id,
       sum(coalesce(decision.quantity, decision.proposed_quantity))::float8 AS quantity
FROM {_WANTED} JOIN planning_plandecision decision
  ON decision.item_id = wanted.item_id AND decision.destination_id = wanted.location_id
WHERE decision.scenario_id = %(scenario)s AND decision.decision = 'approved'
  AND decision.decided_at >= %(since)s AND decision.decided_at < %(until)s
GROUP BY 1, 2
"""

_COMPARED = (
    ("lead_time_days", "lead time", "d"),
    ("review_days", "review", "d"),
    ("service_target", "service target", ""),
    ("min_quantity", "minimum", ""),
    ("multiple", "multiple", ""),
)


@dataclass(frozen=True)
class Known:
    """One run's side of the comparison with the parameters behind it; rows as the item-locations compared."""

    side: Side
    interval: FloatArray
    parameters: "polars.DataFrame"

    def differences(self, before: "Known") -> list[list[str]]:
        """Parameters that differ from those of `before`, in words: 'lead time 7 → 9 d'."""
        found: list[list[str]] = [[] for _ in range(len(self.parameters))]
        for column, name, unit in _COMPARED:
            old, new = before.parameters[column], self.parameters[column]
            for row in _differ(old, new):
                found[row].append(f"{name} {_amount(old[row])} → {_amount(new[row])} {unit}".strip())
        old_source = before.parameters.select("source_kind", "source_id")
        new_source = self.parameters.select("source_kind", "source_id")
        for row, (old_key, new_key) in enumerate(zip(old_source.iter_rows(), new_source.iter_rows(), strict=True)):
            if None not in (*old_key, *new_key) and old_key != new_key:
                found[row].append("another source or other terms")
        return found


def read_side(
    pair: Pair, run: PlanRun, nodes: "polars.DataFrame", *, quantity: str, interval: FloatArray | None = None
) -> Known:
    """What `run` knew of each row of `nodes` (item_id, location_id, the quantity proposed).

    interval [m]: days of the protection interval over which demand is compared; the run's own unless given.
    """
    import polars

    keys, day = ["item_id", "location_id"], pair.after.as_of
    where: dict[str, Any] = {"items": nodes["item_id"].to_list(), "locations": nodes["location_id"].to_list()}
    policy, forecast = run.policy_run, run.policy_run.forecast_run
    index = (day - policy.as_of).days + 1
    levels = read_frame(_LEVELS, {**where, "run": policy.pk, "date": policy.run_date, "day": index})
    known = read_frame(_KNOWN, {**where, "run": run.pk, "date": run.run_date})
    means = read_frame(_FORECASTS, {**where, "run": forecast.pk, "date": forecast.run_date, "day": day})
    joined = (
        nodes.select(*keys, quantity)
        .join(levels, on=keys, how="left", maintain_order="left")
        .join(known, on=keys, how="left", maintain_order="left")
        .join(means.with_row_index("forecast_row"), on=keys, how="left", maintain_order="left")
    )
    own = (joined["lead_time_days"] + joined["review_days"]).fill_null(float("nan")).to_numpy()
    span = own if interval is None else interval
    passed = float((day - run.as_of).days)
    use = _uses(joined, means, bucket_days=forecast.bucket_days, passed=passed, span=span)
    side = Side(
        quantity=joined[quantity].to_numpy(),
        position=_numbers(joined["position"]),
        use_until=use[0],
        order_up_to=_numbers(joined["order_up_to"]),
        interval_demand=use[1],
    )
    parameters = joined.select(
        *(column for column, _, _ in _COMPARED), polars.col("source_kind"), polars.col("source_id")
    )
    return Known(side, span, parameters)


def approved_between(pair: Pair, nodes: "polars.DataFrame") -> FloatArray:
    """Units approved after the earlier run was made and before the later one, per row of `nodes`."""
    keys = ["item_id", "location_id"]
    where = {
        "items": nodes["item_id"].to_list(),
        "locations": nodes["location_id"].to_list(),
        "scenario": pair.after.scenario_id,
        "since": pair.before.started_at,
        "until": pair.after.started_at,
    }
    found = nodes.select(keys).join(read_frame(_APPROVED, where), on=keys, how="left", maintain_order="left")
    approved: FloatArray = found["quantity"].fill_null(0.0).to_numpy()
    return approved


def _uses(
    joined: "polars.DataFrame", means: "polars.DataFrame", *, bucket_days: int, passed: float, span: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Units expected from the run's day to the later plan's, and over the interval from there; nan without forecast."""
    rows = joined["forecast_row"].to_numpy()
    until, ahead = np.full(len(joined), np.nan), np.full(len(joined), np.nan)
    have = np.flatnonzero(joined["forecast_row"].is_not_null().to_numpy() & np.isfinite(span))
    if have.size:
        mean = parse_arrays(means["mean"])[rows[have].astype(np.int64)]
        elapsed = joined["elapsed"].to_numpy()[have].astype(np.float64)
        until[have] = used_between(mean, elapsed - passed, elapsed, bucket_days=bucket_days)
        ahead[have] = used_between(mean, elapsed, elapsed + span[have], bucket_days=bucket_days)
    return until, ahead


def _numbers(column: "polars.Series") -> FloatArray:
    numbers: FloatArray = column.fill_null(float("nan")).to_numpy()
    return numbers


def _differ(old: "polars.Series", new: "polars.Series") -> list[int]:
    differs = (old.is_not_null() & new.is_not_null()) & ((old - new).abs() > 1e-9)
    return [row for row, yes in enumerate(differs.to_list()) if yes]


def _amount(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")
