"""The history of one series as a person looks at it: what was sold, what was asked for, and what is forecast from."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from forecasting.engine.censoring import unconstrain_in_hindsight
from forecasting.models import DemandCorrection
from forecasting.services import corrections, supersession
from forecasting.services.history import History, read_history
from stocksense.company import services as company
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import BoolArray, FloatArray

_PLACES = """
SELECT il.item_id, il.location_id, greatest(item.active_from, il.active_from) AS active_from,
       least(item.active_to, il.active_to) AS active_to
FROM inventory_itemlocation il JOIN inventory_item item ON item.id = il.item_id
WHERE il.location_id = %(location)s AND il.item_id = ANY(%(items)s::bigint[])
ORDER BY il.item_id
"""


@dataclass(frozen=True)
class HistoryLayers:
    """One item at one location, in buckets of `bucket_days` from `first_date` on, arrays of one length [t].

    sales: what was recorded. in_stock: False where stock ran out. unconstrained: sales, with the demand that stock-outs
    hid as it looks in hindsight (buckets before and after). corrected: what the forecast is made from, sales plus all
    applied corrections, each made from the buckets before it alone; closed days counted as if they had been open.
    inherited: what predecessors add to that, which the forecast counts as the item's own.
    """

    first_date: date
    bucket_days: int
    sales: FloatArray
    in_stock: BoolArray
    unconstrained: FloatArray
    corrected: FloatArray
    inherited: FloatArray
    corrections: list[DemandCorrection]

    @classmethod
    def none(cls, bucket_days: int) -> "HistoryLayers":
        """Of a series without history."""
        nothing = np.zeros(0)
        return cls(date.min, bucket_days, nothing, nothing.astype(np.bool_), nothing, nothing, nothing, [])

    @property
    def days(self) -> list[date]:
        """First day of each bucket."""
        return [self.first_date + timedelta(days=number * self.bucket_days) for number in range(self.sales.size)]

    @property
    def shown(self) -> dict[str, FloatArray]:
        """The layers that a person looks at, by name: sales always, others where they differ from the one before.

        used: what the forecast is made from, predecessors' sales included.
        """
        layers = {"sales": self.sales, "unconstrained": self.unconstrained, "used": self.corrected + self.inherited}
        last, found = self.sales, {"sales": self.sales}
        for name, values in layers.items():
            if not np.allclose(values, last):
                found[name] = last = values
        return found

    def latest(self, buckets: int) -> "HistoryLayers":
        """The last `buckets` buckets of it."""
        begin = max(self.sales.size - buckets, 0)
        return replace(
            self,
            first_date=self.first_date + timedelta(days=begin * self.bucket_days),
            sales=self.sales[begin:],
            in_stock=self.in_stock[begin:],
            unconstrained=self.unconstrained[begin:],
            corrected=self.corrected[begin:],
            inherited=self.inherited[begin:],
        )

    @property
    def hidden(self) -> float:
        """Units that stock-outs hid, in hindsight."""
        return float((self.unconstrained - self.sales).sum())


def read_layers(
    *, item_id: int, location_id: int, as_of: date | None = None, end: date | None = None
) -> HistoryLayers | None:
    """The layers of a series up to the last bucket closed by `as_of` (today); None without an item-location.

    `end`: the day after that bucket, where it is known (of a run: the day after its cutoff). A fixed number of
    queries. They begin with the first sale, of the item or of a predecessor.
    """
    settings, day = company.settings(), as_of or company.today()
    items = [item_id, *supersession.predecessors_of(item_id)]
    nodes = read_frame(_PLACES, {"items": items, "location": location_id}).with_row_index("node")
    own = nodes["node"].filter(nodes["item_id"] == item_id)
    if own.is_empty():
        return None
    row = int(own[0])
    history = read_history(nodes, as_of=day, settings=settings, end=end, item_ids=items)
    trained = corrections.trained_on(history, nodes, item_ids=items)
    total = supersession.succeed(trained, nodes).history
    first = min(int(total.first[row]), history.quantity.shape[1])
    span = slice(first, max(first, int(history.last[row])))
    sales, in_stock = history.quantity[row, span], history.in_stock[row, span]
    corrected = trained.quantity[row, span]
    return HistoryLayers(
        first_date=history.first_date + timedelta(days=first * history.bucket_days),
        bucket_days=history.bucket_days,
        sales=sales,
        in_stock=in_stock,
        unconstrained=unconstrain_in_hindsight(np.maximum(sales, 0.0), in_stock).demand,
        corrected=corrected,
        inherited=total.quantity[row, span] - corrected,
        corrections=_corrections(item_id, location_id, history, span),
    )


def _corrections(item_id: int, location_id: int, history: History, span: slice) -> list[DemandCorrection]:
    begin = history.first_date + timedelta(days=span.start * history.bucket_days)
    rows = DemandCorrection.objects.filter(
        item_id=item_id, location_id=location_id, date__gte=begin, date__lt=history.end
    )
    return list(rows.select_related("author").order_by("date", "id"))
