"""Prints how good the forecasts are out of sample, beside the best single statsforecast model and all-zero.

Run: nice python -m benchmarks.forecast_quality [grocery|grocery-unknown|spares|spares-monthly|retail …]. Grocery sales
(1,000 fixed series of those with a year of history and a sale in the quarter before the first cutoff, seed 1) with the
promotion plan known and with nothing known; synthetic spare parts, weekly and monthly, and daily retail. Three cutoffs
a horizon apart; everything is trained anew at each on what was known then, nothing is tuned on these windows.
Also prints the share of four-bucket sums below their P95. A set takes two to four minutes of CPU.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.breakfast_frat_series import data_folder
from benchmarks.forecast_sets import DemandSet, daily_retail, spare_parts_monthly, spare_parts_weekly
from forecasting.engine import backtest
from forecasting.engine.cumulative import ON_GRID
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import forecast
from forecasting.engine.tables import DemandTable, read_demand
from forecasting.engine.training import train
from stocksense.core.numeric import QUANTILE_GRID

WINDOWS = 3
SERIES = 1000
HORIZON = 8
SUM = 4
P95 = ON_GRID[QUANTILE_GRID.index(0.95)]
SETS = ("grocery", "grocery-unknown", "spares", "spares-monthly", "retail")


def grocery_files(folder: Path) -> tuple[Path, Path, Path]:
    """Demand, promotion plan and attributes of the fixed series as plain files."""
    text = {"store_id": pl.String, "upc": pl.String}
    sales = pl.read_csv(data_folder() / "sales.csv.gz", schema_overrides=text, try_parse_dates=True)
    sales = sales.with_columns(pl.concat_str("store_id", "upc", separator="_").alias("series_id"))
    weeks = sales["week_end_date"].unique().sort()
    first_cutoff = weeks[-WINDOWS * HORIZON - 1]
    spans = sales.filter(pl.col("week_end_date") <= first_cutoff).group_by("series_id").agg(
        pl.col("week_end_date").min().alias("first"), pl.col("week_end_date").max().alias("last")
    )  # fmt: skip
    year, quarter = weeks[-WINDOWS * HORIZON - 52], weeks[-WINDOWS * HORIZON - 13]
    eligible = spans.filter((pl.col("first") <= year) & (pl.col("last") >= quarter))["series_id"].sort().to_numpy()
    chosen = np.random.default_rng(1).choice(eligible, SERIES, replace=False)
    sales = sales.filter(pl.col("series_id").is_in(chosen.tolist())).rename(
        {"week_end_date": "date", "units": "quantity"}
    )
    demand, known, attributes = (folder / f"{name}.csv" for name in ("demand", "known", "attributes"))
    sales.select("series_id", "date", "quantity").write_csv(demand)
    sales.select("series_id", "date", "price", "base_price", "feature", "display", "tpr_only").write_csv(known)
    products = pl.read_csv(data_folder() / "products.csv", schema_overrides=text)
    stores = pl.read_csv(data_folder() / "stores.csv", schema_overrides=text)
    named = sales.select("series_id", "store_id", "upc").unique(maintain_order=True)
    named.join(products.select("upc", "manufacturer", "category", "sub_category"), on="upc").join(
        stores.select("store_id", "seg_value_name"), on="store_id"
    ).write_csv(attributes)
    return demand, known, attributes


def table_of(name: str) -> tuple[DemandTable, int]:
    """A demand table and the horizon."""
    if name.startswith("grocery"):
        with tempfile.TemporaryDirectory() as folder:
            demand, known, attributes = grocery_files(Path(folder))
            told = {"future_known": known, "attributes": attributes} if name == "grocery" else {}
            return read_demand(demand, freq="W-WED", label="end", ahead=HORIZON, **told), HORIZON
    make = {"spares": spare_parts_weekly, "spares-monthly": spare_parts_monthly, "retail": daily_retail}[name]
    return from_set(make())


def from_set(made: DemandSet) -> tuple[DemandTable, int]:
    """A synthetic set as a table."""
    days = {"D": 1, "W-WED": 7, "MS": 30}[made.freq]
    step = np.timedelta64(1, "M") if days == 30 else np.timedelta64(days, "D")
    unit = "datetime64[M]" if days == 30 else "datetime64[D]"
    last = made.dates[-1].astype(unit)
    labels = np.concatenate((made.dates, (last + step * np.arange(1, made.horizon + 1)).astype("datetime64[D]")))
    columns = {}
    if made.covariates:
        known = np.stack(list(made.covariates.values()), axis=2).astype(np.float32)
        known = np.concatenate((known, np.repeat(known[:, -1:], made.horizon, axis=1)), axis=1)
        columns = {"known": known, "known_names": tuple(made.covariates)}
    panel = Panel.of(made.demand, labels, days, **columns)
    return DemandTable(panel, tuple(map(str, range(len(panel)))), labels, ()), made.horizon


def sums_below_p95(table: DemandTable, horizon: int) -> float:
    """Share of sums over four buckets at or below their P95, over the same cutoffs."""
    below = []
    for window in range(1, WINDOWS + 1):
        known = table.panel.buckets - horizon * window
        past = table.panel.until(known)
        found = forecast(train(past, horizon=horizon, seed=1), past)
        begun = past.first < known - backtest.SHORTEST_SCORED
        came = table.panel.demand[begun, known : known + SUM].sum(axis=1)
        below.append(came <= found.cumulative_dense[begun, SUM - 1, P95])
    return float(np.concatenate(below).mean())


def main() -> int:
    """Print a table per set; 1 when a set is unknown or the grocery data is not there."""
    names = sys.argv[1:] or list(SETS)
    if set(names) - set(SETS):
        print(f"sets are {', '.join(SETS)}")
        return 1
    for name in names:
        if name.startswith("grocery") and not data_folder().is_dir():
            print(f"no data in {data_folder()}: set STOCKSENSE_SHARED")
            return 1
        table, horizon = table_of(name)
        started = time.process_time()
        windows = backtest.run_windows(table, horizon=horizon, windows=WINDOWS, seed=1, comparators_of="all")
        used = time.process_time() - started
        print(f"\n{name}: {len(table.panel)} series, horizon {horizon}, {WINDOWS} windows, {used:.0f} s of CPU")
        print(backtest.metrics_text(backtest.scores(windows)))
        print(f"sums of {SUM} buckets at or below P95: {sums_below_p95(table, horizon):.3f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
