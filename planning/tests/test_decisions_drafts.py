"""Approvals collect in one draft per source and destination, within what the approver may approve."""

from decimal import Decimal

import pytest

from inventory.models import ScheduledReceipt, TransferOrder, TransferState
from inventory.services import transfers
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory
from planning.models import ApprovalLimit, DecisionBatch, PlanDecision
from planning.services import decisions
from planning.services.decisions import ApprovalLimitExceeded, SecondPersonNeeded
from planning.tests.desk import Desk, day
from stocksense.accounts.roles import Role
from stocksense.company.models import CompanySettings, ExchangeRate
from stocksense.core.errors import NotAllowed
from vendors.models import PriceBreak, PurchaseOrder, PurchaseState
from vendors.services import orders as purchases
from vendors.tests.factories import SupplierItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def written():
    return (
        PurchaseOrder.objects.count(),
        ScheduledReceipt.objects.count(),
        PlanDecision.objects.count(),
        DecisionBatch.objects.count(),
    )


def limit(role, value):
    ApprovalLimit.objects.create(role=role, max_order_value=value)


def test_line_by_line_approval_gives_one_order_and_one_line_per_item(desk):
    later = desk.proposal(need_on=day(7), release_on=day(7), due_on=day(14), quantity=Decimal(24))
    tea = desk.other()
    for order in (desk.order, tea, later):
        desk.approve(order)
    order = PurchaseOrder.objects.get()
    lines = {
        (line.number, line.item): [(row.number, row.quantity, row.release_on) for row in line.schedules.all()]
        for line in order.lines.all()
    }
    assert lines == {
        ("1", desk.coffee): [("1", 108, day(0)), ("2", 24, day(7))],
        ("2", tea.item): [("1", 108, day(0))],
    }
    assert {word.order_number for word in PlanDecision.objects.all()} == {order.number}


def test_the_price_break_counts_the_whole_line(desk):
    PriceBreak.objects.create(supplier_item=desk.terms, min_quantity=11, unit_price=45)
    later = desk.proposal(need_on=day(7), due_on=day(14), quantity=Decimal(24))
    desk.approve()
    assert ScheduledReceipt.objects.get().unit_cost == 4
    desk.approve(later)
    assert PurchaseOrder.objects.get().lines.get().unit_price == 45
    assert set(ScheduledReceipt.objects.values_list("unit_cost", flat=True)) == {Decimal("3.75")}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "approved"},
        {"state": "cancelled"},
        {"source_system": "erp"},
        {"external_number": "4711"},
        {"plan_run_id": None},
        {"currency": "USD"},
    ],
)
def test_an_order_that_is_no_open_draft_of_the_plan_is_not_added_to(desk, change):
    desk.approve()
    first = PurchaseOrder.objects.get()
    PurchaseOrder.objects.update(**change)
    desk.approve(desk.other())
    assert PurchaseOrder.objects.count() == 2
    assert first.lines.count() == 1


def test_the_newest_of_two_drafts_is_added_to(desk):
    desk.approve()
    older = PurchaseOrder.objects.get()
    PurchaseOrder.objects.update(state="approved")
    desk.approve(desk.other())
    PurchaseOrder.objects.update(state="draft")
    result = desk.approve(desk.other())
    assert [order.pk for order in result.purchase_orders] == [PurchaseOrder.objects.exclude(pk=older.pk).get().pk]


def test_transfers_collect_per_origin_and_destination(desk):
    dc = LocationFactory()
    tea = ItemFactory()
    for item in (desk.coffee, tea):
        ItemLocationFactory(item=item, location=dc)
    ItemLocationFactory(item=tea, location=desk.store)
    moves = [
        desk.proposal(origin=dc, item=desk.coffee),
        desk.proposal(origin=dc, item=tea),
        desk.proposal(origin=dc, item=desk.coffee, need_on=day(1), due_on=day(8)),
    ]
    for move in moves:
        desk.approve(move)
    order = TransferOrder.objects.get()
    found = {line.item: [row.requested_on for row in line.schedules.all()] for line in order.lines.all()}
    assert found == {desk.coffee: [day(7), day(8)], tea: [day(7)]}
    assert ScheduledReceipt.objects.filter(origin=dc, is_shipped=False).count() == 3


def test_the_limit_is_on_the_draft_that_an_approval_grows(desk):
    limit(Role.PLANNER, 500)
    tea = desk.other(quantity=Decimal(24))
    desk.approve()
    before = written()
    with pytest.raises(ApprovalLimitExceeded) as refused:
        desk.approve(tea)
    assert refused.value.fields == {"limit": 500, "value": 528, "who": ["approver", "admin"]}
    assert refused.value.message == (
        f"The whole order from {desk.supplier} comes to 528.00 EUR; you may approve up to 500.00 EUR an order. "
        "An approver or an admin may approve it. Nothing was approved."
    )
    assert written() == before
    assert desk.open_orders() == [tea]


def test_an_order_of_exactly_the_limit_is_within_it(desk):
    limit(Role.PLANNER, 432)
    desk.approve()
    assert written() == (1, 1, 1, 1)


