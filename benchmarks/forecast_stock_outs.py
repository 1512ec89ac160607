"""Prints how well forecasts cover what was wanted where stock ran out, by what the sold-out buckets are taken for.

Run: nice python -m benchmarks.forecast_stock_outs [steady|trending|mostly-out …]. Simulated weekly demand of 400 items,
sold up to the stock there was, three seeds each; forecasts eight weeks ahead, judged by what was wanted in them.
Rows: demand itself known; sales as they are; the mean that is to be expected behind each stock-out; draws (what
trainings and nights take). A set takes five to six minutes of CPU; without arguments it is the steady one.
"""

import sys
import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine.censoring import added_from_past
from forecasting.engine.cumulative import ON_GRID
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import forecast
from forecasting.engine.training import train
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray

SERIES, BUCKETS, HORIZON, SUM = 400, 156, 8, 4
SEEDS: Final = (4, 5, 6)
P95, P99 = QUANTILE_GRID.index(0.95), QUANTILE_GRID.index(0.99)
STARTS = np.datetime64("2021-01-04") + 7 * np.arange(BUCKETS + HORIZON)


@dataclass(frozen=True)
class Made:
    """Wanted [n, t + h], and of the past what was sold and whether there was stock for all of it [n, t]."""

    wanted: FloatArray
    sold: FloatArray
    in_stock: BoolArray


def made(name: str, seed: int) -> Made:
    """A set: the stock of each week is drawn around `cover` times the level."""
    rng = np.random.default_rng(seed)
    cover = {"steady": 0.85, "trending": 0.85, "mostly-out": 0.22}[name]
    level = rng.gamma(3.0, 2.0, (SERIES, 1)) * np.ones(BUCKETS + HORIZON)
    if name == "trending":
        week = np.arange(BUCKETS + HORIZON)
        level *= np.exp(0.3 * np.sin(2 * np.pi * week / 52) + rng.normal(0, 0.3, (SERIES, 1)) * week / 104)
    wanted = rng.negative_binomial(2.0, 2.0 / (2.0 + level)).astype(float)
    stock = np.ceil(level * rng.gamma(2.0, cover, wanted.shape))
    past = slice(0, BUCKETS)
    return Made(wanted, np.minimum(wanted, stock)[:, past], (wanted <= stock)[:, past])


def panels(of: Made) -> dict[str, Panel]:
    """What the past is taken for."""
    whole = np.ones(of.sold.shape, dtype=np.bool_)
    return {
        "demand known": Panel.of(of.wanted[:, :BUCKETS], STARTS, 7),
        "sales": Panel.of(of.sold, STARTS, 7),
        "means": Panel.of(of.sold + added_from_past(of.sold, of.in_stock, whole), STARTS, 7),
        "draws": Panel.of(of.sold, STARTS, 7, in_stock=of.in_stock),
    }


def figures(panel: Panel, wanted: FloatArray, seed: int) -> list[float]:
    """Share of outcomes at or below P95 and P99, of four-week sums below P95, and bias of the mean."""
    found = forecast(train(panel, horizon=HORIZON, seed=seed), panel)
    sums = found.cumulative_dense[:, SUM - 1, ON_GRID[P95]]
    return [
        float((wanted <= found.quantiles[..., P95]).mean()),
        float((wanted <= found.quantiles[..., P99]).mean()),
        float((wanted[:, :SUM].sum(axis=1) <= sums).mean()),
        float(found.mean.sum() / wanted.sum() - 1.0),
    ]


def main() -> int:
    """Print a table per set."""
    for name in sys.argv[1:] or ("steady",):
        started = time.process_time()
        sets = {seed: made(name, seed) for seed in SEEDS}
        out = np.mean([1.0 - one.in_stock.mean() for one in sets.values()])
        hidden = np.mean([1.0 - one.sold.sum() / one.wanted[:, :BUCKETS].sum() for one in sets.values()])
        print(f"\n{name}: stock-outs in {out:.0%} of weeks hide {hidden:.0%} of demand")
        print(f"{'':14}{'P95':>8}{'P99':>8}{'sum P95':>9}{'bias':>8}")
        found: dict[str, list[list[float]]] = {}
        for seed, one in sets.items():
            for taken, panel in panels(one).items():
                found.setdefault(taken, []).append(figures(panel, one.wanted[:, BUCKETS:], seed))
        for taken, rows in found.items():
            p95, p99, sums, bias = np.mean(rows, axis=0)
            print(f"{taken:14}{p95:8.3f}{p99:8.3f}{sums:9.3f}{bias:+8.1%}")
        print(f"{time.process_time() - started:.0f} s of CPU", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
