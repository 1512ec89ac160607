"""The whole cycle at growing size: synthetic item-locations, 104 weeks of demand, 26 weeks ahead.

Run as `python -m benchmarks.cycle_scale [1000 3000 10000 …]`. Prints seconds per step and peak memory; linear means
that seconds per item-location do not grow.
"""

import csv
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.commands import measured
from stocksense import embedded

STORES = 19
WEEKS = 104
MONDAY = date(2026, 11, 16)


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


def _write(folder: Path, kind: str, columns: list[str], rows: list[tuple[object, ...]]) -> None:
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


def main() -> None:
    """One company per size, each on servers of its own."""
    for size in [int(argument) for argument in sys.argv[1:]] or [1_000, 3_000, 10_000]:
        with tempfile.TemporaryDirectory(prefix="stocksense-bench-") as made:
            data, folder = Path(made) / "data", Path(made) / "import"
            rows = write_company(folder, size)
            print(f"== {size:,} item-locations, {rows:,} rows of demand")
            embedded.ensure_running(data)
            try:
                measured("migrate", data, "migrate", "-v0")
                measured("import", data, "import_data", str(folder))
                measured("cycle", data, "plan")
            finally:
                embedded.stop(data)


if __name__ == "__main__":
    main()
