"""The whole cycle at growing size: synthetic item-locations, 104 weeks of demand, 26 weeks ahead.

Run as `python -m benchmarks.cycle_scale [1000 3000 10000 …]`. Prints seconds per step with the database's part, peak
memory, and beside them what statsforecast itself takes for the same models; linear means that the processor seconds
of process and database together per 1,000 item-locations do not grow, which a busy machine changes little. A cycle
that takes longer than LONGEST_SECONDS is given up.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.commands import ROOT, measured
from benchmarks.cycle_steps import STEPS
from stocksense import embedded

STORES = 19
WEEKS = 104
WEEKS_AHEAD = 26
WINDOWS, SPACING = 3, 13
SIZES = (1_000, 3_000, 10_000, 30_000)
MONDAY = date(2026, 11, 16)
LONGEST_SECONDS = 3600


def write_company(folder: Path, item_locations: int, seed: int = 1) -> int:
    """An import folder with one DC, 19 stores and as many items as make `item_locations`; returns demand rows."""
    folder.mkdir(parents=True)
    items = [f"I{number:05d}" for number in range(max(1, item_locations // (STORES + 1)))]
    stores = [f"S{number:02d}" for number in range(STORES)]
    _write(folder, "items", ["sku", "unit_cost", "unit_price"], [(sku, 2, 3) for sku in items])
    _write(folder, "locations", ["code", "kind"], [("DC", "dc"), *((store, "store") for store in stores)])
    _write(folder, "suppliers", ["code", "order_cost"], [("ACME", 50)])
    terms = [("ACME", sku, "DC", 14, 24, 12) for sku in items]
    columns = ["supplier", "sku", "location", "lead_time_days", "moq", "order_multiple"]
    _write(folder, "supplier_items", columns, terms)
    _write(folder, "lanes", ["origin", "destination", "lead_time_days"], [("DC", store, 2) for store in stores])
    rng = np.random.default_rng(seed)
    places = [(sku, place) for sku in items for place in ("DC", *stores)]
    stock = rng.integers(0, 60, len(places))
    rows = [(sku, place, amount, MONDAY) for (sku, place), amount in zip(places, stock.tolist(), strict=True)]
    _write(folder, "stock", ["sku", "location", "on_hand", "as_of"], rows)
    return _write_demand(folder, items, stores, rng)


def _write(folder: Path, kind: str, columns: list[str], rows: Sequence[tuple[object, ...]]) -> None:
    with (folder / f"{kind}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _write_demand(folder: Path, items: list[str], stores: list[str], rng: np.random.Generator) -> int:
    """Poisson demand around a gamma-distributed level; about a third of the series are intermittent."""
    series = len(items) * len(stores)
    level = rng.gamma(0.8, 12.0, series)[:, None]
    quantity = rng.poisson(level, (series, WEEKS))
    weeks = [MONDAY - timedelta(weeks=WEEKS - week) for week in range(WEEKS)]
    frame = pl.DataFrame(
        {
            "sku": np.repeat(items, len(stores) * WEEKS),
            "location": np.tile(np.repeat(stores, WEEKS), len(items)),
            "date": pl.Series(weeks * series),
            "quantity": quantity.ravel(),
        }
    ).filter(pl.col("quantity") > 0)
    frame.write_csv(folder / "demand.csv")
    return len(frame)


def bare_statsforecast(folder: Path) -> float:
    """Seconds that statsforecast itself takes for the cycle's four models on the same series, one process.

    As the cycle asks of it: three windows of back-test and a forecast, 26 weeks ahead.
    """
    from statsforecast import StatsForecast
    from statsforecast.models import IMAPA, TSB, SimpleExponentialSmoothing, WindowAverage

    sales = pl.read_csv(folder / "demand.csv", try_parse_dates=True)
    weeks = pl.DataFrame({"date": [MONDAY - timedelta(weeks=WEEKS - week) for week in range(WEEKS)]})
    series = sales.select("sku", "location").unique().join(weeks, how="cross")
    history = series.join(sales, on=["sku", "location", "date"], how="left").select(
        pl.concat_str("sku", "location", separator="@").alias("unique_id"),
        pl.col("date").alias("ds"),
        pl.col("quantity").fill_null(0).cast(pl.Float64).alias("y"),
    )
    models = [SimpleExponentialSmoothing(0.1), IMAPA(), TSB(0.1, 0.1), WindowAverage(26)]
    forecaster = StatsForecast(models=models, freq="1w", n_jobs=1)
    forecaster.forecast(df=history.head(WEEKS * 2).sort("unique_id", "ds"), h=WEEKS_AHEAD)
    history = history.sort("unique_id", "ds")
    begun = time.perf_counter()
    forecaster.cross_validation(df=history, h=WEEKS_AHEAD, n_windows=WINDOWS, step_size=SPACING)
    forecaster.forecast(df=history, h=WEEKS_AHEAD)
    return time.perf_counter() - begun


def in_a_process(data: Path, *steps: str) -> dict[str, Any]:
    """Steps of a cycle (all of them), or a training, in a process of its own; what cycle_steps measured."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.cycle_steps", *steps],
        env={**os.environ, "STOCKSENSE_DATA": str(data)}, cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=LONGEST_SECONDS,
    )  # fmt: skip
    if said.returncode:
        sys.exit(said.stderr[-4000:] or said.stdout)
    measured: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return measured


def report(size: int, measured: dict[str, Any], bare: float) -> None:
    """The table of one size."""
    total = 0.0
    print(f"{'step':10}{'seconds':>9}{'database':>10}{'processor':>11}{'both per 1,000':>16}")
    for step in STEPS:
        seconds, database, worked = (measured[part][step] for part in ("seconds", "database", "processor"))
        total += seconds
        print(f"{step:10}{seconds:9.1f}{database:10.1f}{worked:11.1f}{(worked + database) / size * 1000:16.2f}")
    database, worked = (sum(measured[part].values()) for part in ("database", "processor"))
    print(f"{'cycle':10}{total:9.1f}{database:10.1f}{worked:11.1f}{(worked + database) / size * 1000:16.2f}")
    print(f"bare statsforecast, same models: {bare:.1f} s; the forecast step takes "
          f"{measured['seconds']['forecast'] / bare:.2f} times that")  # fmt: skip
    orders = measured["result"]["planned_orders"]
    load = os.getloadavg()[0]
    print(f"peak {measured['peak_mb']:,.0f} MB, {orders:,} planned orders, load average {load:.1f}\n", flush=True)


def main() -> None:
    """One company per size, each on servers of its own."""
    for size in [int(argument) for argument in sys.argv[1:]] or list(SIZES):
        with tempfile.TemporaryDirectory(prefix="stocksense-bench-") as made:
            data, folder = Path(made) / "data", Path(made) / "import"
            rows = write_company(folder, size)
            print(f"== {size:,} item-locations, {rows:,} rows of demand")
            embedded.ensure_running(data)
            try:
                measured("migrate", data, "migrate", "-v0")
                measured("import", data, "import_data", str(folder))
                report(size, in_a_process(data), bare_statsforecast(folder))
            finally:
                embedded.stop(data)


if __name__ == "__main__":
    main()
