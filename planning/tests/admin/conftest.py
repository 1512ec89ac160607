"""A planner's desk: a current plan with a few proposals, exceptions, stock and demand."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Demand
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory, StockBalanceFactory
from planning.tests.factories import AS_OF, PlanExceptionFactory, PlannedOrderFactory, PlanRunFactory, outlook
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core.database.partitions import ensure_partitions
from stocksense.ingestion.models import DataFeed
from stocksense.jobs.models import Job, JobStep
from vendors.tests.factories import SupplierFactory, SupplierItemFactory

ITEMS = ("Espresso 250 g", "Filter coffee 1 kg", "Decaf beans organic fair trade 500 g", "Green tea")


def furnish(lines: int = 4) -> SimpleNamespace:
    """The desk with `lines` purchase proposals and one transfer."""
    planner, run, supplier = UserFactory(role=Role.PLANNER, name="Ada"), PlanRunFactory(), SupplierFactory(name="Rossi")
    store, depot = LocationFactory(code="LILLE", name="Lille"), LocationFactory(code="DC1", name="DC Nord", kind="dc")
    items, orders = [], []
    for number in range(lines):
        item = ItemFactory(name=ITEMS[number % len(ITEMS)])
        ItemLocationFactory(item=item, location=store)
        StockBalanceFactory(item=item, location=store, quantity=Decimal(4 + number))
        outlook(run, item, store)
        terms = SupplierItemFactory(supplier=supplier, item=item)
        order = PlannedOrderFactory(
            run=run,
            item=item,
            location=store,
            supplier=supplier,
            source_id=terms.pk,
            cost_of_inaction=Decimal(412 - number),
        )
        kind = ("stock_out", "stock_out_risk", "late_order", "excess", "cannot_plan")[number % 5]
        PlanExceptionFactory(run=run, item=item, location=store, kind=kind, cost_of_inaction=Decimal(412 - 50 * number))
        items.append(item)
        orders.append(order)
    move = PlannedOrderFactory(run=run, item=items[0], location=store, origin=depot, quantity=Decimal(24))
    _history(items[0], store)
    DataFeed.objects.create(kind="stock", loaded_at=timezone.now(), as_of=AS_OF)
    DataFeed.objects.create(kind="open_orders", loaded_at=timezone.now() - timedelta(days=3), as_of=AS_OF)
    return SimpleNamespace(
        planner=planner, run=run, supplier=supplier, store=store, depot=depot, items=items, orders=orders, move=move
    )


def running_job(actor: Any) -> Job:
    """A cycle in its second step."""
    job = Job.objects.create(
        kind="planning cycle", title="Planning cycle of 2 Mar 2026", state="running", created_by=actor
    )
    for position, (name, state, done) in enumerate(
        (("forecast", "succeeded", 40), ("policy", "running", 12), ("plan", "queued", 0))
    ):
        JobStep.objects.create(
            job=job, position=position, name=name, state=state, done=done, total=40, unit="series", message="reading"
        )
    return job


@pytest.fixture
def desk(db: None) -> SimpleNamespace:
    """Four proposals to buy and one to move."""
    return furnish()


def _history(item: Any, store: Any) -> None:
    days = [AS_OF - timedelta(weeks=week) for week in range(1, 27)]
    ensure_partitions(Demand, days)
    for week, day in enumerate(days):
        quantity, in_stock = Decimal(10 + (week * 7) % 11), week != 5
        Demand.objects.create(item=item, location=store, date=day, bucket_days=7, quantity=quantity, in_stock=in_stock)
