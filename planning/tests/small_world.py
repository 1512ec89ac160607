"""A company's shelves and its ERP, kept by hand beside the software: what is where, and what is under way.

It knows nothing of the tables: every number in it comes from what the test did.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Pair = tuple[str, str]

SKUS = ("APPLE", "BREAD")
STORES = ("NORTH", "SOUTH")
PAIRS = [(sku, code) for sku in SKUS for code in ("DC", *STORES)]
WANTED = {("APPLE", "NORTH"): 6, ("APPLE", "SOUTH"): 4, ("BREAD", "NORTH"): 3, ("BREAD", "SOUTH"): 2}
SUPPLIER_DAYS = 3


@dataclass
class Row:
    """A schedule row of an order as the ERP keeps it."""

    sku: str
    quantity: int
    line: str = ""
    schedule: str = "1"
    received: int = 0


@dataclass
class Order:
    """An order under way: from the supplier to the DC, or from the DC to a store."""

    kind: str
    source: str
    destination: str
    our_number: str = ""
    external: str = ""
    rows: list[Row] = field(default_factory=list)
    sent_on: date | None = None
    is_shipped: bool = False
    is_done: bool = False
    is_cancelled: bool = False

    def left(self, sku: str) -> int:
        """What is still to come of an item."""
        return 0 if self.is_done else sum(row.quantity - row.received for row in self.rows if row.sku == sku)


class SmallWorld:
    """Two items at a DC and two stores. Numbers are pieces; a day's stock is that of its opening."""

    def __init__(self, first: date) -> None:
        self.day = first
        self.on_hand: dict[Pair, int] = dict.fromkeys(PAIRS, 0)
        self.on_hand |= {("APPLE", "DC"): 60, ("BREAD", "DC"): 20, ("APPLE", "NORTH"): 8, ("BREAD", "SOUTH"): 5}
        self.orders: list[Order] = [
            Order("purchase", "ACME", "DC", external="E-900", rows=[Row("BREAD", 12, "1")], sent_on=first)
        ]
        self.sold: dict[tuple[str, str, date], int] = {}
        self.explained: dict[Pair, dict[str, int]] = {pair: {"count": self.on_hand[pair]} for pair in PAIRS}

    def position(self, sku: str, code: str) -> int:
        """On hand, and what is to come, less what is promised to orders that have not left."""
        coming = sum(order.left(sku) for order in self.orders if order.destination == code)
        return self.on_hand[sku, code] + coming - self.promised(sku, code)

    def promised(self, sku: str, code: str) -> int:
        """What transfers that have not left will take from here."""
        leaving = (order for order in self.orders if order.source == code and not order.is_shipped)
        return sum(order.left(sku) for order in leaving)

    def move(self, sku: str, code: str, kind: str, quantity: int) -> None:
        """A change of stock, signed, and why."""
        self.on_hand[sku, code] += quantity
        why = self.explained[sku, code]
        why[kind] = why.get(kind, 0) + quantity

    def ordered(self, kind: str, source: str, destination: str, sku: str, quantity: int) -> Order:
        """Somebody approved a line: it joins the order to the same place that has not been sent."""
        for order in self.orders:
            if (order.kind, order.source, order.destination, order.sent_on) == (kind, source, destination, None):
                break
        else:
            order = Order(kind, source, destination)
            self.orders.append(order)
        order.rows.append(Row(sku, quantity))
        return order

    def taken_back(self, order: Order, sku: str, quantity: int) -> None:
        """The last such line was undone."""
        row = next(row for row in reversed(order.rows) if (row.sku, row.quantity) == (sku, quantity))
        order.rows.remove(row)
        if not order.rows:
            self.orders.remove(order)

    def wanted(self, sku: str, code: str, day: date) -> int:
        """What customers ask for on a day."""
        return WANTED[sku, code] + (day.toordinal() + len(sku + code)) % 3 - 1

    def history(self, days: int) -> None:
        """Sales of the days before the first."""
        for back in range(days, 0, -1):
            day = self.day - timedelta(days=back)
            for sku, code in WANTED:
                self.sold[sku, code, day] = self.wanted(sku, code, day)

    def write(self, folder: Path, *, days: int) -> Path:
        """The morning's files: stock at opening, orders under way as the ERP sees them, sales of the last days."""
        target = folder / self.day.isoformat()
        target.mkdir()
        stock = [(sku, code, self.on_hand[sku, code], self.day) for sku, code in PAIRS]
        _csv(target / "stock.csv", "sku,location,on_hand,as_of", stock)
        since = self.day - timedelta(days=days)
        demand = [(sku, code, day, sold) for (sku, code, day), sold in self.sold.items() if day >= since]
        _csv(target / "demand.csv", "sku,location,date,quantity", demand)
        header = (
            "kind,source_system,external_number,line,schedule,our_number,supplier,origin,destination,sku,quantity,"
            "received_quantity,ordered_on,status"
        )
        _csv(target / "open_orders.csv", header, [line for order in self.orders for line in _lines(order)])
        return target

    def write_masters(self, target: Path) -> None:
        """What is set up once."""
        # (orders cost next to nothing, so that they are small; what is worth a word does not follow from that)
        settings = [("bucket", "day"), ("default_order_cost", "0.01"), ("message_minimum", "0.10")]
        _csv(target / "company.csv", "key,value", settings)
        _csv(target / "items.csv", "sku,name,unit_cost,unit_price", [(sku, sku.title(), 2, 3) for sku in SKUS])
        _csv(target / "locations.csv", "code,kind", [("DC", "dc"), *((code, "store") for code in STORES)])
        reviews = [(sku, code, 3 if code == "DC" else 1) for sku, code in PAIRS]
        _csv(target / "item_locations.csv", "sku,location,review_days", reviews)
        _csv(target / "suppliers.csv", "code,name", [("ACME", "Acme")])
        terms = [("ACME", sku, "DC", SUPPLIER_DAYS, 12, 6, 2) for sku in SKUS]
        _csv(target / "supplier_items.csv", "supplier,sku,location,lead_time_days,moq,order_multiple,unit_price", terms)
        _csv(target / "lanes.csv", "origin,destination,lead_time_days", [("DC", code, 1) for code in STORES])


def _lines(order: Order) -> list[tuple[Any, ...]]:
    """An order's rows in the ERP's file: none before it was sent and once it is done; one more time when cancelled."""
    if order.sent_on is None or (order.is_done and not order.is_cancelled):
        return []
    status = "sent" if order.kind == "purchase" else ("shipped" if order.is_shipped else "approved")
    status = "cancelled" if order.is_cancelled else status
    source = (order.source, "") if order.kind == "purchase" else ("", order.source)
    return [
        (
            order.kind, "ERP", order.external, row.line, row.schedule, order.our_number, *source, order.destination,
            row.sku, row.quantity, row.received, order.sent_on, status,
        )
        for row in order.rows
    ]  # fmt: skip


def _csv(path: Path, header: str, rows: list[tuple[Any, ...]]) -> None:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
