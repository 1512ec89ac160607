"""Seconds and peak memory of the planning engine on random three-level networks.

Run with `python -m benchmarks.plan_engine [nodes ...]`; each size runs in a process of its own, so that its peak
memory is its own. Input arrays are part of the peak; building them is not part of the seconds.
"""

import resource
import subprocess
import sys
import time

import numpy as np

from planning.engine.inputs import (
    SENT,
    Costs,
    Demand,
    Levels,
    Nodes,
    PlanInput,
    Receipts,
    SourceKind,
    Sourcing,
    Stock,
)
from planning.engine.plan import make_plan

HORIZON = 182
SIZES = (1_000, 3_000, 10_000, 30_000)
STORES_PER_ITEM = 17
NODES_PER_ITEM = STORES_PER_ITEM + 3


def random_network(size: int, *, seed: int = 7, horizon: int = HORIZON) -> PlanInput:
    """Items with one central warehouse, two regional ones and 17 stores each: n nodes = 20 per item."""
    random = np.random.default_rng(seed)
    size -= size % NODES_PER_ITEM
    place = np.arange(size) % NODES_PER_ITEM
    first = np.arange(size) - place
    store = place >= 3
    origin = np.where(place == 0, -1, np.where(store, first + 1 + place % 2, first))
    daily = np.where(store, random.gamma(1.2, 1.5, size), 0.0)
    season = 1.0 + 0.3 * np.sin(2 * np.pi * np.arange(horizon) / 91 + random.uniform(0, 6, size)[:, None])
    mean = daily[:, None] * season
    share = np.zeros(size)
    np.add.at(share, origin[store], daily[store])
    np.add.at(share, first[store], daily[store])
    rate = np.where(store, daily, share)
    protection = np.where(store, 9, np.where(place == 0, 45, 17))
    spread = 1.3 * np.sqrt(rate)
    point = (rate * protection + 1.6 * spread * np.sqrt(protection))[:, None] * season
    review = (np.arange(horizon) % 7 == (place % 7)[:, None]) | (place == 0)[:, None]
    cumulative, band = np.cumsum(mean, axis=1), spread[:, None] * np.sqrt(np.arange(1, horizon + 1))
    zeros = np.zeros(size)
    incoming = np.flatnonzero(random.random(size) < 0.3)
    return PlanInput(
        nodes=Nodes(
            item_index=first // NODES_PER_ITEM, location_index=place, active=np.ones(size, bool),
            lost_sales=store, frozen_days=np.zeros(size, np.int64), shelf_life_days=np.zeros(size, np.int64),
        ),
        stock=Stock(on_hand=np.round(rate * random.uniform(0, 20, size)), allocated=zeros, backorders=zeros),
        demand=Demand(
            mean=mean,
            cumulative_p10=np.where(store[:, None], np.maximum(cumulative - 1.28 * band, 0), 0.0),
            cumulative_p90=np.where(store[:, None], cumulative + 1.28 * band, 0.0),
        ),
        levels=Levels(reorder_point=point, order_up_to=point + rate[:, None] * 7, review=review),
        sourcing=Sourcing(
            kind=np.where(origin < 0, int(SourceKind.SUPPLIER), int(SourceKind.LANE)), node=origin,
            source_id=np.arange(size), lead_time_days=np.where(store, 2, np.where(place == 0, 30, 5)),
            ship_calendar=np.zeros(size, np.int64), receive_calendar=np.zeros(size, np.int64),
            min_quantity=np.where(place == 0, 48.0, np.where(store, 6.0, 12.0)),
            multiple=np.where(store, 6.0, 12.0), unit_cost=random.uniform(1, 20, size),
        ),
        costs=Costs(
            shortage=random.uniform(0.5, 8, size), holding_per_day=np.full(size, 0.002),
            max_cover_days=np.full(size, 120), order_cost=np.full(size, 25.0),
        ),
        receipts=Receipts(
            node=incoming, day=random.integers(-2, 30, len(incoming)), quantity=np.round(rate[incoming] * 10) + 1,
            kind=np.zeros(len(incoming), np.int64), origin=np.full(len(incoming), -1),
            shipped=np.ones(len(incoming), bool), release_day=np.full(len(incoming), SENT),
            lead_time_days=np.full(len(incoming), 5), ship_calendar=np.zeros(len(incoming), np.int64),
        ),
        calendar_open=(np.arange(horizon + 60) % 7 < 6)[None, :],
    )  # fmt: skip


def measure(size: int) -> str:
    """One line: nodes, seconds, peak memory, and what the plan holds."""
    plan_input = random_network(size)
    started = time.perf_counter()
    plan = make_plan(plan_input)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{plan_input.size:>7,} nodes × {HORIZON} days  {seconds:6.2f} s  {peak:7,.0f} MB peak  "
        f"{len(plan.orders.node):>9,} orders  {len(plan.cuts.node):>7,} cut  {len(plan.exceptions):>7,} exceptions"
    )


def main(arguments: list[str]) -> None:
    """Measure one size in this process, or every size in a child process each."""
    if len(arguments) == 1:
        print(measure(int(arguments[0])), flush=True)
        return
    for size in arguments or [str(size) for size in SIZES]:
        subprocess.run([sys.executable, "-m", "benchmarks.plan_engine", str(size)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
