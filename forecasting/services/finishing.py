"""What is done to all forecasts of a run together, once each series has its own: launches, handovers, totals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from django.db import transaction

from forecasting.engine import ForecastBatch
from forecasting.engine.hierarchy import moved
from forecasting.models import ForecastAggregate, ForecastRun
from forecasting.services import launches, totals
from forecasting.services.corrections import Corrected
from forecasting.services.supersession import Handovers
from forecasting.services.totals import Reconciled
from stocksense.core.database.copy import array_text, copy_rows
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import BoolArray, IntArray
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease

if TYPE_CHECKING:
    import polars

COLUMNS = (
    "run_id", "run_date", "level", "category_id", "region", "location_id", "series", "first_date",
    "mean", "quantiles", "scores",
)  # fmt: skip
SCORES = ("wape", "bias", "scaled_pinball", "all_zero_wape", "all_zero_scaled_pinball")


@dataclass(frozen=True)
class Finished:
    """Final forecasts of the nodes' own demand; notes per node for its scores; what the run's summary says of it."""

    own: ForecastBatch
    notes: dict[int, dict[str, Any]]
    summary: dict[str, Any]


def finish(
    own: ForecastBatch, *, run: ForecastRun, corrected: Corrected, handovers: Handovers, windows: int, lease: Lease,
    supplier: IntArray | None = None,
) -> Finished:  # fmt: skip
    """Put launches in, split what is being handed over, make all totals add up, and store the totals.

    own: forecasts of every node in the order of `handovers.nodes`. supplier [n]: of the node's item, -1 unknown.
    Raises JobLost where the lease is no longer held; nothing is written then.
    """
    history, nodes = handovers.history, handovers.nodes
    launched = launches.launch(own, history, nodes, supplier=supplier)
    shared = _split(launched.batch, handovers, history.quantity.shape[1])
    sold = _sold(nodes, run)
    added_up = totals.reconciled(
        shared, totals.read_totals(nodes), corrected.demand, sold, bucket_days=run.bucket_days, windows=windows
    )
    ensure_partitions(ForecastAggregate, [run.run_date])
    with transaction.atomic():
        jobs.require_lease(lease)
        copy_rows(ForecastAggregate, COLUMNS, _rows(run, added_up, history.end))
    evidence = launched.evidence
    summary = {
        "corrections": corrected.counts,
        "launches": {
            "forecast": len(launched.notes), "past": evidence.launches, "factor": round(evidence.factor, 3),
            "spread": round(evidence.spread, 3), "handover_buckets": round(evidence.handover, 1),
        },
        "levels": totals.accuracy(added_up, corrected.demand, bucket_days=run.bucket_days),
    }  # fmt: skip
    return Finished(added_up.own, launched.notes, summary)


def joined(batches: Sequence[ForecastBatch]) -> ForecastBatch:
    """Several batches as one, in order."""
    if len(batches) == 1:
        return batches[0]
    parts = {field.name: [getattr(batch, field.name) for batch in batches] for field in fields(ForecastBatch)}
    return ForecastBatch(
        **{
            name: sum(values, ()) if isinstance(values[0], tuple) else np.concatenate(values)
            for name, values in parts.items()
        }
    )


def rows_of(batch: ForecastBatch, rows: IntArray) -> ForecastBatch:
    """Some series of a batch."""
    return ForecastBatch(
        **{
            field.name: tuple(value[row] for row in rows.tolist()) if isinstance(value, tuple) else value[rows]
            for field in fields(ForecastBatch)
            for value in [getattr(batch, field.name)]
        }
    )


def _split(batch: ForecastBatch, handovers: Handovers, width: int) -> ForecastBatch:
    """Until its handover a successor that sells already has its own share only; the rest is its predecessor's."""
    if not (handovers.until > 0).any():
        return batch
    before = np.arange(batch.mean.shape[1]) < handovers.until[:, None]
    mean = np.where(before, batch.mean * handovers.share[:, None], batch.mean)
    summed, now = np.cumsum(batch.mean, axis=1), np.cumsum(mean, axis=1)
    return replace(
        batch,
        mean=mean,
        quantiles=moved(batch.quantiles, batch.mean, mean),
        cumulative_quantiles=moved(batch.cumulative_quantiles, summed, now),
    )


def _sold(nodes: "polars.DataFrame", run: ForecastRun) -> BoolArray:
    raise NotImplementedError


def _rows(run: ForecastRun, added_up: Reconciled, first_date: Any) -> Iterator[Sequence[Any]]:
    batch = added_up.batch
    for row, total in enumerate(added_up.totals):
        values = {name: float(getattr(batch, name)[row]) for name in SCORES}
        scores = {name: round(value, 4) for name, value in values.items() if np.isfinite(value)}
        yield (
            run.pk, run.run_date, total.level.value, total.category_id, total.region, total.location_id,
            len(total.nodes), first_date, array_text(batch.mean[row]), array_text(batch.quantiles[row]),
            orjson.dumps(scores).decode(),
        )  # fmt: skip
