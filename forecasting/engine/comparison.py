"""The comparison of all candidates: every family, the blend and its members, at origins that none of them had seen."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from forecasting.engine import families
from forecasting.engine.comparators import PathForecast
from forecasting.engine.families import Family, PooledFamily
from forecasting.engine.features import FeatureTable
from forecasting.engine.panel import Panel
from forecasting.engine.prediction import forecast, forecast_members
from forecasting.engine.scores import divide, mean_known, pinball
from forecasting.engine.training import (
    GLOBAL_POOLS,
    GLOBAL_QUANTILES,
    GLOBAL_RATIOS,
    SMOOTHERS,
    Trained,
    calibration_buckets,
    segment_name,
    segments_at,
)
from stocksense.core.numeric import QUANTILE_GRID, BoolArray, FloatArray, IntArray

ORIGINS: Final = 3
LONGEST: Final = {1: 28, 7: 13, 30: 6}
MOST_PER_SEGMENT: Final = 1_000
CPU_SECONDS: Final = 120.0
FIRST_CHUNK: Final = 12
SLOW_CHUNK: Final = 120
QUICK_CHUNK: Final = 1_000
LEARNED_CHUNK: Final = 5_000
SHORTEST_SCORED: Final = 8
LONGEST_ERROR: Final = 200
FEWEST_PAIRS: Final = 30
CLEARLY: Final = 2.0
WORTH_SAYING: Final = 0.01
BLEND, ALL_ZERO, FALLBACK = "blend", "all-zero", "smoothers"
SCORES: Final = ("scaled_pinball", "wape", "bias", "rmsse")
TRAINED: Final = frozenset({"boosted", "blend"})
"""Families that the training is: judged as it made them, not fitted again."""
MEANS: Final = {
    GLOBAL_QUANTILES: "boosted mean",
    GLOBAL_RATIOS: "boosted mean",
    GLOBAL_POOLS: "boosted mean",
    SMOOTHERS: "smoothers",
}
"""Members' means by the name of their quantiles. (The own past has quantiles only.)"""

Progress = Callable[[str], None]
Errors = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""loss, absolute, over, squared: as in Tried, of some series."""


@dataclass(frozen=True)
class Schedule:
    """Origins [o] (buckets known), oldest first, and the buckets ahead that are judged at each."""

    origins: tuple[int, ...]
    horizon: int


@dataclass(frozen=True)
class Tried:
    """Errors of one candidate over the first m series of the comparison.

    loss [m, o]: mean scaled pinball per origin. absolute, over [m]: sums of |forecast − demand| and forecast − demand
    in units (NaN for a candidate without a mean). squared [m]: mean of squared errors over squared changes.
    fallbacks: series that it could not forecast, which are judged by the smoothers; error: what it said of the first.
    """

    name: str
    loss: FloatArray
    absolute: FloatArray
    over: FloatArray
    squared: FloatArray
    fallbacks: int = 0
    error: str = ""


@dataclass(frozen=True)
class Comparison:
    """All candidates on the same series.

    rows [n]: series by their row of the panel; the first `sampled` of them stand for their segments. segment [n] as
    seen from the first origin. demand [n]: units that came over all origins.
    """

    schedule: Schedule
    rows: IntArray
    segment: IntArray
    sampled: int
    demand: FloatArray
    tried: tuple[Tried, ...]
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates, in the order of the columns of `per_series`."""
        return tuple(one.name for one in self.tried)

    def per_series(self) -> dict[str, FloatArray]:
        """scaled_pinball, wape, bias and rmsse [n, candidates] of each series; NaN where not tried or not known."""
        size = self.rows.size
        result = {name: np.full((size, len(self.tried)), np.nan) for name in SCORES}
        for column, one in enumerate(self.tried):
            tried = len(one.loss)
            demand = self.demand[:tried]
            found = (mean_known(one.loss), divide(one.absolute, demand), divide(one.over, demand), np.sqrt(one.squared))
            for name, values in zip(SCORES, found, strict=True):
                result[name][:tried, column] = values
        return result


