"""Command line: forecast a demand file at past cutoffs, and score the forecasts beside the usual single models.

python -m forecasting.engine.backtest DEMAND.csv --freq W-WED --horizon 8 --windows 3 --out DIR
Writes forecasts.csv (series_id, cutoff, date, mean, q025 … q99) and metrics.csv, and prints the metrics.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from forecasting.engine import comparators
from forecasting.engine.comparators import PathForecast
from forecasting.engine.panel import DateArray, Panel
from forecasting.engine.prediction import forecast
from forecasting.engine.scores import divide, mean_known, pinball, relative_bias, wape
from forecasting.engine.series import LARGEST_VALUE
from forecasting.engine.tables import DemandTable, TableError, read_demand
from forecasting.engine.training import train
from stocksense.core.numeric import QUANTILE_GRID, QUANTILE_NAMES, BoolArray, FloatArray

WRITTEN: Final = ("q025", "q05", "q10", "q50", "q80", "q90", "q95", "q975", "q99")
P95, P99 = QUANTILE_GRID.index(0.95), QUANTILE_GRID.index(0.99)
P025, P975 = QUANTILE_GRID.index(0.025), QUANTILE_GRID.index(0.975)
SLOW_SAMPLE: Final = 200
FEWEST_SLOW: Final = 20
SLOW_DAYS: Final = 15_000
SHORTEST_SCORED: Final = 8
WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
THIS, ALL_ZERO, BEST = "this project", "all-zero", "best single model"


def slow_sample(panel: Panel) -> int:
    """Series that the slow models are fitted to: 200, on daily data as few as 20 (a seasonal AutoETS takes seconds)."""
    if panel.bucket_days > 1:
        return SLOW_SAMPLE
    return max(FEWEST_SLOW, min(SLOW_SAMPLE, SLOW_DAYS // max(panel.buckets, 1)))


@dataclass(frozen=True)
class Window:
    """One cutoff: how many buckets were known, what was forecast by whom, and what came [n, h].

    actual: NaN where stock ran out, as demand was at least what was sold and nobody knows how much more.
    """

    known: int
    actual: FloatArray
    change: FloatArray
    scored: BoolArray
    forecasts: dict[str, tuple[PathForecast, BoolArray]]


@dataclass(frozen=True)
class Score:
    """A forecaster over all windows; series: forecasts that were scored."""

    name: str
    series: int
    wape: float
    bias: float
    scaled_pinball: float
    below_p95: float
    below_p99: float
    inside_95: float


def score(name: str, windows: Sequence[Window], of: BoolArray | None = None) -> Score:
    """Score one forecaster; `of` [n] keeps to some series."""
    columns: list[tuple[FloatArray, ...]] = []
    for window in windows:
        found, tried = window.forecasts[name]
        mask = window.scored & tried if of is None else window.scored & tried & of
        columns.append((window.actual[mask], found.mean[mask], found.quantiles[mask], window.change[mask]))
    actual, mean, quantiles, change = (np.concatenate(column) for column in zip(*columns, strict=True))
    if actual.size == 0:
        return Score(name, 0, *(float("nan"),) * 6)
    scaled = divide(mean_known(pinball(actual, quantiles)), change)
    known = np.isfinite(actual)
    came, of_it = actual[known], quantiles[known]
    inside = (came >= of_it[:, P025]) & (came <= of_it[:, P975])
    return Score(
        name=name,
        series=int(known.any(axis=1).sum()),
        wape=float(wape(came, mean[known])),
        bias=float(relative_bias(came, mean[known])),
        scaled_pinball=float(mean_known(scaled)),
        below_p95=_share(came <= of_it[:, P95]),
        below_p99=_share(came <= of_it[:, P99]),
        inside_95=_share(inside),
    )


def _share(values: BoolArray) -> float:
    return float(values.mean()) if values.size else float("nan")


def run_windows(
    table: DemandTable, *, horizon: int, windows: int, seed: int, comparators_of: str, trees: float = 1.0
) -> list[Window]:
    """Forecast at the `windows` cutoffs that lie one horizon apart before the end of the file, oldest first.

    Everything is trained anew at each cutoff on what was known then. comparators_of: none, cheap or all.
    Raises TableError when the history is too short for that.
    """
    panel = table.panel
    if panel.buckets <= horizon * windows + SHORTEST_SCORED:
        raise TableError(
            f"{panel.buckets} buckets are too few for {windows} windows of {horizon}: "
            f"at least {horizon * windows + SHORTEST_SCORED + 1} are needed; lower --horizon or --windows"
        )
    results = []
    for window in range(windows, 0, -1):
        known = panel.buckets - horizon * window
        past = panel.until(known)
        label = f"cutoff {table.labels[known - 1]}"
        _tell(f"{label}: {int((past.first < known).sum())} series")
        started = time.process_time()
        trained = train(past, horizon=horizon, seed=seed, trees=trees, progress=_tell)
        found = forecast(trained, past)
        _tell(f"{label}: forecast after {time.process_time() - started:.1f} s of CPU")
        mine = PathForecast(found.mean, found.quantiles)
        results.append(_window(panel, past, mine, horizon=horizon, comparators_of=comparators_of, label=label))
    return results


def _window(panel: Panel, past: Panel, mine: PathForecast, *, horizon: int, comparators_of: str, label: str) -> Window:
    known = past.buckets
    moves = np.abs(np.diff(past.demand, axis=1))
    there = np.isfinite(moves)
    change = np.where(there, moves, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    begun = past.first < known
    nothing = PathForecast(np.zeros_like(mine.mean), np.zeros_like(mine.quantiles))
    forecasts = {THIS: (mine, begun), ALL_ZERO: (nothing, begun)}
    if comparators_of != "none":
        histories = [past.demand[row, past.first[row] :] for row in range(len(past))]
        for name, make in comparators.single_models(past.bucket_days).items():
            began = time.process_time()
            forecasts[name] = comparators.fit_series(make, histories, horizon), begun
            _tell(f"{label}: {name}, {time.process_time() - began:.1f} s of CPU")
    if comparators_of == "all":
        rows = np.flatnonzero(begun)
        rows = rows[:: max(1, -(-rows.size // slow_sample(past)))]
        tried = np.zeros(len(past), dtype=np.bool_)
        tried[rows] = True
        for name, make in comparators.slow_models(past.bucket_days).items():
            began = time.process_time()
            some = comparators.fit_series(make, [histories[row] for row in rows.tolist()], horizon)
            mean, quantiles = np.zeros_like(mine.mean), np.zeros_like(mine.quantiles)
            mean[rows], quantiles[rows] = some.mean, some.quantiles
            _tell(f"{label}: {name} on {rows.size} series, {time.process_time() - began:.1f} s of CPU")
            forecasts[name] = PathForecast(mean, quantiles), tried
    scored = begun & (known - past.first >= SHORTEST_SCORED) & (change > 0)
    span = slice(known, known + horizon)
    actual = np.where(panel.told[:, span], panel.demand[:, span], np.nan)
    return Window(known, actual, change, scored, forecasts)


def sold_out_note(windows: Sequence[Window]) -> str:
    """How many buckets of the scored forecasts nothing is judged by, as stock ran out in them; empty for none."""
    out = sum(int(np.isnan(window.actual[window.scored]).sum()) for window in windows)
    of_all = sum(window.actual[window.scored].size for window in windows)
    return f"{out} of {of_all} buckets are left out of the scores: stock ran out in them" if out else ""


def weekday_note(labels: DateArray, freq: str, label: str | None) -> str:
    """What a weekly file's dates are taken for, where they are not the day that --freq names; empty where they are."""
    _, _, named = freq.upper().partition("-")
    if named not in WEEKDAYS or freq[:1].upper() != "W":
        return ""
    found = WEEKDAYS[int((labels[0].astype(np.int64) + 3) % 7)]
    if found == named:
        return ""
    day = "first" if label == "start" else "last"
    return f"the dates are {found}, not {named}: each is taken for the {day} day of its week"


