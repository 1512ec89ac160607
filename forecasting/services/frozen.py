"""What is frozen beside a forecast so that it can be judged later: the no-change forecast, and units for errors."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db.models import Exists, OuterRef

from forecasting.models import Forecast, ForecastRun
from forecasting.services.history import History
from stocksense.company.models import RunState
from stocksense.core.database.copy import array_text
from stocksense.core.numeric import IntArray

COLUMNS: Final = ("naive_mean", "change_mean", "change_rms")

FrozenRow = tuple[str, float | None, float | None]


def runs_by_first_day(run: ForecastRun, days: Iterable[date]) -> dict[date, ForecastRun]:
    """The runs of the scenario of `run` by which buckets are judged, by the first day that they forecast.

    days: those first days; a day of which no run is kept is not in the result. Of several runs with the same demand the
    first counts (of those on one day the newest): what was done when a bucket was half over was no forecast.
    """
    cutoffs = [day - timedelta(days=1) for day in days]
    kept = Exists(Forecast.objects.filter(run=OuterRef("pk"), run_date=OuterRef("run_date")))
    found = (
        ForecastRun.objects.filter(scenario=run.scenario_id, state=RunState.FINISHED, bucket_days=run.bucket_days)
        .filter(kept, cutoff__in=cutoffs)
        .order_by("cutoff", "as_of", "-pk")
        .distinct("cutoff")
    )
    return {one.starts_on: one for one in found}


def naive_layer(history: History, rows: IntArray, *, horizon: int) -> list[FrozenRow]:
    """Per series of `rows` the values of COLUMNS.

    The no-change forecast repeats the demand of the last bucket in which stock did not run out, as far as the item is
    sold then (0 without any). The changes are those between consecutive buckets from the first sale on, the in-sample
    errors of that same forecast one bucket ahead: None where there are fewer than two buckets or nothing ever changed.
    Sources: Hyndman & Koehler (2006), MASE; Makridakis, Spiliotis & Assimakopoulos (2022), RMSSE.
    """
    quantity, columns = history.quantity[rows], np.arange(history.quantity.shape[1])
    first, last = history.first[rows, None], history.last[rows, None]
    inside = (columns >= first) & (columns < last)
    seen = inside & history.in_stock[rows]
    latest = quantity.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    value = np.where(seen.any(axis=1), quantity[np.arange(len(rows)), latest], 0.0)
    value = np.where(history.last[rows] < quantity.shape[1], 0.0, value)  # (ended before the forecast begins)
    paired = inside[:, 1:] & inside[:, :-1]
    change = np.where(paired, np.diff(quantity, axis=1), 0.0)
    pairs = np.maximum(paired.sum(axis=1), 1)
    mean, rms = np.abs(change).sum(axis=1) / pairs, np.sqrt(np.square(change).sum(axis=1) / pairs)
    return [
        (array_text(np.full(horizon, value[i])), float(mean[i]) or None, float(rms[i]) or None)
        for i in range(len(rows))
    ]
