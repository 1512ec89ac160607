"""A small company by hand: hides set-up, never the numbers that matter."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Demand, Item, ItemLocation, ItemLocationState, Lane, Location, StockBalance
from stocksense.core.database.partitions import ensure_partitions
from vendors.models import Supplier, SupplierItem

MONDAY = date(2026, 11, 16)
"""The day the small company is planned from: a Monday, the company's week start."""


class SmallCompany:
    """Items at locations with weekly demand up to `as_of`, in stock as of that day's opening."""

    def __init__(self, as_of: date = MONDAY) -> None:
        self.as_of = as_of
        self.supplier = Supplier.objects.create(code="ACME", name="Acme")

    def item(self, sku: str, *, cost: float = 2, price: float = 3, **fields: Any) -> Item:
        """An item with a cost and a selling price."""
        return Item.objects.create(sku=sku, name=f"Item {sku}", unit_cost=cost, unit_price=price, **fields)

    def location(self, code: str, kind: str = "store", **fields: Any) -> Location:
        """A location."""
        return Location.objects.create(code=code, kind=kind, **fields)

    def stocked(self, item: Item, location: Location, on_hand: float = 0, **fields: Any) -> ItemLocation:
        """An item at a location with its stock."""
        row = ItemLocation.objects.create(item=item, location=location, **fields)
        ItemLocationState.objects.create(item_location=row, stock_as_of=self.as_of)
        StockBalance.objects.create(item=item, location=location, quantity=on_hand)
        return row

    def place(self, sku: str, code: str) -> ItemLocation:
        """The item at the location, by their codes."""
        return ItemLocation.objects.select_related("item", "location").get(item__sku=sku, location__code=code)

    def demand(self, item: Item, location: Location, weekly: Sequence[float]) -> None:
        """Weekly demand, the last value in the week that ended the day before `as_of`."""
        first = self.as_of - timedelta(weeks=len(weekly))
        dates = [first + timedelta(weeks=week) for week in range(len(weekly))]
        ensure_partitions(Demand, dates)
        Demand.objects.bulk_create(
            Demand(item=item, location=location, date=day, bucket_days=7, quantity=Decimal(str(quantity)))
            for day, quantity in zip(dates, weekly, strict=True)
        )

    def terms(self, item: Item, location: Location | None = None, **fields: Any) -> SupplierItem:
        """Supplier terms: a week's lead time and the item's cost unless told."""
        values = {"lead_time_days": 7, "unit_price": item.unit_cost, "supplier": self.supplier, **fields}
        return SupplierItem.objects.create(item=item, location=location, **values)

    def lane(self, origin: Location, destination: Location, item: Item | None = None, **fields: Any) -> Lane:
        """A lane of two days unless told."""
        return Lane.objects.create(origin=origin, destination=destination, item=item, **{"lead_time_days": 2, **fields})


def two_level_company(items: int = 20) -> SmallCompany:
    """A DC that supplies two stores with `items` items of steady, different demand, half of them short."""
    company = SmallCompany()
    dc = company.location("DC", kind="dc")
    stores = [company.location(code) for code in ("NORTH", "SOUTH")]
    for store in stores:
        company.lane(dc, store)
    for number in range(items):
        item = company.item(f"SKU-{number:02d}")
        company.terms(item, dc, moq=12, order_multiple=6)
        company.stocked(item, dc, on_hand=40 * (number % 2))
        for store in stores:
            company.stocked(item, store, on_hand=5 * (number % 3))
            company.demand(item, store, [4 + (week + number) % 5 for week in range(52)])
    return company
