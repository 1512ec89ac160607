"""From a day's demand up to the supplier, and back down again."""

from datetime import timedelta

import pytest

from inventory.models import ScheduledReceipt
from planning.models import Pegging, PlannedOrder, SupplyKind
from planning.services import cycle
from planning.services.pegging import Supply, supply_tree, where_used
from planning.services.pegging_rows import PEGGED_DAYS
from planning.tests.builder import MONDAY, SmallCompany
from stocksense.jobs.models import JobState

pytestmark = pytest.mark.django_db


class Chain(SmallCompany):
    """A DC that buys from ACME and supplies one store, which sells 7 a week."""

    def __init__(self) -> None:
        super().__init__()
        self.tea = self.item("TEA")
        self.dc, self.store = self.location("DC", kind="dc"), self.location("NORTH")
        self.lane(self.dc, self.store)
        self.terms(self.tea, self.dc)
        self.demand(self.tea, self.store, [7] * 52)

    def coming(self, to, *, days: int, quantity: float, number: str, origin=None, shipped: bool = False) -> None:
        ScheduledReceipt.objects.create(
            kind="transfer" if origin else "purchase", schedule_id=ScheduledReceipt.objects.count() + 1, item=self.tea,
            location=to, origin=origin, quantity=quantity, due_on=MONDAY + timedelta(days=days),
            is_shipped=shipped, order_number=number,
        )  # fmt: skip

    def plan(self) -> None:
        assert cycle.run_cycle(cycle.create_cycle(actor=None).pk) == JobState.SUCCEEDED

    def tree(self, days: int) -> tuple[Supply, ...]:
        return supply_tree(item_id=self.tea.pk, location_id=self.store.pk, day=MONDAY + timedelta(days=days))


def ways(supplies: tuple[Supply, ...]) -> list[tuple[str, str, str, list]]:
    return [(one.kind.value, one.location, one.order_number, ways(one.sources)) for one in supplies]


def test_a_day_is_followed_over_an_open_transfer_to_the_stock_it_is_taken_from():
    company = Chain()
    company.stocked(company.tea, company.dc, on_hand=100)
    company.stocked(company.tea, company.store, on_hand=2)
    company.coming(company.store, days=2, quantity=40, number="TO-9", origin=company.dc)
    company.plan()
    assert ways(company.tree(1)) == [("stock", "NORTH", "", [])]
    (transfer,) = company.tree(4)
    assert ways((transfer,)) == [("receipt", "NORTH", "TO-9", [("stock", "DC", "", [])])]
    assert (transfer.source, transfer.arrives_on) == ("DC", MONDAY + timedelta(days=2))
    assert (transfer.sources[0].quantity, transfer.sources[0].source) == (40, "")


def test_a_day_is_followed_over_planned_transfers_to_open_and_planned_supplier_orders():
    company = Chain()
    company.stocked(company.tea, company.dc)
    company.stocked(company.tea, company.store, on_hand=3)
    company.coming(company.dc, days=3, quantity=5, number="PO-17")
    company.plan()
    found = [one for day in range(30) for one in company.tree(day)]
    transfers = [one for one in found if one.kind is SupplyKind.ORDER]
    assert {one.source for one in transfers} == {"DC"}
    suppliers = [source for one in transfers for source in one.sources]
    assert "PO-17" in {one.order_number for one in suppliers}
    planned = [one for one in suppliers if one.kind is SupplyKind.ORDER]
    assert planned
    assert {one.source for one in planned} == {"ACME"}


def test_an_order_is_followed_down_to_the_days_it_serves():
    company = Chain()
    company.stocked(company.tea, company.dc)
    company.stocked(company.tea, company.store, on_hand=3)
    company.coming(company.dc, days=3, quantity=5, number="PO-17")
    company.plan()
    moved = where_used(item_id=company.tea.pk, order_number="PO-17")
    assert {(one.location, one.is_transfer) for one in moved} == {("NORTH", True)}
    assert sum(one.quantity for one in moved) == 5
    sold = [use for one in moved for use in one.uses]
    assert sold
    assert {(use.location, use.is_transfer) for use in sold} == {("NORTH", False)}
    transfer = moved[0].planned_order_id
    assert where_used(item_id=company.tea.pk, planned_order_id=transfer) == moved[0].uses


def test_open_transfers_in_a_circle_end():
    company = Chain()
    company.stocked(company.tea, company.dc)
    company.stocked(company.tea, company.store)
    company.coming(company.store, days=1, quantity=20, number="TO-1", origin=company.dc)
    company.coming(company.dc, days=1, quantity=9, number="TO-2", origin=company.store)
    company.plan()
    back = ("receipt", "DC", "TO-2", [("receipt", "NORTH", "TO-1", [])])
    ordered = ("order", "DC", "", [])  # The 11 units that TO-2 does not bring.
    assert ways(company.tree(2)) == [("receipt", "NORTH", "TO-1", [back, ordered])]
    assert where_used(item_id=company.tea.pk, order_number="TO-2")


def test_a_tree_costs_a_query_per_level_and_two_for_names(django_assert_num_queries):
    company = Chain()
    company.stocked(company.tea, company.dc)
    company.stocked(company.tea, company.store)
    company.plan()
    with django_assert_num_queries(6):  # Current run, plan, settings; two levels; suppliers of planned orders.
        company.tree(20)


def test_only_needs_of_the_near_future_are_kept():
    company = Chain()
    company.stocked(company.tea, company.dc)
    company.stocked(company.tea, company.store)
    company.plan()
    starts = Pegging.objects.values_list("need_from", flat=True)
    assert max(starts) < MONDAY + timedelta(days=PEGGED_DAYS)
    assert max(PlannedOrder.objects.values_list("due_on", flat=True)) > MONDAY + timedelta(days=PEGGED_DAYS)


def test_nothing_is_known_before_the_first_plan():
    company = Chain()
    assert company.tree(0) == ()
    assert where_used(item_id=company.tea.pk, order_number="PO-1") == ()
