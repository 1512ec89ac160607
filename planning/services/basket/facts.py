"""What the plan knew of the items of a basket: position, use, sizes, prices and limits."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from inventory.services.positions import stock_positions
from planning.models import Projection
from planning.services.reads import CurrentPlan

_USE = """
SELECT DISTINCT ON (item_id) item_id, mean[greatest((%(day)s - first_date) / %(bucket)s + 1, 1)] / %(bucket)s
FROM forecasting_forecast
WHERE run_id = %(run)s AND run_date = %(date)s AND location_id = %(location)s AND item_id = ANY(%(items)s)
ORDER BY item_id, scope = 'network' DESC
"""


@dataclass(frozen=True)
class Facts:
    """One item at the destination, stock units and company money; defaults where the plan did not say.

    breaks: (from quantity, price) ascending. max_cover_days and shelf_life_days: 0 where there is no limit.
    """

    position: float = 0.0
    daily_use: float = 0.0
    min_quantity: float = 0.0
    multiple: float = 0.0
    unit_cost: float = 0.0
    order_cost: float = 0.0
    holding_per_day: float = 0.0
    max_cover_days: int = 0
    shelf_life_days: int = 0
    breaks: tuple[tuple[float, float], ...] = field(default_factory=tuple)

    @property
    def limit(self) -> float:
        """Largest position that the cover and shelf life allow; infinite where neither says anything."""
        days = [days for days in (self.max_cover_days, self.shelf_life_days) if days > 0]
        return min(days) * self.daily_use if days else float("inf")


def read_facts(plan: CurrentPlan, *, item_ids: Collection[int], location_id: int) -> dict[int, Facts]:
    """Facts by item id; the position is as of now, drafts included. Three queries."""
    wanted = sorted(set(item_ids))
    rows = plan.rows(Projection).filter(item_id__in=wanted, location_id=location_id)
    known: dict[int, dict[str, Any]] = dict(rows.values_list("item_id", "inputs"))
    use = _daily_use(plan, wanted, location_id)
    now = stock_positions([(item, location_id) for item in wanted])
    return {
        item: _facts(known.get(item) or {}, float(now[item, location_id].position), use.get(item, 0.0))
        for item in wanted
    }


def _daily_use(plan: CurrentPlan, items: list[int], location_id: int) -> dict[int, float]:
    """Expected units per day in the bucket of the plan's day."""
    run = plan.run.policy_run.forecast_run
    asked: dict[str, Any] = {
        "day": plan.run.as_of,
        "bucket": run.bucket_days,
        "run": run.pk,
        "date": run.run_date,
        "location": location_id,
        "items": items,
    }
    with connection.cursor() as cursor:
        cursor.execute(_USE, asked)
        return {item: float(mean or 0.0) for item, mean in cursor.fetchall()}


def _facts(kept: dict[str, Any], position: float, daily_use: float) -> Facts:
    sourcing, costs = kept.get("sourcing", {}), kept.get("costs", {})
    return Facts(
        position=position,
        daily_use=daily_use,
        min_quantity=sourcing.get("min_quantity", 0.0),
        multiple=sourcing.get("multiple", 0.0),
        unit_cost=sourcing.get("unit_cost", 0.0),
        order_cost=costs.get("order_cost", 0.0),
        holding_per_day=costs.get("holding_per_day", 0.0),
        max_cover_days=int(costs.get("max_cover_days", 0)),
        shelf_life_days=int(kept.get("nodes", {}).get("shelf_life_days", 0)),
        breaks=tuple(sorted((row["min_quantity"], row["unit_cost"]) for row in kept.get("price_breaks", []))),
    )