def schedule(panel: Panel, horizon: int) -> Schedule | None:
    """Three origins, one judged span apart, in the buckets that a training holds out; None where these are too few.

    No more buckets ahead than `horizon` or a quarter of a year (28 days, 6 months), fewer where the history is short.
    """
    longest = LONGEST.get(panel.bucket_days, round(91 / panel.bucket_days))
    ahead = min(horizon, longest, calibration_buckets(panel, horizon) // ORIGINS)
    if ahead < 1 or panel.buckets - ORIGINS * ahead < SHORTEST_SCORED:
        return None
    return Schedule(tuple(panel.buckets - ahead * back for back in range(ORIGINS, 0, -1)), ahead)


def steps() -> int:
    """Candidates that are tried one after the other: the blend with its members, then each family."""
    return 1 + sum(one.name not in TRAINED for one in families.families())


def compare(
    panel: Panel,
    blend: Trained,
    when: Schedule,
    *,
    seed: int,
    most_per_segment: int = MOST_PER_SEGMENT,
    cpu_seconds: float = CPU_SECONDS,
    progress: Progress = lambda _: None,
    clock: Callable[[], float] = time.thread_time,
) -> Comparison:
    """Judge every family, the blend and its members at the origins, each by what was known there.

    blend: trained on panel.until(when.origins[0]) for when.horizon. Per segment at most `most_per_segment` series,
    drawn by the seed; the blend itself is scored on every series. Families that are too slow for the night share
    `cpu_seconds`: each works through the sample in growing chunks, all segments in turn, as far as its share goes (12
    series at least), and leaves what it does not need to those after it. progress is called between chunks and may
    raise to stop.
    Raises ValueError where the blend was trained for another horizon.
    """
    if blend.horizon != when.horizon:
        raise ValueError("the blend was trained for another horizon than is judged")
    rows, segment, sampled = _sample(panel, blend, when, most_per_segment, seed)
    judge = _Judge(panel, rows, when)
    if rows.size == 0:
        return Comparison(when, rows, segment, 0, judge.demand, ())
    sample = panel.rows(rows[:sampled])
    tried = [*_learned(panel, blend, judge, sampled, progress), _all_zero(judge)]
    ready = [one for one in families.families() if one.name not in TRAINED]
    quick, slow = [one for one in ready if one.nightly], [one for one in ready if not one.nightly]
    tried += [_family(one, sample, judge, seed, progress, lambda _: QUICK_CHUNK) for one in quick]
    left = cpu_seconds
    for at, family in enumerate(slow):
        share = _Share(clock, left / (len(slow) - at))
        tried.append(_family(family, sample, judge, seed, progress, share.next_chunk))
        left = max(left - share.spent(), 0.0)
    found = Comparison(when, rows, segment, sampled, judge.demand, tuple(tried))
    return replace(found, evidence=_evidence(found))


def _sample(panel: Panel, blend: Trained, when: Schedule, most: int, seed: int) -> tuple[IntArray, IntArray, int]:
    """Series that can be judged [n], their segments [n] and how many of the first ones are the sample.

    They are shuffled within their segments and taken in turn, so that any first part is spread over all segments.
    """
    first = when.origins[0]
    table = FeatureTable(panel.until(first), when.horizon)
    rows = np.flatnonzero((panel.first <= first - SHORTEST_SCORED) & table.sold_before(first))
    rows = np.random.default_rng(seed).permutation(rows)
    segment = segments_at(table, first, blend.volume_edges)[rows]
    place = np.zeros(rows.size, dtype=np.int64)
    for code in np.unique(segment):
        mask = segment == code
        place[mask] = np.arange(mask.sum())
    order = np.lexsort((segment, place))
    return rows[order], segment[order], int((place < most).sum())


class _Judge:
    """What came after each origin, to hold forecasts against.

    rows [n] of the panel; actual [n, o, h] (NaN: not known); change and rms [n, o]: mean absolute and root mean square
    change between the buckets before the origin; demand [n]: units over all origins.
    """

    def __init__(self, panel: Panel, rows: IntArray, when: Schedule) -> None:
        self.when, self.rows = when, rows
        actual, change, rms = [], [], []
        for origin in when.origins:
            span = slice(origin, origin + when.horizon)
            actual.append(np.where(panel.told[rows, span], panel.demand[rows, span], np.nan))
            moves = np.diff(panel.demand[rows, :origin], axis=1)
            change.append(mean_known(np.abs(moves)))
            rms.append(np.sqrt(mean_known(np.square(moves))))
        self.actual, self.change, self.rms = np.stack(actual, 1), np.stack(change, 1), np.stack(rms, 1)
        self.demand: FloatArray = np.nansum(self.actual, axis=(1, 2))

    def errors(self, begin: int, end: int, found: Sequence[PathForecast]) -> Errors:
        """Errors of the forecasts from each origin of series begin .. end − 1; a mean that is NaN has none."""
        actual, change, rms = self.actual[begin:end], self.change[begin:end], self.rms[begin:end]
        loss = divide(mean_known(pinball(actual, np.stack([one.quantiles for one in found], axis=1))), change)
        error = np.stack([one.mean for one in found], axis=1) - actual
        known = np.isfinite(error).any(axis=(1, 2))
        absolute, over = (np.where(known, np.nansum(one, axis=(1, 2)), np.nan) for one in (np.abs(error), error))
        squared = mean_known(divide(mean_known(np.square(error)), np.square(rms)))
        return loss, absolute, over, squared


def _tried(name: str, parts: Sequence[Errors], fallbacks: int = 0, error: str = "") -> Tried:
    loss, absolute, over, squared = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Tried(name, loss, absolute, over, squared, fallbacks, error)


def _learned(panel: Panel, blend: Trained, judge: _Judge, sampled: int, progress: Progress) -> list[Tried]:
    """The blend on every series, and each of its members on the sample."""
    parts: dict[str, list[Errors]] = {}
    size = judge.rows.size
    for begin, end in [*_spans(0, sampled, LEARNED_CHUNK), *_spans(sampled, size, LEARNED_CHUNK)]:
        some = panel.rows(judge.rows[begin:end])
        found: dict[str, list[PathForecast]] = {}
        for origin in judge.when.origins:
            progress(f"{BLEND}: {end:,} of {size:,} series")
            past = some.until(origin)
            whole = forecast(blend, past)
            found.setdefault(BLEND, []).append(PathForecast(whole.mean, whole.quantiles))
            quantiles, means = forecast_members(blend, past) if begin < sampled else ({}, {})
            for name, values in quantiles.items():
                mean = means[MEANS[name]] if name in MEANS else np.full(values.shape[:2], np.nan)
                found.setdefault(name, []).append(PathForecast(mean, values.astype(np.float64)))
        for name, forecasts in found.items():
            parts.setdefault(name, []).append(judge.errors(begin, end, forecasts))
    return [_tried(name, chunks) for name, chunks in parts.items()]


def _all_zero(judge: _Judge) -> Tried:
    shape = (judge.rows.size, judge.when.horizon)
    nothing = PathForecast(np.zeros(shape), np.zeros((*shape, len(QUANTILE_GRID))))
    return _tried(ALL_ZERO, [judge.errors(0, judge.rows.size, [nothing] * len(judge.when.origins))])


class _Share:
    """A slow family's share of the CPU's time, and how many series it may take next."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._started = clock()

    def spent(self) -> float:
        """Seconds so far."""
        return self._clock() - self._started

    def next_chunk(self, done: int) -> int:
        """Series of the chunk after the first `done`: as many again, where at this pace they fit in; 0 to stop."""
        if done == 0:
            return FIRST_CHUNK
        size = min(done, SLOW_CHUNK)
        return size if self.spent() * (done + size) / done <= self._seconds else 0


def _family(
    family: Family, sample: Panel, judge: _Judge, seed: int, progress: Progress, next_chunk: Callable[[int], int]
) -> Tried:
    """A family on the sample, chunk by chunk; given up after a chunk of which it can forecast no series."""
    parts: list[Errors] = []
    begin, fallbacks, said = 0, 0, ""
    while begin < len(sample) and (size := next_chunk(begin)):
        progress(f"{family.name}: {begin:,} of {len(sample):,} series")
        end = min(begin + size, len(sample))
        found, failed, error = _with_fallback(family, sample.rows(np.arange(begin, end)), judge.when, seed)
        parts.append(judge.errors(begin, end, found))
        fallbacks, said = fallbacks + failed, said or error
        if failed == end - begin:
            break
        begin = end
    return _tried(family.name, parts, fallbacks, said)


def _with_fallback(family: Family, panel: Panel, when: Schedule, seed: int) -> tuple[list[PathForecast], int, str]:
    """Forecasts from each origin, by the smoothers of series that the family fails on; how many, and what it said."""
    shape = (len(panel), when.horizon)
    result = [PathForecast(np.zeros(shape), np.zeros((*shape, len(QUANTILE_GRID)))) for _ in when.origins]
    failed: list[int] = []
    said = ""
    waiting = [np.arange(len(panel))]
    while waiting:
        rows = waiting.pop()
        try:
            _put(result, rows, _rolled(family, panel.rows(rows), when, seed))
        except Exception as error:  # (a family is a company's own code: whatever it raises is its answer)
            said = said or f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
            if rows.size == 1:
                failed += rows.tolist()
            else:
                waiting += np.array_split(rows, 2)
    if failed:
        rows = np.array(sorted(failed))
        fallback = next(one for one in families.families() if one.name == FALLBACK)
        _put(result, rows, _rolled(fallback, panel.rows(rows), when, seed))
    return result, len(failed), said


def _rolled(family: Family, panel: Panel, when: Schedule, seed: int) -> list[PathForecast]:
    """Forecasts from each origin by the panel as it was there. Raises ValueError where they break the protocol."""
    if isinstance(family, PooledFamily):
        found = family.rolling(panel, when.origins, horizon=when.horizon, seed=seed)
    else:
        found = [family.forecast(panel.until(origin), horizon=when.horizon, seed=seed) for origin in when.origins]
    for one in found:
        if one.mean.shape != (len(panel), when.horizon) or one.quantiles.shape != (*one.mean.shape, len(QUANTILE_GRID)):
            raise ValueError("forecasts of another shape than asked for")
        if not (np.isfinite(one.mean).all() and np.isfinite(one.quantiles).all()):
            raise ValueError("forecasts that are no numbers")
        if one.mean.min(initial=0.0) < 0 or one.quantiles.min(initial=0.0) < 0:
            raise ValueError("forecasts below zero")
        if (np.diff(one.quantiles, axis=2) < 0).any():
            raise ValueError("quantiles that fall")
    return found


def _put(result: list[PathForecast], rows: IntArray, found: Sequence[PathForecast]) -> None:
    for into, one in zip(result, found, strict=True):
        into.mean[rows], into.quantiles[rows] = one.mean, one.quantiles


def _evidence(found: Comparison) -> dict[str, Any]:
    """What is stored and shown: scores of each candidate over all sampled series and per segment."""
    sample = np.arange(found.rows.size) < found.sampled
    codes = np.unique(found.segment[sample]).tolist()
    return {
        "origins": len(found.schedule.origins),
        "horizon": found.schedule.horizon,
        "candidates": list(found.names),
        "all": _scores(found, sample),
        "segments": {segment_name(code): _scores(found, sample & (found.segment == code)) for code in codes},
        "failures": {
            one.name: {"series": one.fallbacks, "error": one.error} for one in found.tried if one.fallbacks
        },
    }  # fmt: skip


def _scores(found: Comparison, mask: BoolArray) -> dict[str, Any]:
    """Scores over some series; `clearly_better`: who beat the blend there, beyond noise, the best first."""
    blend = next(one for one in found.tried if one.name == BLEND)
    scores = {one.name: _score(one, blend, found.demand, mask) for one in found.tried}
    scores = {name: score for name, score in scores.items() if score["series"]}
    better = sorted(
        (name for name in scores if scores[name].get("clearly_better")), key=lambda name: scores[name]["difference"]
    )
    return {
        "series": int(mask.sum()), "candidates": scores, "clearly_better": better,
        "reason": _reason(scores, better, len(found.schedule.origins)),
    }  # fmt: skip


def _reason(scores: dict[str, Any], better: Sequence[str], origins: int) -> str:
    """What the comparison says of the blend, in a sentence."""

    def apart(name: str) -> str:
        one = scores[name]
        return f"{abs(one['difference']) / one['blend']:.1%}".replace("%", " %")

    others = [name for name, one in scores.items() if one.get("blend") and one["difference"] is not None]
    if not others:
        return "Too few series to compare candidates by."
    if better:
        name = better[0]
        return (
            f"{name[:1].upper()}{name[1:]} did clearly better than the blend: {apart(name)} less loss on the same "
            f"{scores[name]['series']:,} series, at each of {origins} origins."
        )
    name = min(others, key=lambda one: scores[one]["difference"] / scores[one]["blend"])
    word = "more" if scores[name]["difference"] >= 0 else "less"
    doubt = "" if word == "more" else ", which may be chance or is too little to matter"
    return (
        f"No candidate did clearly better than the blend. Nearest: {name}, {apart(name)} {word} loss on the same "
        f"{scores[name]['series']:,} series{doubt}."
    )


def _score(one: Tried, blend: Tried, demand: FloatArray, mask: BoolArray) -> dict[str, Any]:
    """One candidate over some series, and how it compares with the blend on the same ones.

    difference: mean over series of its scaled pinball less the blend's; standard_error: of that mean. It is clearly
    better where that is below −2 standard errors and −1 % of the blend's loss, over 30 series or more, and at every
    origin: what moves all series at once moves their errors together, so that many series at one origin prove little.
    """
    tried = len(one.loss)
    use = mask[:tried]
    loss, of_blend, units = one.loss[use], blend.loss[:tried][use], demand[:tried][use]
    apart = loss - of_blend
    paired = mean_known(apart)
    paired = paired[np.isfinite(paired)]
    absolute, over = one.absolute[use], one.over[use]
    known = np.isfinite(absolute)
    total = units[known].sum()
    result = {
        "series": int(np.isfinite(mean_known(loss)).sum()),
        "scaled_pinball": _number(mean_known(mean_known(loss))),
        "wape": _number(divide(absolute[known].sum(), total)),
        "bias": _number(divide(over[known].sum(), total)),
        "rmsse": _number(mean_known(np.sqrt(one.squared[use]))),
    }
    if one is blend or paired.size < 2:
        return result
    difference, error = float(paired.mean()), float(paired.std(ddof=1) / np.sqrt(paired.size))
    beside = float(mean_known(mean_known(of_blend)))
    beyond = difference < -max(CLEARLY * error, WORTH_SAYING * beside)
    clear = beyond and paired.size >= FEWEST_PAIRS and bool((mean_known(apart.T) < 0).all())
    return result | {
        "blend": _number(beside), "difference": _number(difference), "standard_error": _number(error),
        "clearly_better": clear,
    }  # fmt: skip


def _spans(begin: int, end: int, size: int) -> list[tuple[int, int]]:
    return [(start, min(start + size, end)) for start in range(begin, end, size)]


def _number(value: Any) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
