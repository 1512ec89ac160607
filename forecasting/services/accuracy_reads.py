"""Accuracy as pages ask for it: sums of closed buckets put together, in a fixed number of queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Max, Min, Sum

from forecasting.models import (
    CoverageKind,
    ForecastAccuracy,
    ForecastCoverage,
    ForecastMiss,
    Layer,
    OverrideReason,
    SegmentKind,
)
from stocksense.accounts.models import User
from stocksense.core.numeric import QUANTILE_GRID

LEVELS = ("item-location", "item", "location", "category", "total")
SPANS = (4, 8, 13, 26, 52)
"""Closed buckets that a page may look back."""
COVERED = (0.8, 0.9, 0.95, 0.99)
"""Probabilities by which stock is sized."""

_SUMMED = (
    "series", "left_out", "actual", "forecast", "absolute_error", "scaled_series", "scaled_error", "scaled_square",
    "scaled_pinball", "below_95", "below_99", "inside_95",
)  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """One layer's errors over a segment, put together; each score is None where nothing can be said.

    wape: Σ|error| / Σ demand. bias: Σ(forecast − demand) / Σ demand. mase: mean absolute error over the mean change of
    the series' history. rmsse: root of the mean squared error over the mean squared change. pinball: mean pinball loss
    over the mean change. below_95, below_99, inside_95: how often demand was where the forecast said.
    """

    sums: Mapping[str, float] = field(default_factory=dict)

    @property
    def series(self) -> int:
        """Forecasts judged."""
        return int(self.sums.get("series") or 0)

    @property
    def left_out(self) -> int:
        """Forecasts of buckets in which stock ran out."""
        return int(self.sums.get("left_out") or 0)

    @property
    def actual(self) -> float:
        """Demand, units."""
        return float(self.sums.get("actual") or 0.0)

    @property
    def absolute_error(self) -> float:
        """Units."""
        return float(self.sums.get("absolute_error") or 0.0)

    @property
    def wape(self) -> float | None:
        """Σ|error| / Σ demand."""
        return self._ratio("absolute_error", "actual")

    @property
    def bias(self) -> float | None:
        """Σ(forecast − demand) / Σ demand; positive: too high."""
        forecast = self._ratio("forecast", "actual")
        return None if forecast is None else forecast - 1.0

    @property
    def mase(self) -> float | None:
        """Below 1: better than repeating the last demand, in the history."""
        return self._ratio("scaled_error", "scaled_series")

    @property
    def rmsse(self) -> float | None:
        """The same of squares."""
        square = self._ratio("scaled_square", "scaled_series")
        return None if square is None else square**0.5

    @property
    def pinball(self) -> float | None:
        """Mean scaled pinball loss of the .5 .8 .9 .95 .99 quantiles."""
        return self._ratio("scaled_pinball", "scaled_series")

    @property
    def below_95(self) -> float | None:
        """Share of buckets with demand at most the .95 quantile."""
        return self._ratio("below_95", "series")

    @property
    def below_99(self) -> float | None:
        """Share of buckets with demand at most the .99 quantile."""
        return self._ratio("below_99", "series")

    @property
    def inside_95(self) -> float | None:
        """Share of buckets with demand in the 95 % interval."""
        return self._ratio("inside_95", "series")

    def _ratio(self, above: str, below: str) -> float | None:
        numerator, denominator = self.sums.get(above), self.sums.get(below)
        return None if numerator is None or not denominator else numerator / denominator


@dataclass(frozen=True)
class Fva:
    """What the overrides of a reason or person added: units of absolute error that they took away (below 0: added)."""

    name: str
    forecasts: int
    before: Scores
    after: Scores

    @property
    def units(self) -> float:
        """Absolute error before minus after."""
        return self.before.absolute_error - self.after.absolute_error

    @property
    def points(self) -> float | None:
        """WAPE before minus after, over the forecasts that were overridden."""
        if self.before.wape is None or self.after.wape is None:
            return None
        return self.before.wape - self.after.wape


@dataclass(frozen=True)
class Covered:
    """How often closed buckets lay at or below the quantile of a probability, and what is added to it since.

    seen, below: forecasts that tell something of it, and those that demand stayed within. shift: by how much higher
    the next run aims.
    """

    kind: CoverageKind
    probability: float
    seen: int
    below: int
    shift: float

    @property
    def share(self) -> float | None:
        """Of 1, to be held against the probability."""
        return self.below / self.seen if self.seen else None


@dataclass(frozen=True)
class AccuracyReport:
    """The closed buckets of a span, by segment, layer and lag."""

    first: date | None
    last: date | None
    lag: int
    lags: list[int]
    table: Mapping[tuple[str, str, int, str], Scores]
    over_time: list[tuple[date, dict[str, Scores]]]
    reasons: list[Fva]
    people: list[Fva]
    misses: list[ForecastMiss]

    def scores(self, kind: SegmentKind, key: str, layer: Layer, lag: int | None = None) -> Scores:
        """The scores of a segment at the report's lag, or at another one."""
        return self.table.get((kind.value, key, lag or self.lag, layer.value), Scores())


