"""What the training says that announced events will do to demand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from forecasting import engine
from forecasting.models import EventUplift, ForecastRun
from forecasting.services import fanout
from forecasting.services.events import read_events
from forecasting.services.history import History
from forecasting.services.panels import NOT_LEARNED, bucket_of
from stocksense.core.numeric import FloatArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease

if TYPE_CHECKING:
    import polars


def learned_uplift(
    content: bytes, quiet: engine.Panel, parts: Sequence[IntArray], mean: FloatArray, history: History,
    nodes: "polars.DataFrame",
) -> list[EventUplift]:  # fmt: skip
    """Per announced event the units expected without and because of it, in the buckets that it touches.

    quiet: the panel of all nodes as if nothing were announced. parts: nodes that the training forecasts, as they were
    forecast together (seasons are shared); mean [r, h]: all of them with the events. What several events do together to
    one bucket is divided among them evenly.
    """
    ahead, rows = mean.shape[1], np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    events = read_events(start=history.end, end=history.end + timedelta(days=ahead * history.bucket_days))
    place = np.full(len(nodes), -1)
    place[rows] = np.arange(rows.size)
    events = events.filter(~events["kind"].is_in(NOT_LEARNED))
    reached = events.join(nodes.select("node", "item_id", "location_id"), on=["item_id", "location_id"])
    at = place[reached["node"].to_numpy()]
    first = history.quantity.shape[1]
    begin = np.clip(bucket_of(reached["start_date"].to_numpy(), history) - first, 0, ahead)
    last = bucket_of(reached["end_date"].to_numpy(), history) - first
    end = np.where(reached["end_date"].is_null().to_numpy(), ahead, np.clip(last + 1, 0, ahead))
    known = (at >= 0) & (end > begin)
    if not known.any():
        return []
    at, begin, end, event = at[known], begin[known], end[known], reached["event_id"].to_numpy()[known]
    begins = np.cumsum([0, *(part.size for part in parts)])
    reached_parts = np.unique(np.searchsorted(begins, at, side="right") - 1).tolist()
    baseline = np.zeros_like(mean)
    plain = fanout.each(engine.forecast_stored, [(content, quiet.rows(parts[one])) for one in reached_parts])
    for one, found in zip(reached_parts, plain, strict=True):
        baseline[begins[one] : begins[one + 1]] = found.mean[:, :ahead]
    number = np.zeros(mean.shape)
    spans = [(row, slice(b, e)) for row, b, e in zip(at.tolist(), begin.tolist(), end.tolist(), strict=True)]
    for row, span in spans:
        number[row, span] += 1.0
    change = (mean - baseline) / np.maximum(number, 1.0)
    sums: dict[int, list[float]] = {}
    for (row, span), pk in zip(spans, event.tolist(), strict=True):
        units = sums.setdefault(pk, [0.0, 0.0, 0.0])
        units[0] += float(baseline[row, span].sum())
        units[1] += float(change[row, span].sum())
        units[2] += 1
    return [
        EventUplift(event_id=pk, baseline=round(units[0], 3), uplift=round(units[1], 3), series=int(units[2]))
        for pk, units in sorted(sums.items())
    ]


def store(run: ForecastRun, found: list[EventUplift], lease: Lease) -> None:
    """Keep the uplift of each event as the newest run saw it; those of past events stay as they were last."""
    if not found or not run.scenario.is_baseline:
        return
    for one in found:
        one.run_id = run.pk
    with transaction.atomic():
        jobs.require_lease(lease)
        EventUplift.objects.bulk_create(
            found, batch_size=2_000, update_conflicts=True, unique_fields=["event"],
            update_fields=["run_id", "baseline", "uplift", "series"],
        )  # fmt: skip