def test_a_limit_is_in_company_currency_at_the_days_rate(desk):
    desk.supplier.currency = "USD"
    desk.supplier.save()
    ExchangeRate.objects.create(currency="USD", valid_from="2020-01-01", rate=Decimal("0.5"))
    limit(Role.PLANNER, 216)
    desk.approve()
    ApprovalLimit.objects.update(max_order_value=300)
    with pytest.raises(ApprovalLimitExceeded) as refused:
        desk.approve(desk.other())
    assert refused.value.fields["value"] == 432


def test_a_line_without_a_price_counts_at_its_items_cost(desk):
    desk.terms.unit_price = None
    desk.terms.save()
    limit(Role.PLANNER, 431)
    with pytest.raises(ApprovalLimitExceeded) as refused:
        desk.approve()
    assert refused.value.fields["value"] == 432
    assert written() == (0, 0, 0, 0)


def test_a_transfer_counts_at_what_its_goods_cost(desk):
    dc = LocationFactory()
    ItemLocationFactory(item=desk.coffee, location=dc)
    limit(Role.PLANNER, 431)
    with pytest.raises(ApprovalLimitExceeded) as refused:
        desk.approve(desk.proposal(origin=dc))
    assert refused.value.fields["value"] == 432
    assert TransferOrder.objects.count() == 0


def test_whose_limit_counts(desk):
    assert decisions.limit_of(desk.planner) is None
    limit(Role.PLANNER, 100)
    limit(Role.APPROVER, 1000)
    assert decisions.limit_of(desk.planner) == 100
    assert decisions.limit_of(desk.person(Role.APPROVER)) is None
    desk.approve(actor=desk.person(Role.APPROVER))
    assert written() == (1, 1, 1, 1)


def separate():
    CompanySettings.objects.update(separate_approver=True)


def test_who_edited_a_quantity_does_not_approve_it_where_a_second_person_is_wanted(desk):
    separate()
    desk.edit(60)
    with pytest.raises(SecondPersonNeeded, match=f"You changed the quantity of {desk.coffee.sku}"):
        desk.approve()
    with pytest.raises(SecondPersonNeeded):
        desk.approve(quantities={desk.order.pk: Decimal(48)})
    assert written() == (0, 0, 1, 1)
    desk.approve(actor=desk.person(Role.PLANNER))
    assert ScheduledReceipt.objects.get().quantity == 60


def test_who_made_a_draft_does_not_move_it_on_where_a_second_person_is_wanted(desk):
    separate()
    dc = LocationFactory()
    ItemLocationFactory(item=desk.coffee, location=dc)
    result = desk.approve(desk.order, desk.proposal(origin=dc))
    (order,), (transfer,) = result.purchase_orders, result.transfer_orders
    other = desk.person(Role.PLANNER)
    for service, made in ((purchases, order), (transfers, transfer)):
        state = type(made)._meta.get_field("state").choices and service.TRANSITIONS
        approved = next(to for to in state if to.value == "approved")
        with pytest.raises(NotAllowed, match=f"You made {made.number} yourself"):
            service.advance(order_id=made.pk, to=approved, actor=desk.planner)
        made.refresh_from_db()
        assert made.state == "draft"
        service.advance(order_id=made.pk, to=approved, actor=other)


def test_a_draft_has_one_author_where_a_second_person_is_wanted(desk):
    separate()
    desk.approve()
    desk.approve(desk.other(), actor=desk.person(Role.PLANNER))
    assert PurchaseOrder.objects.count() == 2


def test_a_term_in_another_unit_is_a_line_of_its_own(desk):
    pallet = SupplierItemFactory(
        supplier=desk.supplier, item=desk.coffee, location=desk.store, order_uom="pallet", units_per_order_uom=480,
        unit_price=1800,
    )  # fmt: skip
    big = desk.proposal(source_id=pallet.pk, quantity=Decimal(480), need_on=day(7))
    desk.approve()
    desk.approve(big)
    found = {line.order_uom: line.unit_price for line in PurchaseOrder.objects.get().lines.all()}
    assert found == {"box": 48, "pallet": 1800}


def test_a_draft_is_approved_on_its_own_page_within_the_limit_too(desk):
    limit(Role.PLANNER, 400)
    result = desk.approve(actor=desk.person(Role.APPROVER))
    order = result.purchase_orders[0]
    with pytest.raises(ApprovalLimitExceeded, match=r"432\.00"):
        purchases.advance(order_id=order.pk, to=PurchaseState.APPROVED, actor=desk.planner)
    order.refresh_from_db()
    assert order.state == "draft"
    purchases.advance(order_id=order.pk, to=PurchaseState.APPROVED, actor=desk.person(Role.APPROVER))
    order.refresh_from_db()
    assert order.state == "approved"


def test_a_transfer_is_held_to_the_limit_on_its_own_page_too(desk):
    limit(Role.PLANNER, 100)
    ItemFactory._meta.model.objects.update(unit_cost=4)
    origin = LocationFactory()
    ItemLocationFactory(item=desk.coffee, location=origin)
    result = desk.approve(desk.proposal(origin=origin, kind="transfer"), actor=desk.person(Role.APPROVER))
    order = result.transfer_orders[0]
    with pytest.raises(ApprovalLimitExceeded, match=r"432\.00"):
        transfers.advance(order_id=order.pk, to=TransferState.APPROVED, actor=desk.planner)
    order.refresh_from_db()
    assert order.state == "draft"