def read_report(*, buckets: int = 13, lag: int = 1) -> AccuracyReport:
    """The newest closed buckets (at most `buckets`) as they were forecast `lag` buckets ahead, and by every lag."""
    days = sorted(ForecastAccuracy.objects.values_list("bucket_start", flat=True).distinct())[-buckets:]
    rows = ForecastAccuracy.objects.filter(bucket_start__in=days)
    known = rows.aggregate(first=Min("bucket_start"), last=Max("bucket_start"))
    table = _table(rows)
    lags = sorted({one for _, _, one, _ in table})
    lag = lag if lag in lags or not lags else lags[0]
    misses = ForecastMiss.objects.filter(bucket_start=known["last"]).select_related("item", "location")
    return AccuracyReport(
        first=known["first"],
        last=known["last"],
        lag=lag,
        lags=lags,
        table=table,
        over_time=_over_time(rows.filter(lag=lag)),
        reasons=_fva(table, SegmentKind.REASON, lag, _reason_names()),
        people=_fva(table, SegmentKind.PERSON, lag, _person_names(table)),
        misses=list(misses),
    )


def read_coverage(*, bucket_days: int, buckets: int = 13) -> list[Covered]:
    """Of single buckets and of sums what the newest closed ones (at most `buckets`) told of the upper quantiles."""
    found = []
    for kind in CoverageKind:
        rows = list(ForecastCoverage.objects.filter(kind=kind, bucket_days=bucket_days)[:buckets])
        for at, probability in enumerate(QUANTILE_GRID):
            if rows and probability in COVERED:
                seen, below = sum(row.seen[at] for row in rows), sum(row.below[at] for row in rows)
                found.append(Covered(kind, probability, seen, below, rows[0].shift[at]))
    return found


def _table(rows: Any) -> dict[tuple[str, str, int, str], Scores]:
    sums = rows.order_by().values("kind", "key", "lag", "layer").annotate(**{f"{n}_sum": Sum(n) for n in _SUMMED})
    return {(row["kind"], row["key"], row["lag"], row["layer"]): _scores(row) for row in sums}


def _scores(row: Mapping[str, Any]) -> Scores:
    return Scores({name: row[f"{name}_sum"] for name in _SUMMED})


def _over_time(rows: Any) -> list[tuple[date, dict[str, Scores]]]:
    """Per closed bucket the scores of every layer, at the level of item-locations."""
    rows = rows.filter(kind=SegmentKind.LEVEL, key="item-location")
    sums = rows.order_by().values("bucket_start", "layer").annotate(**{f"{n}_sum": Sum(n) for n in _SUMMED})
    found: dict[date, dict[str, Scores]] = {}
    for row in sums:
        found.setdefault(row["bucket_start"], {})[row["layer"]] = _scores(row)
    return sorted(found.items())


def _fva(
    table: Mapping[tuple[str, str, int, str], Scores], kind: SegmentKind, lag: int, names: Mapping[str, str]
) -> list[Fva]:
    """Best first."""
    keys = sorted({key for one, key, at, _ in table if one == kind and at == lag})
    found = []
    for key in keys:
        before, after = (table[(kind.value, key, lag, layer.value)] for layer in (Layer.STATISTICAL, Layer.FINAL))
        found.append(Fva(names.get(key, "imported" if key == "" else f"number {key}"), before.series, before, after))
    return sorted(found, key=lambda one: -one.units)


def _reason_names() -> dict[str, str]:
    return {str(pk): name for pk, name in OverrideReason.objects.values_list("pk", "name")}


def _person_names(keys: Iterable[tuple[str, str, int, str]]) -> dict[str, str]:
    ids = {int(key) for kind, key, _, _ in keys if kind == SegmentKind.PERSON and key}
    return {str(user.pk): str(user) for user in User.objects.filter(pk__in=ids)}
