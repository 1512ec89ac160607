"""Where an item-location is replenished from, and on what terms."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.models import Item, ItemLocation, Lane, Location
from inventory.services.nodes import read_nodes
from stocksense.company.models import Calendar, CompanySettings, ExchangeRate
from stocksense.core.errors import InvalidInput
from vendors.models import Supplier, SupplierItem
from vendors.services.sourcing import resolve_sources

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 16)


@pytest.fixture
def tea() -> Item:
    return Item.objects.create(sku="TEA", uom="pcs", unit_cost=Decimal("2.00"))


@pytest.fixture
def shop(tea) -> Location:
    return carrying("SHOP", "store", tea)


def carrying(code: str, kind: str, *items: Item) -> Location:
    """A location that carries these items."""
    location = Location.objects.create(code=code, kind=kind)
    ItemLocation.objects.bulk_create(ItemLocation(item=item, location=location) for item in items)
    return location


def terms(code: str, item: Item, location: Location | None = None, **fields) -> SupplierItem:
    """Terms of a supplier, made where it is not known yet; `supplier_...` fields are the supplier's own."""
    own = {name.removeprefix("supplier_"): fields.pop(name) for name in list(fields) if name.startswith("supplier_")}
    supplier, _ = Supplier.objects.get_or_create(code=code, defaults=own)
    return SupplierItem.objects.create(
        supplier=supplier, item=item, location=location, **{"lead_time_days": 7, "unit_price": 2, **fields}
    )


def lane(origin: Location, destination: Location, item: Item | None = None, **fields) -> Lane:
    return Lane.objects.create(origin=origin, destination=destination, item=item, **{"lead_time_days": 2, **fields})


def source_of(location: Location, item: Item, day: date = DAY) -> dict:
    nodes = read_nodes(as_of=day, horizon_end=day + timedelta(days=181))
    table = resolve_sources(nodes, day=day).chosen
    row = nodes.filter((nodes["item_id"] == item.pk) & (nodes["location_id"] == location.pk))["node"][0]
    return table.row(row, named=True)


def chosen(location: Location, item: Item, day: date = DAY) -> tuple[str, int]:
    row = source_of(location, item, day)
    return ("none", "supplier", "lane")[row["source_kind"]], row["source_id"]


def test_the_first_priority_wins_over_a_lower_cost(tea, shop):
    first = terms("DEAR", tea, shop, priority=1, unit_price=9)
    terms("CHEAP", tea, shop, priority=2, unit_price=1)
    assert chosen(shop, tea) == ("supplier", first.pk)


def test_at_equal_priority_the_lower_landed_cost_wins(tea, shop):
    terms("A", tea, shop, unit_price=3)
    cheaper = terms("B", tea, shop, unit_price=Decimal("2.99"))
    assert chosen(shop, tea) == ("supplier", cheaper.pk)


def test_at_equal_cost_the_code_decides(tea, shop):
    terms("B", tea, shop)
    first = terms("A", tea, shop)
    assert chosen(shop, tea) == ("supplier", first.pk)


def test_a_lane_and_terms_are_ranked_together_by_landed_cost(tea, shop):
    dc = carrying("DC", "dc", tea)
    by_lane = lane(dc, shop, cost_per_unit=Decimal("0.50"))
    at_shop = terms("ACME", tea, shop, unit_price=Decimal("2.51"))
    assert chosen(shop, tea) == ("lane", by_lane.pk)
    SupplierItem.objects.filter(pk=at_shop.pk).update(unit_price=Decimal("2.49"))
    assert chosen(shop, tea) == ("supplier", at_shop.pk)


def test_a_lanes_landed_cost_is_the_items_cost_and_the_freight(tea, shop):
    lane(carrying("DC", "dc", tea), shop, cost_per_unit=Decimal("0.50"), cost_per_shipment=30)
    row = source_of(shop, tea)
    assert (row["unit_cost"], row["order_cost"], row["source_code"]) == (2.5, 30.0, "DC")


