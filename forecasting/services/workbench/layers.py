"""Layers of one series' history: what was sold, and what the forecast takes demand for where that differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.apps import apps

from forecasting.engine.series import clean_series
from inventory.models import Demand
from stocksense.core.numeric import BoolArray, FloatArray

SALES, UNCONSTRAINED, CORRECTED = "sales", "unconstrained", "corrected"
LABELS = {SALES: "sales", UNCONSTRAINED: "unconstrained: with what stock-outs hid", CORRECTED: "corrected for outliers"}
STOCK_OUT = "stock_out"
CORRECTIONS_MODEL: str = "DemandCorrection"

Corrections = Mapping[str, Mapping[date, float]]
"""Kind of correction → units per bucket, signed."""


@dataclass(frozen=True)
class HistoryLayers:
    """Buckets of a series from its first demand on, oldest first.

    days [t]: first day of each; sold_out [t]: stock ran out; values: layer → [t] units. Layers that differ from the
    one before nowhere are left out; sales are always there.
    """

    days: list[date]
    bucket_days: int
    sold_out: list[bool]
    values: dict[str, list[float]]

    def __len__(self) -> int:
        return len(self.days)


def read_layers(*, item_id: int, location_id: int, end: date, bucket_days: int, buckets: int) -> HistoryLayers:
    """The layers of the `buckets` buckets before `end`, each `bucket_days` long; three queries at most."""
    first = end - timedelta(days=buckets * bucket_days)
    keys = {"item_id": item_id, "location_id": location_id}
    rows = Demand.objects.filter(**keys, date__gte=first, date__lt=end).values_list("date", "quantity", "in_stock")
    sales, in_stock = np.zeros(buckets), np.ones(buckets, dtype=np.bool_)
    for day, quantity, had_stock in rows:
        at = (day - first).days // bucket_days
        sales[at] += float(quantity)
        in_stock[at] &= had_stock
    seen = np.flatnonzero((sales > 0) | ~in_stock)
    start = int(seen[0]) if len(seen) else buckets
    days = [first + timedelta(days=number * bucket_days) for number in range(start, buckets)]
    layers = layers_of(days, sales[start:], in_stock[start:], _corrections(keys, days))
    return HistoryLayers(days, bucket_days, (~in_stock[start:]).tolist(), layers)


def layers_of(
    days: Sequence[date], sales: FloatArray, in_stock: BoolArray, found: Corrections
) -> dict[str, list[float]]:
    """The layers of a history: by the recorded corrections, and without any by what the forecast engine completes."""
    layers = {SALES: sales}
    hidden = _on(days, found.get(STOCK_OUT, {}))
    if not hidden.any() and not in_stock.all():
        completed = clean_series(sales, in_stock).demand
        lead = sales.size - completed.size
        hidden[lead:] = np.where(in_stock[lead:], 0.0, completed - sales[lead:])
    if hidden.any():
        layers[UNCONSTRAINED] = sales + hidden
    damped = sum((_on(days, change) for kind, change in found.items() if kind != STOCK_OUT), np.zeros(len(days)))
    if damped.any():
        layers[CORRECTED] = np.maximum(sales + hidden + damped, 0.0)
    return {name: np.round(values, 3).tolist() for name, values in layers.items()}


def _corrections(keys: Mapping[str, int], days: Sequence[date]) -> Corrections:
    """The corrections on record that count; none where the company's release keeps none."""
    try:
        model = apps.get_model("forecasting", CORRECTIONS_MODEL)
    except LookupError:
        return {}
    found: dict[str, dict[date, float]] = {}
    rows = model._default_manager.filter(**keys, state="applied", date__gte=min(days, default=date.max))
    for kind, day, quantity in rows.values_list("kind", "date", "quantity"):
        found.setdefault(kind, {})[day] = found.get(kind, {}).get(day, 0.0) + float(quantity)
    return found


def _on(days: Sequence[date], change: Mapping[date, float]) -> FloatArray:
    return np.array([change.get(day, 0.0) for day in days], dtype=np.float64)
