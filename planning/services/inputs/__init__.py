"""What the planning engine needs, read from the database once, as arrays over item-locations and days.

`read_snapshot` reads what can change while a plan is made, at one moment; `build` lays it out with the forecasts and
levels of finished runs; `stored` writes what a plan knew of each item-location, and reads it back.
"""

from planning.services.inputs.build import PlanTables, build_tables
from planning.services.inputs.circles import refuse_circles
from planning.services.inputs.demand import daily_demand, review_mask
from planning.services.inputs.snapshot import Snapshot, coupled_items, read_counters, read_snapshot

__all__ = [
    "PlanTables", "Snapshot", "build_tables", "coupled_items", "daily_demand", "read_counters", "read_snapshot",
    "refuse_circles", "review_mask",
]  # fmt: skip
