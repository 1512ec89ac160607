"""A small company that holds one of everything, most of it marked, so that what leaks can be seen."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from forecasting.models import (
    DemandCorrection,
    DemandEvent,
    ForecastAggregate,
    ForecastOverride,
    ItemAnalogue,
    OverrideReason,
)
from inventory.models import (
    Category,
    Demand,
    Item,
    ItemLocation,
    Lane,
    Location,
    MovementKind,
    TransferOrder,
)
from inventory.services import ledger
from planning.models import PlanRun
from planning.tests.factories import AS_OF, PlanExceptionFactory, PlannedOrderFactory, PlanRunFactory, outlook
from policies.models import PolicyRule
from stocksense.audit.services import reads
from stocksense.company import services as company
from stocksense.company.models import Calendar, ExchangeRate, RunKind
from stocksense.core import clock
from stocksense.core.database.partitions import ensure_partitions
from stocksense.jobs import services as jobs
from stocksense.testing.api import ApiClient
from vendors.models import PriceBreak, Supplier, SupplierContact, SupplierItem
from vendors.tests.api.test_orders import make_order

MARK = "QLEAK"
"""In a code or name of everything that people of supplier ONE must never see."""


class World:
    """Callers, and for each resource's model the object that requests are about."""

    def __init__(self) -> None:
        self.callers: dict[str, ApiClient] = {
            "anonymous": ApiClient(None),
            **{role: ApiClient(role, token=True) for role in ("viewer", "planner", "approver", "admin")},
            "supplier": ApiClient("supplier", token=True),
            "other supplier": ApiClient("supplier", token=True),
        }
        self._masters()
        self._suppliers()
        self._plan()
        self._else()

    def _masters(self) -> None:
        self.category = Category.objects.create(name=MARK, path=MARK)
        self.item = Item.objects.create(sku=f"{MARK}-I", name=f"{MARK} item", category=self.category, unit_cost=7)
        self.shop = Location.objects.create(code="S1", name="Shop")
        self.place = Location.objects.create(code=f"{MARK}-L", name=f"{MARK} place", kind="dc")
        ItemLocation.objects.create(item=self.item, location=self.place)
        Lane.objects.create(item=self.item, origin=self.place, destination=self.shop, lead_time_days=2)
        Calendar.objects.create(code=f"{MARK}-C", name=MARK)
        ExchangeRate.objects.create(currency="USD", valid_from=AS_OF, rate="1.1")
        ledger.record_movement(
            item=self.item.pk, location=self.place.pk, kind=MovementKind.RECEIPT, quantity=Decimal(9),
            source=MARK, key="1", reference=MARK, actor=None,
        )  # fmt: skip
        yesterday = clock.now().date() - timedelta(days=1)
        ensure_partitions(Demand, [yesterday])
        Demand.objects.create(item=self.item, location=self.place, date=yesterday, bucket_days=1, quantity=4)
        TransferOrder.objects.create(number=f"{MARK}-T", origin=self.place, destination=self.shop)
        DemandEvent.objects.create(
            item=self.item, start_date=AS_OF, end_date=AS_OF + timedelta(days=3), kind="feature", label=MARK
        )
        reason = OverrideReason.objects.create(code=f"{MARK}-R", name=MARK)
        ForecastOverride.objects.create(
            item=self.item, start_date=AS_OF, end_date=AS_OF, mode="scale", value=2, reason=reason, comment=MARK,
            author=self.callers["planner"].user,
        )  # fmt: skip
        PolicyRule.objects.create(name=MARK)

    def _suppliers(self) -> None:
        own = Item.objects.create(sku="OWN", name="Made by ONE")
        for code, caller, item, mark in (
            ("ONE", "supplier", own, "PO-ONE"),
            (f"{MARK}-S", "other supplier", self.item, f"{MARK}-PO"),
        ):
            supplier = Supplier.objects.create(code=code, name=code)
            SupplierContact.objects.create(supplier=supplier, user=self.callers[caller].user)
            term = SupplierItem.objects.create(supplier=supplier, item=item, unit_price=5)
            PriceBreak.objects.create(supplier_item=term, min_quantity=10, unit_price=4)
            self.order = make_order(supplier, self.shop, mark, items=(item.sku,), state="sent", note=MARK)

    def _plan(self) -> None:
        run = PlanRunFactory()
        company.publish_run(kind=RunKind.POLICY, run=run.policy_run)
        company.publish_run(kind=RunKind.FORECAST, run=run.policy_run.forecast_run)
        outlook(run, self.item, self.place)
        PlannedOrderFactory(run=run, item=self.item, location=self.place, supplier=self.order.supplier)
        PlanExceptionFactory(run=run, item=self.item, location=self.place)

    def _else(self) -> None:
        self._demand()
        jobs.create_job(kind="cycle", title=MARK, steps=["one"], parameters={}, actor=None)

    def _demand(self) -> None:
        DemandCorrection.objects.create(
            item=self.item, location=self.place, date=AS_OF - timedelta(days=7), bucket_days=7, kind="outlier",
            quantity=-3, reason=MARK,
        )  # fmt: skip
        ItemAnalogue.objects.create(item=self.item, analogue=Item.objects.get(sku="OWN"))
        run = PlanRun.objects.get().policy_run.forecast_run
        ensure_partitions(ForecastAggregate, [run.run_date])
        ForecastAggregate.objects.create(
            run=run, run_date=run.run_date, level="category", category=self.category, series=1,
            first_date=AS_OF, mean=[1.0], quantiles=[[1.0] * 11],
        )  # fmt: skip

    def pk(self, model: Any) -> object:
        """The id of the newest object: supplier TWO's where suppliers own such objects. 0 where there is none."""
        if model._meta.abstract:  # the history, which is of many tables
            return reads.changes(reads.Query(), size=1)[0].number
        newest = model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
        return 0 if newest is None else newest
