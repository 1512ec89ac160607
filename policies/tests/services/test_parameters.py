"""Which word sets a parameter: the planner's own, the first rule that fits, or the company's default."""

from datetime import date
from decimal import Decimal

import pytest

from inventory.models import Category, Item, ItemLocation, Location
from inventory.services.nodes import read_nodes
from policies.models import PolicyRule
from policies.services.parameters import Parameters, Segments, longest_gap, resolve_parameters
from stocksense.company.models import CompanySettings

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 16)


@pytest.fixture
def store() -> ItemLocation:
    item, location = Item.objects.create(sku="TEA"), Location.objects.create(code="NORTH", kind="store")
    return ItemLocation.objects.create(item=item, location=location)


def rule(name: str, **fields) -> PolicyRule:
    return PolicyRule.objects.create(name=name, **fields)


def resolved(abc: str = "A", xyz: str = "X", demand_class: str = "smooth") -> Parameters:
    nodes = read_nodes(as_of=DAY, horizon_end=DAY)
    size = len(nodes)
    segments = Segments([abc] * size, [xyz] * size, [demand_class] * size)
    return resolve_parameters(nodes, segments, CompanySettings.objects.get())


def target(**segments: str) -> tuple[float, str]:
    found = resolved(**segments)
    return float(found.service_target[0]), found.service_from[0]


def test_without_any_word_the_companys_defaults_hold(store):
    CompanySettings.objects.update(default_service_target=Decimal("0.93"), default_review_days=14)
    found = resolved()
    assert (found.method, found.method_from) == (["rss"], ["company default"])
    assert (found.service_target[0], found.service_from) == (0.93, ["company default"])
    assert (found.review_days[0], found.review_from) == (14, ["company default"])


def test_the_item_locations_own_word_stands_above_all_rules(store):
    rule("stores", service_target=Decimal("0.90"), method="none", review_days=3)
    ItemLocation.objects.update(service_target=Decimal("0.99"), method="min_max", review_days=2)
    found = resolved()
    assert (found.method[0], found.service_target[0], found.review_days[0]) == ("min_max", 0.99, 2)
    assert {*found.method_from, *found.service_from, *found.review_from} == {"item-location"}


def test_the_first_rule_by_position_wins(store):
    rule("later", position=20, service_target=Decimal("0.91"))
    rule("earlier", position=10, service_target=Decimal("0.92"))
    assert target() == (0.92, "rule earlier")


def test_a_rule_that_is_silent_on_a_parameter_leaves_it_to_the_next(store):
    rule("reviews", position=1, review_days=3)
    rule("service", position=2, service_target=Decimal("0.97"), review_days=5)
    found = resolved()
    assert (found.review_days[0], found.review_from[0]) == (3, "rule reviews")
    assert (found.service_target[0], found.service_from[0]) == (0.97, "rule service")
    assert found.method_from[0] == "company default"


def test_a_rule_that_is_switched_off_says_nothing(store):
    rule("off", service_target=Decimal("0.97"), is_active=False)
    assert target()[1] == "company default"


@pytest.mark.parametrize(
    ("selector", "fitting", "other"),
    [
        ({"abc": "AB"}, {"abc": "B"}, {"abc": "C"}),
        ({"xyz": "X"}, {"xyz": "X"}, {"xyz": "Y"}),
        ({"demand_class": "lumpy"}, {"demand_class": "lumpy"}, {"demand_class": "smooth"}),
    ],
)
def test_a_rule_holds_for_its_segment_only(store, selector, fitting, other):
    rule("segment", service_target=Decimal("0.97"), **selector)
    assert target(**fitting) == (0.97, "rule segment")
    assert target(**other)[1] == "company default"


@pytest.mark.parametrize(("kind", "fits"), [("store", True), ("dc", False)])
def test_a_rule_for_a_kind_of_location_holds_there_only(store, kind, fits):
    rule("kind", service_target=Decimal("0.97"), location_kind=kind)
    assert (target()[1] == "rule kind") is fits


@pytest.mark.parametrize(
    ("path", "fits"),
    [("Drinks", True), ("Drinks/Hot", True), ("Drinks/Hot/Tea", True), ("Drinks and more", False), ("Food", False)],
)
def test_a_rule_for_a_category_holds_for_all_below_it(store, path, fits):
    top = Category.objects.create(name="Drinks", path="Drinks")
    category, _ = Category.objects.get_or_create(path=path, defaults={"name": path.rpartition("/")[2]})
    Item.objects.update(category=category)
    rule("drinks", service_target=Decimal("0.97"), category=top)
    assert (target()[1] == "rule drinks") is fits


def test_a_rule_for_a_category_leaves_items_without_one_alone(store):
    rule("drinks", service_target=Decimal("0.97"), category=Category.objects.create(name="Drinks", path="Drinks"))
    assert target()[1] == "company default"


def test_order_weekdays_review_by_their_longest_gap(store):
    ItemLocation.objects.update(order_weekdays=[0, 2], review_days=30)
    found = resolved()
    assert (found.review_days[0], found.review_from[0]) == (5, "item-location's order weekdays")


@pytest.mark.parametrize(
    ("weekdays", "gap"), [([0], 7), ([0, 3], 4), ([3, 0], 4), ([0, 1, 2, 3, 4], 3), ([6, 0], 6), (list(range(7)), 1)]
)
def test_the_longest_gap_between_order_weekdays(weekdays, gap):
    assert longest_gap(weekdays) == gap
