"""Measures totals that add up on real weekly grocery sales: by level, before and after they are made to agree.

Run: python -m benchmarks.forecast_hierarchy [WINDOWS]. Every store and product is forecast 8 weeks ahead from cutoffs a
quarter apart, the newest one 26 weeks before the end of the data; nothing is tuned on these weeks. Levels: everything,
category, state, store, store and product. Compared are forecasts of each level's own history ("own"), sums of the
item-locations ("bottom-up"), and both reconciled: by minimum trace weighed by the variance of the calibrated quantiles
("variance", what runs do), and by the number of series in a total ("structural"). Prints WAPE and relative bias per
level, scaled pinball of item-locations, and the CPU seconds of reconciling. All-zero has a WAPE of 1 everywhere.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.breakfast_frat_series import data_folder
from forecasting.engine import ForecastBatch, SeriesBatch, back_test, calibrate, pool_errors
from forecasting.engine.hierarchy import Hierarchy, moved, quantile_variance, reconcile
from forecasting.engine.scores import mean_known, pinball
from stocksense.core.numeric import FloatArray, IntArray

HORIZON = 8
SPACING = 13
NEWEST = 26
SHORTEST = 52
ALIVE_WEEKS = 13
WINDOWS = 3
LEVELS = ("everything", "category", "state", "store", "store and product")


@dataclass(frozen=True)
class Sales:
    """Weekly units [n, w] from first [n] on, and per series the number of its category, state and store."""

    units: FloatArray
    first: IntArray
    groups: dict[str, IntArray]


def read_sales() -> Sales:
    """All store-products, weeks without a row as 0."""
    folder, text = data_folder(), {"store_id": pl.String, "upc": pl.String}
    sales = pl.read_csv(folder / "sales.csv.gz", columns=["week_end_date", "store_id", "upc", "units"],
                        schema_overrides=text, try_parse_dates=True)  # fmt: skip
    week = (pl.col("week_end_date") - pl.col("week_end_date").min()).dt.total_days() // 7
    pairs = sales.select("store_id", "upc").unique(maintain_order=True).with_row_index("row")
    products = pl.read_csv(folder / "products.csv", schema_overrides=text).select("upc", "category")
    stores = (
        pl.read_csv(folder / "stores.csv", schema_overrides=text)
        .select("store_id", state="address_state_prov_code")
        .unique("store_id")
    )
    named = pairs.join(products, on="upc", how="left", maintain_order="left").join(
        stores, on="store_id", how="left", maintain_order="left"
    )
    at = sales.with_columns(week.alias("week")).join(pairs, on=["store_id", "upc"])
    units = np.zeros((len(pairs), int(at["week"].max()) + 1))  # type: ignore[arg-type]
    units[at["row"].to_numpy(), at["week"].to_numpy()] = at["units"].to_numpy()
    groups = {
        "category": named["category"].fill_null("").rank("dense").to_numpy() - 1,
        "state": named["state"].fill_null("").rank("dense").to_numpy() - 1,
        "store": named["store_id"].rank("dense").to_numpy() - 1,
    }
    return Sales(units, (units > 0).argmax(axis=1), groups)


def forecast(histories: FloatArray, first: IntArray) -> ForecastBatch:
    """The engine's forecast of histories that begin at first."""
    inside = np.arange(histories.shape[1]) >= first[:, None]
    offsets = np.concatenate(([0], np.cumsum(inside.sum(axis=1)))).astype(np.int64)
    batch = SeriesBatch(histories[inside], offsets, np.ones(int(inside.sum()), dtype=np.bool_), 7)
    test = back_test(batch, horizon=HORIZON)
    return calibrate(test, pool_errors([test]))


def scores(name: str, by_level: dict[str, tuple[FloatArray, FloatArray]], loss: float) -> str:
    """One line: WAPE and bias of (forecast, actual) per level, and the pinball loss of the bottom."""
    cells = []
    for level in LEVELS:
        mean, actual = by_level[level]
        total = actual.sum()
        cells.append(f"{np.abs(actual - mean).sum() / total:10.4f}{mean.sum() / total - 1:+8.3f}")
    return f"{name:12}" + "".join(cells) + f"{loss:10.4f}"


def measure(
    sales: Sales, cutoff: int
) -> tuple[dict[str, dict[str, tuple[FloatArray, FloatArray]]], dict[str, float], float]:
    """Forecasts and actuals by way and level, pinball by way, and the CPU seconds of one reconciliation."""
    history = sales.units[:, :cutoff]
    rows = np.flatnonzero((cutoff - sales.first >= SHORTEST) & (history[:, -ALIVE_WEEKS:].sum(axis=1) > 0))
    history, actual = history[rows], sales.units[rows, cutoff : cutoff + HORIZON]
    members = [(LEVELS[0], np.arange(rows.size))]
    for level, group in sales.groups.items():
        members += [(level, np.flatnonzero(group[rows] == one)) for one in np.unique(group[rows])]
    hierarchy = Hierarchy.of([inside for _, inside in members], rows.size)
    bottom = forecast(history, sales.first[rows])
    sums = hierarchy.sums(history)
    top = forecast(sums, (sums > 0).argmax(axis=1))
    variance = quantile_variance(bottom.quantiles, bottom.mean) + 1e-6
    top_variance = quantile_variance(top.quantiles, top.mean) + 1e-6
    start = time.process_time()
    by_variance = reconcile(hierarchy, bottom.mean, top.mean, variance, top_variance)
    seconds = time.process_time() - start
    counts = np.array([float(inside.size) for _, inside in members])[:, None] * np.ones((1, HORIZON))
    structural = reconcile(hierarchy, bottom.mean, top.mean, np.ones_like(bottom.mean), counts)
    means = {
        "own": (bottom.mean, top.mean), "bottom-up": (bottom.mean, hierarchy.sums(bottom.mean)),
        "variance": (by_variance, hierarchy.sums(by_variance)), "structural": (structural, hierarchy.sums(structural)),
    }  # fmt: skip
    totals = hierarchy.sums(actual)
    levels = np.array([level for level, _ in members])
    change = np.abs(np.diff(history, axis=1)).mean(axis=1)
    found, losses = {}, {}
    for name, (low, high) in means.items():
        found[name] = {level: (high[levels == level], totals[levels == level]) for level in LEVELS[:-1]}
        found[name][LEVELS[-1]] = (low, actual)
        loss = pinball(actual, moved(bottom.quantiles, bottom.mean, low)).mean(axis=1)
        losses[name] = float(mean_known(np.where(change > 0, loss / np.where(change > 0, change, 1.0), np.nan)))
    return found, losses, seconds


def main() -> int:
    """Print a table per cutoff; 1 when the data set is not there."""
    if not data_folder().is_dir():
        print(f"no data in {data_folder()}: set STOCKSENSE_SHARED")
        return 1
    sales = read_sales()
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else WINDOWS
    for window in range(windows):
        cutoff = sales.units.shape[1] - NEWEST - window * SPACING
        found, losses, seconds = measure(sales, cutoff)
        series, totals = len(found["own"][LEVELS[-1]][0]), sum(len(found["own"][level][0]) for level in LEVELS[:-1])
        print(f"cutoff week {cutoff}: {series:,} series, {totals} totals, reconciled in {seconds:.2f} CPU seconds")
        print(f"{'WAPE, bias':12}" + "".join(f"{level:>18}" for level in LEVELS) + f"{'pinball':>10}")
        for name, by_level in found.items():
            print(scores(name, by_level, losses[name]))
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
