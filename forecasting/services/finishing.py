"""What is done to all forecasts of a run together, once each series has its own: launches, handovers, totals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from django.db import transaction

from forecasting.engine import ForecastBatch
from forecasting.engine.closures import on_open_days
from forecasting.engine.hierarchy import moved
from forecasting.models import ForecastAggregate, ForecastRun
from forecasting.services import launches, totals
from forecasting.services.history import History
from forecasting.services.supersession import Handovers
from forecasting.services.totals import Reconciled, Total
from stocksense.core.database.binary import read_arrays
from stocksense.core.database.copy import array_text, copy_rows
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.numeric import BoolArray, FloatArray, IntArray
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
    own: ForecastBatch, *, run: ForecastRun, handovers: Handovers, made_up: History, windows: int, lease: Lease,
    open_share: FloatArray, supplier: IntArray | None = None,
) -> Finished:  # fmt: skip
    """Put launches in, split what is being handed over, make all totals add up, and store the totals.

    own: forecasts of every node in the order of `handovers.nodes`. made_up: what they demanded, stock-outs made up for
    and handed over. open_share [n, h]: of the days of a bucket to come, those that are not closed. supplier [n]: of the
    node's item, -1 unknown.
    Raises JobLost where the lease is no longer held; nothing is written then.
    """
    history, nodes = handovers.history, handovers.nodes
    launched = launches.launch(own, history, nodes, supplier=supplier)
    shared = on_open_days(_split(launched.batch, handovers), open_share)
    sold = _sold(nodes, run, history.end)
    demand = np.where(made_up.inside, made_up.quantity, 0.0)
    steady = sold.all(axis=1) & (handovers.until == 0)
    steady[list(launched.notes)] = False
    steady[(open_share < 1.0).any(axis=1)] = False
    added_up = totals.reconciled(
        shared, totals.read_totals(nodes), demand, sold=sold, steady=steady, bucket_days=run.bucket_days,
        windows=windows,
    )  # fmt: skip
    ensure_partitions(ForecastAggregate, [run.run_date])
    with transaction.atomic():
        jobs.require_lease(lease)
        copy_rows(ForecastAggregate, COLUMNS, _rows(run, added_up, history.end))
    evidence = launched.evidence
    summary = {
        "launches": {
            "forecast": len(launched.notes), "past": evidence.launches, "factor": round(evidence.factor, 3),
            "spread": round(evidence.spread, 3), "handover_buckets": round(evidence.handover, 1),
        },
        "levels": totals.accuracy(added_up, demand, bucket_days=run.bucket_days),
    }  # fmt: skip
    return Finished(added_up.own, launched.notes, summary)


_OWN_MEANS = """
SELECT item_id, location_id, mean FROM forecasting_forecast
WHERE run_id = %(run)s AND run_date = %(date)s AND scope = 'own'
"""


def add_up_again(run: ForecastRun, nodes: "polars.DataFrame") -> None:
    """Make the stored totals of a run the sums of its stored forecasts, after overrides say; quantiles follow.

    Inside the caller's transaction. A total that is not stored stays so.
    """
    import polars

    arrays = read_arrays(_OWN_MEANS, {"run": run.pk, "date": run.run_date})
    places = nodes.select("node", "item_id", "location_id")
    keys = polars.DataFrame({name: arrays[name] for name in ("item_id", "location_id")})
    node = keys.join(places, on=["item_id", "location_id"], how="left", maintain_order="left")["node"]
    mean = np.zeros((len(nodes), run.horizon_buckets))
    known = node.is_not_null().to_numpy()
    mean[node.drop_nulls().to_numpy()] = arrays["mean"][known]
    sums = {_key(total): mean[total.nodes].sum(axis=0) for total in totals.read_totals(nodes)}
    stored = list(ForecastAggregate.objects.filter(run=run, run_date=run.run_date))
    for row in stored:
        after = sums.get((row.level, row.category_id, row.region, row.location_id))
        if after is not None:
            quantiles = moved(np.array(row.quantiles), np.array(row.mean), after)
            row.mean, row.quantiles = after.round(4).tolist(), quantiles.round(4).tolist()
    ForecastAggregate.objects.bulk_update(stored, ["mean", "quantiles"], batch_size=500)


def joined(batches: Sequence[ForecastBatch]) -> ForecastBatch:
    """Several batches as one, in order."""
    columns: dict[str, Any] = {}
    for field in fields(ForecastBatch):
        values = [getattr(batch, field.name) for batch in batches]
        columns[field.name] = sum(values, ()) if isinstance(values[0], tuple) else np.concatenate(values)
    return ForecastBatch(**columns)


def rows_of(batch: ForecastBatch, rows: IntArray) -> ForecastBatch:
    """Some series of a batch."""
    columns: dict[str, Any] = {}
    for field in fields(ForecastBatch):
        values = getattr(batch, field.name)
        columns[field.name] = tuple(values[row] for row in rows.tolist()) if isinstance(values, tuple) else values[rows]
    return ForecastBatch(**columns)


def _split(batch: ForecastBatch, handovers: Handovers) -> ForecastBatch:
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


def _sold(nodes: "polars.DataFrame", run: ForecastRun, first_date: date) -> BoolArray:
    """[n, h]: buckets that hold a day on which the node is sold."""
    import polars

    begin = polars.lit(first_date) + polars.duration(days=polars.int_range(run.horizon_buckets) * run.bucket_days)
    buckets = polars.select(begin.cast(polars.Date).alias("begin"))["begin"].to_numpy()
    starts, ends = nodes["active_from"].to_numpy(), nodes["active_to"].to_numpy()
    after = buckets + np.timedelta64(run.bucket_days, "D")
    begun = np.isnat(starts)[:, None] | (starts[:, None] < after)
    over = ends[:, None] < buckets
    sold: BoolArray = begun & ~over
    return sold


def _key(total: Total) -> tuple[str, int | None, str, int | None]:
    return total.level.value, total.category_id, total.region, total.location_id


def _rows(run: ForecastRun, added_up: Reconciled, first_date: date) -> Iterator[Sequence[Any]]:
    batch = added_up.batch
    for row, total in enumerate(added_up.totals):
        values = {name: float(getattr(batch, name)[row]) for name in SCORES}
        scores = {name: round(value, 4) for name, value in values.items() if np.isfinite(value)}
        yield (
            run.pk, run.run_date, total.level.value, total.category_id, total.region, total.location_id,
            len(total.nodes), first_date, array_text(batch.mean[row]), array_text(batch.quantiles[row]),
            orjson.dumps(scores).decode(),
        )  # fmt: skip
