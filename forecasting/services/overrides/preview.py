"""What an override would do, without saving anything: per bucket of one series, and for all that it reaches."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from forecasting.engine.overrides import Adjusted, Change, adjust, covered, move_quantiles
from forecasting.models import Forecast, ForecastOverride, ForecastRun, ForecastScope
from forecasting.services.overrides.reach import Reached, changes_of, in_order, read_reached
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core.errors import Conflict
from stocksense.core.numeric import FloatArray


@dataclass(frozen=True)
class SeriesPreview:
    """One series: the first day of each bucket, and means [h] and quantiles [h, 11] without and with the override."""

    days: list[date]
    before: FloatArray
    after: FloatArray
    quantiles_before: FloatArray
    quantiles_after: FloatArray


@dataclass(frozen=True)
class Preview:
    """An override's effect on the next run, as far as today's statistical forecast tells it.

    reached, moved: series it is about and series whose forecast changes. expected, total: units of the former in the
    buckets it touches, without and with it. units: of an added or replacing value, those that fall on the forecast's
    days. series: of the one that was asked about; None where the override does not reach it.
    """

    reached: int
    moved: int
    expected: float
    total: float
    units: float
    bucket_days: int
    series: SeriesPreview | None


def current_forecast_run() -> ForecastRun | None:
    """The published forecast of the baseline."""
    pointer = CurrentRun.objects.run_of(RunKind.FORECAST)
    return ForecastRun.objects.filter(pk=pointer.run_id).first() if pointer else None


def preview_override(*, draft: ForecastOverride, item_id: int | None = None, location_id: int | None = None) -> Preview:
    """What `draft` (unsaved, or a saved one with other values) makes of the forecast, with all others in force.

    Raises Conflict before the first forecast.
    """
    run = current_forecast_run()
    if run is None:
        raise Conflict("There is no forecast yet: run the planning cycle first.")
    others = ForecastOverride.objects.in_force(on=run.as_of, ahead_from=run.starts_on).exclude(pk=draft.pk)
    overrides = in_order([*others, draft])
    reached = read_reached(run, overrides)
    changes = changes_of(run, overrides, reached)
    without = [one for one, override in zip(changes, overrides, strict=True) if override is not draft]
    own = changes[next(i for i, override in enumerate(overrides) if override is draft)]
    before = adjust(reached.mean, reached.sold, without, bucket_days=run.bucket_days)
    after = adjust(reached.mean, reached.sold, changes, bucket_days=run.bucket_days)
    share = covered(own, bucket_days=run.bucket_days, horizon=run.horizon_buckets)
    touched = share > 0
    rows = own.rows
    return Preview(
        reached=len(rows),
        moved=int((np.abs(after.mean - before.mean) > 1e-9).any(axis=1).sum()),
        expected=float(before.mean[rows][:, touched].sum()),
        total=float(after.mean[rows][:, touched].sum()),
        units=_units(own, run),
        bucket_days=run.bucket_days,
        series=_series(run, reached, own, (before, after), item_id, location_id),
    )


def _units(change: Change, run: ForecastRun) -> float:
    days = min(change.end, run.horizon_buckets * run.bucket_days) - max(change.start, 0)
    return change.value * max(days, 0) / (change.end - change.start)


def _series(
    run: ForecastRun, reached: Reached, own: Change, states: tuple[Adjusted, Adjusted],
    item_id: int | None, location_id: int | None,
) -> SeriesPreview | None:  # fmt: skip
    found = np.flatnonzero((reached.item_id == item_id) & (reached.location_id == location_id))
    if not len(found) or found[0] not in own.rows:
        return None
    row = int(found[0])
    stored = Forecast.objects.get(run=run, run_date=run.run_date, pk=int(reached.forecast_id[row]))
    quantiles = np.array(stored.statistical_quantiles or stored.quantiles)[None]
    statistical = reached.mean[row][None]
    paths = []
    for state in states:
        moved, _ = move_quantiles(statistical, quantiles, quantiles, state.mean[row][None], state.spread[row][None])
        paths.append(moved[0])
    return SeriesPreview(
        days=bucket_starts(run),
        before=states[0].mean[row],
        after=states[1].mean[row],
        quantiles_before=paths[0],
        quantiles_after=paths[1],
    )


def bucket_starts(run: ForecastRun) -> list[date]:
    """The first day of each bucket of a run."""
    return [run.starts_on + timedelta(days=number * run.bucket_days) for number in range(run.horizon_buckets)]


def own_forecast(run: ForecastRun, *, item_id: int, location_id: int) -> Forecast | None:
    """The run's forecast of an item's own demand at a location."""
    keys: dict[str, Any] = {"item_id": item_id, "location_id": location_id, "scope": ForecastScope.OWN}
    return Forecast.objects.filter(run=run, run_date=run.run_date, **keys).first()
