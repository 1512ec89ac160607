"""What closed buckets say of earlier forecasts' quantiles: each is aimed higher or lower from then on."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from django.db import transaction

from forecasting import engine
from forecasting.engine.aiming import aimed, tally
from forecasting.models import CoverageKind, ForecastCoverage, ForecastRun
from forecasting.services import frozen
from forecasting.services.closures import open_shares
from forecasting.services.history import History
from stocksense.core.database.binary import read_arrays
from stocksense.core.numeric import QUANTILE_GRID, FloatArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease

if TYPE_CHECKING:
    import polars

BUCKETS_BACK: Final = 12
SUM_DAYS: Final = 28
DECIMALS: Final = 6

_FROZEN = """
SELECT f.item_id, f.location_id, {quantiles} AS quantiles FROM forecasting_forecast f
WHERE f.run_id = %(run)s AND f.run_date = %(date)s AND f.scope = 'own' AND f.fallback = ''
  AND cardinality(f.mean) >= %(ahead)s {such}
"""
_QUERIES: Final = {
    CoverageKind.BUCKET: _FROZEN.format(
        quantiles="(coalesce(f.statistical_quantiles, f.quantiles))[%(ahead)s:%(ahead)s]", such=""
    ),
    CoverageKind.SUM: _FROZEN.format(
        quantiles="f.cumulative_quantiles[%(ahead)s:%(ahead)s]", such="AND f.statistical_mean IS NULL"
    ),
}
"""Statistical quantiles of all ordinary series, `ahead` buckets ahead; of sums those that no override has moved."""


@dataclass(frozen=True)
class Aims:
    """By how much a run aims higher at each probability [11], for buckets and their sums, and what it learned from."""

    bucket: FloatArray
    total: FloatArray
    learned: list[date]

    def summary(self) -> dict[str, Any]:
        """What the run's summary says; empty before anything was learned."""
        if not self.learned and not self.bucket.any() and not self.total.any():
            return {}
        return {
            "coverage": {
                "learned": [day.isoformat() for day in self.learned],
                "shift": _by_probability(self.bucket),
                "shift_of_sums": _by_probability(self.total),
            }
        }

    def apply(self, batch: engine.ForecastBatch) -> engine.ForecastBatch:
        """The batch with its ordinary series' quantiles aimed so; the sum of one bucket is that bucket."""
        rows = np.flatnonzero([label == "" for label in batch.fallback])
        if not rows.size or not (self.bucket.any() or self.total.any()):
            return batch
        quantiles, cumulative = batch.quantiles.copy(), batch.cumulative_quantiles.copy()
        quantiles[rows] = aimed(quantiles[rows], self.bucket)
        sums = aimed(cumulative[rows], self.total)
        sums[:, 0] = quantiles[rows, 0]
        cumulative[rows] = np.maximum.accumulate(sums, axis=1)
        return replace(batch, quantiles=quantiles, cumulative_quantiles=cumulative)


def learn(run: ForecastRun, *, history: History, nodes: "polars.DataFrame", lease: Lease) -> Aims:
    """Learn from the buckets that closed since the last run did, and say what `run` is to aim at.

    Each bucket counts once, however often runs are made or repeated; what is corrected later is not learned again.
    Only the baseline learns; its aims hold for all scenarios. history: as recorded. Raises JobLost where the lease is
    no longer held.
    """
    learned: set[date] = set()
    if run.scenario.is_baseline:
        for kind in CoverageKind:
            ahead = _ahead(kind, run.bucket_days)
            newest = _newest(kind, run.bucket_days)
            backs = range(min(BUCKETS_BACK, history.quantity.shape[1] - ahead), 0, -1)
            days = [history.end - timedelta(days=back * run.bucket_days) for back in backs]
            origins = {
                day: day - timedelta(days=(ahead - 1) * run.bucket_days)
                for day in days
                if newest is None or day > newest.bucket_start
            }
            runs = frozen.runs_by_first_day(run, origins.values())
            for day, origin in origins.items():
                if origin in runs and _learn_one(run, runs[origin], kind, day, history, nodes, lease):
                    learned.add(day)
    bucket, total = (_shift(_newest(kind, run.bucket_days)) for kind in (CoverageKind.BUCKET, CoverageKind.SUM))
    return Aims(bucket, total, sorted(learned))


