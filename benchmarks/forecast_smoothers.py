"""Measures the smoothers' forecast on real weekly grocery sales, beside naive and all-zero.

Run: python -m benchmarks.forecast_smoothers [SERIES]. The last 8 weeks are held out; nothing is tuned on them.
Prints series per CPU second (fit, back-test and calibration; the import of statsforecast apart) and, on the held-out
weeks, WAPE, relative bias, scaled pinball (divided by each series' mean absolute weekly change) and the share of
outcomes below P95 and P99 of a week and P95 of the four-week sum. "naive" is the last week's sales with the same
pooled error quantiles; "all-zero" forecasts nothing.
"""

import sys
import time
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.breakfast_frat_series import data_folder, read_series
from forecasting.engine import BackTest, ForecastBatch, SeriesBatch, back_test, calibrate, pool_errors
from forecasting.engine.scores import mean_known, pinball
from stocksense.core.numeric import QUANTILE_GRID, FloatArray

HORIZON = 8
WINDOWS = 3
SHORTEST = 52
ALIVE_WEEKS = 13
SPACING = 13
P95, P99 = QUANTILE_GRID.index(0.95), QUANTILE_GRID.index(0.99)


@dataclass(frozen=True)
class Score:
    """One forecaster on the held-out weeks."""

    name: str
    wape: float
    bias: float
    scaled_pinball: float
    below_p95: float
    below_p99: float
    sum_below_p95: float


def score(name: str, forecast: ForecastBatch, actual: FloatArray, change: FloatArray) -> Score:
    """Compare a forecast with actual [n, h]; change [n] scales the pinball loss."""
    total = actual.sum()
    loss = pinball(actual, forecast.quantiles).mean(axis=1)
    scaled = np.where(change > 0, loss / np.where(change > 0, change, 1.0), np.nan)
    return Score(
        name=name,
        wape=float(np.abs(actual - forecast.mean).sum() / total),
        bias=float(forecast.mean.sum() / total - 1.0),
        scaled_pinball=float(mean_known(scaled)),
        below_p95=float((actual <= forecast.quantiles[:, :, P95]).mean()),
        below_p99=float((actual <= forecast.quantiles[:, :, P99]).mean()),
        sum_below_p95=float((actual[:, :4].sum(axis=1) <= forecast.cumulative_quantiles[:, 3, P95]).mean()),
    )


def naive_test(test: BackTest, histories: list[FloatArray]) -> BackTest:
    """The same back-test with the last value before each origin as its level."""
    level = np.full_like(test.level, np.nan)
    for row, history in enumerate(histories):
        for window in range(WINDOWS + 1):
            end = history.size - (HORIZON + (window - 1) * SPACING if window else 0)
            if np.isfinite(test.level[row, window]):
                level[row, window] = history[end - 1]
    return replace(test, level=level)


def measure(limit: int | None = None) -> tuple[float, list[Score]]:
    """Series per CPU second, and the scores, on the first `limit` eligible series."""
    eligible = [
        one for one in read_series() if one.size - HORIZON >= SHORTEST and one[-HORIZON - ALIVE_WEEKS : -HORIZON].any()
    ]
    eligible = eligible[:limit]
    histories = [one[:-HORIZON] for one in eligible]
    actual = np.array([one[-HORIZON:] for one in eligible])
    batch = SeriesBatch.from_series([one.tolist() for one in histories])
    back_test(SeriesBatch.from_series([[1.0, 2.0] * 8]), horizon=1)
    start = time.process_time()
    test = back_test(batch, horizon=HORIZON, windows=WINDOWS)
    smoothers = calibrate(test, pool_errors([test]))
    speed = len(eligible) / (time.process_time() - start)
    naive = naive_test(test, histories)
    nothing = replace(
        smoothers,
        **{name: np.zeros_like(getattr(smoothers, name)) for name in ("mean", "quantiles", "cumulative_quantiles")},
    )
    forecasts = {"smoothers": smoothers, "naive": calibrate(naive, pool_errors([naive])), "all-zero": nothing}
    return speed, [score(name, forecast, actual, test.change[:, 0]) for name, forecast in forecasts.items()]


def main() -> int:
    """Print the table; 1 when the data set is not there."""
    if not data_folder().is_dir():
        print(f"no data in {data_folder()}: set STOCKSENSE_SHARED")
        return 1
    speed, scores = measure(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(f"{speed:,.0f} series per CPU second\n")
    print(f"{'':12}{'WAPE':>8}{'bias':>8}{'pinball':>9}{'P95':>7}{'P99':>7}{'4-week P95':>12}")
    for one in scores:
        print(
            f"{one.name:12}{one.wape:8.3f}{one.bias:+8.3f}{one.scaled_pinball:9.3f}{one.below_p95:7.3f}"
            f"{one.below_p99:7.3f}{one.sum_below_p95:12.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