def test_a_lane_names_the_node_of_its_origin(tea, shop):
    dc = carrying("DC", "dc", tea)
    lane(dc, shop)
    nodes = read_nodes(as_of=DAY, horizon_end=DAY)
    by_location = dict(zip(nodes["location_id"], nodes["node"], strict=True))
    table = resolve_sources(nodes, day=DAY).chosen
    assert table["origin_node"][by_location[shop.pk]] == by_location[dc.pk]
    assert table["origin_node"][by_location[dc.pk]] == -1


def test_the_lane_of_one_item_replaces_the_lane_of_all(tea, shop):
    dc = carrying("DC", "dc", tea)
    lane(dc, shop, priority=1, lead_time_days=2)
    own = lane(dc, shop, tea, priority=5, lead_time_days=4)
    assert chosen(shop, tea) == ("lane", own.pk)
    assert source_of(shop, tea)["lead_time_days"] == 4.0


def test_the_lane_of_one_item_leaves_other_items_to_the_lane_of_all(tea, shop):
    cocoa = Item.objects.create(sku="COCOA", unit_cost=1)
    ItemLocation.objects.create(item=cocoa, location=shop)
    dc = carrying("DC", "dc", tea, cocoa)
    for_all, _ = lane(dc, shop), lane(dc, shop, tea)
    assert chosen(shop, cocoa) == ("lane", for_all.pk)


def test_an_ended_lane_replaces_nothing(tea, shop):
    dc = carrying("DC", "dc", tea)
    for_all = lane(dc, shop)
    lane(dc, shop, tea, is_active=False)
    assert chosen(shop, tea) == ("lane", for_all.pk)


def test_a_lane_counts_only_where_its_origin_carries_the_item(tea, shop):
    lane(carrying("DC", "dc"), shop)
    assert chosen(shop, tea) == ("none", 0)


def test_terms_without_a_location_hold_where_no_lane_covers_the_item(tea, shop):
    dc = carrying("DC", "dc", tea)
    by_lane = lane(dc, shop, cost_per_unit=50)
    anywhere = terms("ACME", tea)
    assert chosen(shop, tea) == ("lane", by_lane.pk)
    assert chosen(dc, tea) == ("supplier", anywhere.pk)


def test_terms_for_the_location_stand_beside_a_lane(tea, shop):
    lane(carrying("DC", "dc", tea), shop, priority=2)
    direct = terms("ACME", tea, shop, priority=1)
    assert chosen(shop, tea) == ("supplier", direct.pk)


def test_the_newest_terms_that_are_valid_on_the_day_count(tea, shop):
    old = terms("ACME", tea, shop, valid_from=date(2026, 1, 1), priority=1)
    new = terms("ACME", tea, shop, valid_from=date(2026, 11, 1), priority=3)
    future = terms("ACME", tea, shop, valid_from=date(2026, 12, 1))
    assert [chosen(shop, tea, day)[1] for day in (date(2026, 10, 31), DAY, date(2026, 12, 1))] == [
        old.pk, new.pk, future.pk,
    ]  # fmt: skip


def test_terms_hold_on_their_last_day_and_not_after_it(tea, shop):
    last = terms("ACME", tea, shop, valid_from=date(2026, 1, 1), valid_to=DAY)
    assert chosen(shop, tea, DAY) == ("supplier", last.pk)
    assert chosen(shop, tea, DAY + timedelta(days=1)) == ("none", 0)


def test_a_supplier_that_is_not_active_supplies_nothing(tea, shop):
    terms("ACME", tea, shop, supplier_is_active=False)
    assert chosen(shop, tea) == ("none", 0)


def test_prices_are_compared_in_company_currency_at_the_dated_rate(tea, shop):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2026, 1, 1), rate=Decimal("0.50"))
    in_dollars = terms("YANK", tea, shop, supplier_currency="USD", unit_price=3)
    terms("EURO", tea, shop, unit_price=2)
    assert chosen(shop, tea) == ("supplier", in_dollars.pk)
    assert source_of(shop, tea)["unit_cost"] == 1.5


def test_a_price_without_a_rate_is_refused_by_its_currency(tea, shop):
    terms("YANK", tea, shop, supplier_currency="USD")
    with pytest.raises(InvalidInput, match="There is no exchange rate for USD"):
        source_of(shop, tea)


