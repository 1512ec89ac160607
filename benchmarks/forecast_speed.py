"""Prints how long forecasting takes: the smoothers' path, the nightly path and training, at 1,000 and 10,000 series.

Run: nice python -m benchmarks.forecast_speed [SERIES …]. Synthetic weekly series of three years, one thread. The
smoothers' path needs no training run: pools and blend of the smoothers alone, then the forecast. The nightly path is
the forecast from a stored training. Times are CPU seconds; the database is not touched. Beside them the same number of
series fitted by statsforecast's SES with conformal intervals of 8 windows (measured on 500, scaled up).
"""

import resource
import sys
import time

import numpy as np

from forecasting.engine.comparators import fit_series, single_models
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import forecast
from forecasting.engine.training import train

BUCKETS = 156
HORIZON = 8
PEER_SERIES = 500


def panel_of(series: int) -> Panel:
    """Weekly demand between slow and fast, with a promotion flag known ahead and a category."""
    rng = np.random.default_rng(11)
    level = np.exp(rng.normal(0.5, 1.3, series))[:, None]
    promotion = (rng.random((series, BUCKETS + HORIZON)) < 0.15).astype(np.float32)
    shape = rng.uniform(0.5, 5.0, series)[:, None]
    expected = level * (1.0 + promotion[:, :BUCKETS])
    demand = rng.negative_binomial(shape, shape / (shape + expected)).astype(np.float64)
    starts = np.datetime64("2021-01-04") + 7 * np.arange(BUCKETS + HORIZON)
    return Panel.of(
        demand, starts, 7, known=promotion[:, :, None], known_names=("promotion",),
        categories=rng.integers(0, 20, (series, 1)), category_names=("category",),
    )  # fmt: skip


def main() -> int:
    """Print the table."""
    heads = ("series", "smoothers, s", "per CPU s", "training, s", "nightly, s", "SES peer, s", "MB")
    print("".join(f"{head:>13}" for head in heads))
    for size in [int(text) for text in sys.argv[1:]] or [1000, 10_000]:
        panel = panel_of(size)
        started = time.process_time()
        forecast(train(panel, horizon=HORIZON, seed=1, trees=0.0), panel)
        smoothers = time.process_time() - started
        started = time.process_time()
        trained = train(panel, horizon=HORIZON, seed=1)
        training = time.process_time() - started
        started = time.process_time()
        forecast(trained, panel)
        nightly = time.process_time() - started
        histories = list(panel.demand[:PEER_SERIES])
        started = time.process_time()
        fit_series(single_models(7)["SES"], histories, HORIZON)
        peer = (time.process_time() - started) * size / len(histories)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        seconds = (f"{training:.1f}", f"{nightly:.1f}", f"{peer:.1f}", f"{megabytes:,}")
        cells = (f"{size:,}", f"{smoothers:.1f}", f"{size / smoothers:,.0f}", *seconds)
        print("".join(f"{cell:>13}" for cell in cells), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
