"""Where an item-location is replenished from, and on what terms."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from inventory.models import Item, ItemLocation, Lane, Location
from inventory.services.nodes import read_nodes
from stocksense.company.models import Calendar, CompanySettings, ExchangeRate
from stocksense.core.errors import InvalidInput
from vendors.models import PriceBreak, Supplier, SupplierItem
from vendors.services.sourcing import Sources, resolve_sources

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


def sources() -> Sources:
    return resolve_sources(read_nodes(as_of=DAY, horizon_end=DAY), day=DAY)


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


def shares(location: Location, item: Item) -> list[tuple[str, float]]:
    """Code and share of the chosen source and its splits, in their order."""
    found = sources()
    first = source_of(location, item)
    rows = [first, *(row for row in found.splits.iter_rows(named=True) if row["node"] == first["node"])]
    return [(row["source_code"], row["share"]) for row in rows]


def test_suppliers_of_the_first_priority_share_each_order(tea, shop):
    terms("B", tea, shop, unit_price=1, share=Decimal("0.3"), lead_time_days=5)
    terms("A", tea, shop, unit_price=2, share=Decimal("0.7"), lead_time_days=9)
    terms("C", tea, shop, priority=2, share=Decimal("0.5"), lead_time_days=30)
    assert shares(shop, tea) == [("B", pytest.approx(0.3)), ("A", pytest.approx(0.7))]
    row = source_of(shop, tea)
    assert (row["lead_time_days"], row["longest_lead_time_days"]) == (5.0, 9.0)


def test_shares_that_do_not_add_to_one_are_brought_to_it(tea, shop):
    terms("A", tea, shop, share=Decimal("0.9"))
    terms("B", tea, shop, share=Decimal("0.6"))
    assert shares(shop, tea) == [("A", pytest.approx(0.6)), ("B", pytest.approx(0.4))]


def test_a_share_that_nobody_shares_says_nothing(tea, shop):
    terms("A", tea, shop, unit_price=3, share=Decimal("0.3"))
    cheaper = terms("B", tea, shop, unit_price=2)
    assert chosen(shop, tea) == ("supplier", cheaper.pk)
    assert shares(shop, tea) == [("B", None)]


def test_suppliers_that_share_stand_above_a_cheaper_source_without_a_share(tea, shop):
    lane(carrying("DC", "dc", tea), shop)
    terms("A", tea, shop, unit_price=8, share=Decimal("0.5"))
    terms("B", tea, shop, unit_price=9, share=Decimal("0.5"))
    assert [code for code, _ in shares(shop, tea)] == ["A", "B"]


def test_a_supplier_with_two_terms_takes_one_share(tea, shop):
    terms("A", tea, share=Decimal("0.5"), unit_price=3)
    terms("A", tea, shop, share=Decimal("0.5"), unit_price=2)
    terms("B", tea, shop, share=Decimal("0.5"), unit_price=4)
    assert shares(shop, tea) == [("A", 0.5), ("B", 0.5)]


def test_a_third_of_a_piece_is_ordered_as_a_whole_one(tea, shop):
    term = terms("ACME", tea, shop, order_uom="slice", units_per_order_uom=Decimal("0.3333"), moq=4, order_multiple=1)
    row = source_of(shop, tea)
    assert (row["min_quantity"], row["multiple"]) == (2.0, 1.0)
    Item.objects.update(uom_decimals=1)
    row = source_of(shop, tea)
    assert (row["min_quantity"], row["multiple"]) == (pytest.approx(1.4), pytest.approx(0.4))
    SupplierItem.objects.filter(pk=term.pk).update(units_per_order_uom=Decimal("12.5"))
    assert source_of(shop, tea)["multiple"] == 12.5


def test_price_breaks_are_in_stock_units_and_company_currency(tea, shop):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2026, 1, 1), rate=Decimal("0.50"))
    term = terms("YANK", tea, shop, supplier_currency="USD", units_per_order_uom=12, order_uom="box", unit_price=48)
    PriceBreak.objects.create(supplier_item=term, min_quantity=20, unit_price=36)
    PriceBreak.objects.create(supplier_item=term, min_quantity=5, unit_price=42)
    PriceBreak.objects.create(supplier_item=term, min_quantity=50, unit_price=1, is_active=False)
    other = terms("EURO", tea, shop, priority=2)
    PriceBreak.objects.create(supplier_item=other, min_quantity=5, unit_price=1)
    assert sources().price_breaks.rows() == [(0, 60.0, 1.75), (0, 240.0, 1.5)]


def test_the_smallest_order_is_in_company_currency(tea, shop):
    ExchangeRate.objects.create(currency="USD", valid_from=date(2026, 1, 1), rate=Decimal("0.50"))
    terms("YANK", tea, shop, supplier_currency="USD", supplier_min_order_value=300)
    assert source_of(shop, tea)["min_order_value"] == 150.0


def test_lanes_that_are_nobodys_source_are_lateral(tea, shop):
    dc, other = carrying("DC", "dc", tea), carrying("OTHER", "store", tea)
    lane(dc, shop, priority=1)
    beside = lane(other, shop, priority=5, lead_time_days=Decimal("1.5"), cost_per_unit=Decimal("0.2"))
    carrying("ELSEWHERE", "store")
    lane(dc, Location.objects.get(code="ELSEWHERE"))
    found = sources()
    row = found.laterals.row(0, named=True)
    assert len(found.laterals) == 1
    assert (row["source_id"], row["freight"], row["lead_time_days"], row["source_code"]) == (
        beside.pk,
        0.2,
        1.5,
        "OTHER",
    )
    codes = dict(read_nodes(as_of=DAY, horizon_end=DAY).select("node", "location_code").rows())
    assert (codes[row["origin_node"]], codes[row["node"]]) == ("OTHER", "SHOP")


def test_the_sources_of_some_items_are_numbered_anew(tea, shop):
    cocoa = Item.objects.create(sku="COCOA", unit_cost=1)
    ItemLocation.objects.create(item=cocoa, location=shop)
    dc = carrying("DC", "dc", tea, cocoa)
    lane(dc, shop)
    terms("ACME", cocoa, dc)
    nodes = read_nodes(as_of=DAY, horizon_end=DAY)
    kept = np.flatnonzero((nodes["item_id"] == cocoa.pk).to_numpy())
    part = sources().of_nodes(kept)
    locations = nodes["location_id"].to_numpy()[kept]
    at_shop = int(np.flatnonzero(locations == shop.pk)[0])
    assert part.chosen["node"].to_list() == [0, 1]
    assert part.chosen["origin_node"][at_shop] == 1 - at_shop
    assert part.chosen["origin_node"][1 - at_shop] == -1