def test_terms_without_a_price_cost_what_the_item_costs_and_need_no_rate(tea, shop):
    terms("YANK", tea, shop, supplier_currency="USD", unit_price=None)
    assert source_of(shop, tea)["unit_cost"] == 2.0


def test_terms_in_boxes_are_turned_into_stock_units(tea, shop):
    terms("ACME", tea, shop, order_uom="box", units_per_order_uom=12, moq=3, order_multiple=2, unit_price=24)
    row = source_of(shop, tea)
    assert (row["min_quantity"], row["multiple"], row["unit_cost"]) == (36.0, 24.0, 2.0)


def test_without_a_multiple_whole_boxes_are_ordered_or_the_smallest_stock_unit(tea, shop):
    term = terms("ACME", tea, shop, order_uom="box", units_per_order_uom=12)
    assert source_of(shop, tea)["multiple"] == 12.0
    SupplierItem.objects.filter(pk=term.pk).update(order_uom="", units_per_order_uom=1)
    assert source_of(shop, tea)["multiple"] == 1.0
    Item.objects.update(uom_decimals=2)
    assert source_of(shop, tea)["multiple"] == pytest.approx(0.01, abs=1e-12)


def test_the_cost_of_an_order_is_shared_by_all_that_come_with_it(tea, shop):
    cocoa = Item.objects.create(sku="COCOA", unit_cost=1)
    other = carrying("OTHER", "store", cocoa)
    ItemLocation.objects.create(item=cocoa, location=shop)
    for item in (tea, cocoa):
        terms("ACME", item, supplier_order_cost=40)
    assert [source_of(place, item)["order_cost"] for place, item in ((shop, tea), (shop, cocoa), (other, cocoa))] == [
        20.0, 20.0, 40.0,
    ]  # fmt: skip


def test_an_order_cost_that_is_not_said_is_the_companys(tea, shop):
    CompanySettings.objects.update(default_order_cost=25)
    terms("ACME", tea, shop)
    assert source_of(shop, tea)["order_cost"] == 25.0


def test_a_lead_time_that_is_not_said_is_the_companys_and_named_so(tea, shop):
    CompanySettings.objects.update(default_lead_time_days=Decimal("9.5"))
    term = terms("ACME", tea, shop, lead_time_days=None)
    row = source_of(shop, tea)
    assert (row["lead_time_days"], row["lead_time_from"]) == (9.5, "company default")
    SupplierItem.objects.filter(pk=term.pk).update(lead_time_days=Decimal("3.25"), lead_time_sd_days=Decimal("1.5"))
    row = source_of(shop, tea)
    assert (row["lead_time_days"], row["lead_time_sd_days"], row["lead_time_from"]) == (3.25, 1.5, "terms")


def test_the_source_ships_by_its_own_calendar(tea, shop):
    works, drives = Calendar.objects.create(code="works"), Calendar.objects.create(code="drives")
    terms("ACME", tea, supplier_calendar=works)
    assert source_of(shop, tea)["ship_calendar_id"] == works.pk
    lane(carrying("DC", "dc", tea), shop, calendar=drives)
    assert source_of(shop, tea)["ship_calendar_id"] == drives.pk


def test_an_item_location_without_a_source_is_kept_with_neutral_numbers(tea, shop):
    row = source_of(shop, tea)
    assert (row["source_kind"], row["source_id"], row["origin_node"], row["min_quantity"], row["multiple"]) == (
        0, 0, -1, 0.0, 0.0,
    )  # fmt: skip


def test_any_number_of_item_locations_is_resolved_by_the_same_queries(tea, shop, django_assert_num_queries):
    items = [Item.objects.create(sku=f"SKU-{number}", unit_cost=1) for number in range(30)]
    carrying("BIG", "store", *items)
    for item in items:
        terms("ACME", item)
    nodes = read_nodes(as_of=DAY, horizon_end=DAY)
    with django_assert_num_queries(6):
        resolve_sources(nodes, day=DAY)