def _learn_one(
    run: ForecastRun, judged: ForecastRun, kind: CoverageKind, day: date, history: History, nodes: "polars.DataFrame",
    lease: Lease,
) -> bool:  # fmt: skip
    ahead = _ahead(kind, run.bucket_days)
    quantiles, node = _quantiles(judged, kind, ahead, nodes)
    after = history.quantity.shape[1] - (history.end - day).days // run.bucket_days + 1
    seen, below = tally(quantiles, _demand(history, nodes, slice(after - ahead, after))[node])
    if not seen.any():
        return False
    with transaction.atomic():
        jobs.require_lease(lease)
        before = _newest(kind, run.bucket_days)
        if before is not None and before.bucket_start >= day:
            return False
        share = np.divide(below, seen, out=np.array(QUANTILE_GRID), where=seen > 0)
        state = engine.CoverageState(_shift(before)).after(share, seen / ahead, delay=ahead)
        ForecastCoverage.objects.create(
            kind=kind, bucket_start=day, bucket_days=run.bucket_days, judged_run_id=judged.pk, learned_by_id=run.pk,
            seen=seen.tolist(), below=below.tolist(), shift=np.round(state.shift, DECIMALS).tolist(),
        )  # fmt: skip
    return True


def _ahead(kind: CoverageKind, bucket_days: int) -> int:
    """Buckets from the cutoff to the end of what is judged."""
    return 1 if kind == CoverageKind.BUCKET else max(2, round(SUM_DAYS / bucket_days))


def _newest(kind: CoverageKind, bucket_days: int) -> ForecastCoverage | None:
    return ForecastCoverage.objects.filter(kind=kind, bucket_days=bucket_days).order_by("-bucket_start").first()


def _shift(state: ForecastCoverage | None) -> FloatArray:
    return np.zeros(len(QUANTILE_GRID)) if state is None else np.array(state.shift)


def _quantiles(
    judged: ForecastRun, kind: CoverageKind, ahead: int, nodes: "polars.DataFrame"
) -> tuple[FloatArray, IntArray]:
    """Frozen quantiles [m, 11] and the nodes [m] that they are of."""
    import polars

    values = {"run": judged.pk, "date": judged.run_date, "ahead": ahead}
    found = read_arrays(_QUERIES[kind], values)
    if not len(found["item_id"]):
        return np.zeros((0, len(QUANTILE_GRID))), np.zeros(0, dtype=np.int64)
    keys = ["item_id", "location_id"]
    frame = polars.DataFrame({key: found[key] for key in keys}).with_row_index("row")
    places = frame.join(nodes.select("node", *keys), on=keys).sort("row")
    return found["quantiles"][places["row"].to_numpy(), 0], places["node"].to_numpy().astype(np.int64)


def _demand(history: History, nodes: "polars.DataFrame", span: slice) -> FloatArray:
    """[n]: demand over the buckets of a span; NaN where stock ran out or a closure reached into one of them."""
    first = history.first_date + timedelta(days=span.start * history.bucket_days)
    share = open_shares(nodes, first=first, buckets=span.stop - span.start, bucket_days=history.bucket_days)
    known = (history.in_stock[:, span] & (share == 1.0)).all(axis=1)
    return np.where(known, history.quantity[:, span].sum(axis=1), np.nan)


def _by_probability(shift: FloatArray) -> dict[str, float]:
    return {str(p): round(float(value), DECIMALS) for p, value in zip(QUANTILE_GRID, shift, strict=True)}