def require_plausible(table: DemandTable) -> None:
    """Raises TableError where a quantity is beyond what can be computed with."""
    row, at = np.nonzero(np.nan_to_num(table.panel.demand) > LARGEST_VALUE)
    if row.size:
        one = f"{table.panel.demand[row[0], at[0]]:g} for series {table.series_ids[row[0]]} on {table.labels[at[0]]}"
        raise TableError(
            f"{row.size} quantities are above {LARGEST_VALUE:g}, the first {one}: correct them, or take the rows out"
        )


def scores(windows: Sequence[Window]) -> list[Score]:
    """The metrics table: this project, all-zero, the best single model, every model, best first.

    Models that were fitted to a sample of the series stand for it alone; "this project on the sample" is beside them.
    """
    names = list(windows[0].forecasts)
    found = {name: score(name, windows) for name in names}
    everyone = found[THIS].series
    singles = sorted(
        (found[name] for name in names if name not in (THIS, ALL_ZERO)), key=lambda one: one.scaled_pinball
    )
    complete = [one for one in singles if one.series == everyone]
    table = [found[THIS]]
    if complete:
        best = complete[0]
        table.append(replace(best, name=f"{BEST} ({best.name})"))
    table.append(found[ALL_ZERO])
    table += complete
    sampled = [one for one in singles if one.series != everyone]
    if sampled:
        sample = sampled[0].name
        same = [replace(window, scored=window.scored & window.forecasts[sample][1]) for window in windows]
        mine = score(THIS, same)
        table.append(replace(mine, name="this project on the sample"))
        if complete:
            best_there = score(complete[0].name, same)
            table.append(replace(best_there, name=f"{best_there.name} on the sample"))
        table += sampled
    return table


def write_forecasts(path: Path, table: DemandTable, windows: Sequence[Window]) -> None:
    """forecasts.csv: one row per series that had begun, cutoff and date; cutoff is the last date known."""
    import polars

    columns = [QUANTILE_NAMES.index(name) for name in WRITTEN]
    parts = []
    for window in windows:
        found, tried = window.forecasts[THIS]
        rows, horizon = np.flatnonzero(tried), found.mean.shape[1]
        dates = table.labels[window.known : window.known + horizon]
        frame = {
            "series_id": np.repeat(np.array(table.series_ids)[rows], horizon),
            "cutoff": np.full(rows.size * horizon, str(table.labels[window.known - 1])),
            "date": np.tile(dates.astype(str), rows.size),
            "mean": found.mean[rows].ravel(),
            **{name: found.quantiles[rows][:, :, at].ravel() for name, at in zip(WRITTEN, columns, strict=True)},
        }
        parts.append(polars.DataFrame(frame))
    polars.concat(parts).write_csv(path, float_precision=6)


def write_metrics(path: Path, table: Sequence[Score]) -> None:
    """metrics.csv: one row per forecaster."""
    import polars

    polars.DataFrame([one.__dict__ for one in table]).write_csv(path, float_precision=6)


def metrics_text(table: Sequence[Score]) -> str:
    """The table for people; "to best" is the scaled pinball over that of the best single model."""
    best = next((one.scaled_pinball for one in table if one.name.startswith(BEST)), float("nan"))
    lines = [
        f"{'':42}{'series':>8}{'WAPE':>8}{'bias':>8}{'pinball':>9}{'to best':>9}{'≤P95':>7}{'≤P99':>7}{'in 95%':>8}"
    ]
    lines += [
        f"{one.name:42}{one.series:8d}{one.wape:8.3f}{one.bias:+8.3f}{one.scaled_pinball:9.4f}"
        f"{one.scaled_pinball / best:9.3f}{one.below_p95:7.3f}{one.below_p99:7.3f}{one.inside_95:8.3f}"
        for one in table
    ]
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The options."""
    result = argparse.ArgumentParser(
        prog="python -m forecasting.engine.backtest",
        description="Forecast a demand file at past cutoffs and score the forecasts beside the usual single models.",
    )
    result.add_argument("demand", type=Path, help="CSV: series_id, date, quantity, optional covariates")
    result.add_argument("--freq", required=True, help="D, W-SUN … W-SAT, M, ME or MS")
    result.add_argument("--label", choices=("start", "end"), help="whether a date is its bucket's first or last day")
    result.add_argument("--horizon", type=int, default=8, help="buckets ahead")
    result.add_argument("--windows", type=int, default=3, help="cutoffs, one horizon apart, before the end of the file")
    result.add_argument("--future-known", type=Path, help="CSV: date, optional series_id, covariates known ahead")
    result.add_argument("--attributes", type=Path, help="CSV: series_id, attributes (text or numbers)")
    result.add_argument("--out", type=Path, required=True, help="folder for forecasts.csv and metrics.csv")
    result.add_argument("--seed", type=int, default=1)
    result.add_argument("--comparators", choices=("all", "cheap", "none"), default="all",
                        help="all: with AutoETS and Theta on a sample of series")  # fmt: skip
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; returns 0, or 2 with a message when the files cannot be used."""
    options = parser().parse_args(arguments)
    if options.horizon < 1 or options.windows < 1:
        print("--horizon and --windows must be at least 1", file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        table = read_demand(
            options.demand, freq=options.freq, label=options.label, ahead=options.horizon,
            future_known=options.future_known, attributes=options.attributes,
        )  # fmt: skip
        require_plausible(table)
        for note in (*table.notes, weekday_note(table.labels, options.freq, options.label)):
            if note:
                _tell(f"note: {note}")
        _tell(f"{len(table.panel)} series, {table.panel.buckets} buckets")
        windows = run_windows(
            table, horizon=options.horizon, windows=options.windows, seed=options.seed,
            comparators_of=options.comparators,
        )  # fmt: skip
    except TableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    write_forecasts(options.out / "forecasts.csv", table, windows)
    found = scores(windows)
    write_metrics(options.out / "metrics.csv", found)
    print(metrics_text(found))
    if note := sold_out_note(windows):
        print(note)
    _tell(f"done in {time.monotonic() - started:.0f} s; forecasts.csv and metrics.csv are in {options.out}")
    return 0


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
