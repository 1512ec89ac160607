"""A planner with a current plan of one proposal: hides set-up, never the numbers that matter."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Item, Location
from inventory.tests.factories import ItemFactory, ItemLocationFactory, LocationFactory
from planning.models import PlanDecision, PlannedOrder, PlanRun
from planning.services import decisions, reads
from planning.tests.factories import AS_OF, PlannedOrderFactory, PlanRunFactory
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from vendors.tests.factories import SupplierFactory, SupplierItemFactory


def day(offset: int) -> date:
    """A day of the plan, 0 the day it was made for."""
    return AS_OF + timedelta(days=offset)


class Desk:
    """A planner, a current plan, and one proposal of 108 pieces (432 €) from a supplier that sells boxes of 12."""

    def __init__(self) -> None:
        self.planner = self.person(Role.PLANNER)
        self.supplier = SupplierFactory(name="Roasters")
        self.coffee, self.store = ItemFactory(name="Espresso"), LocationFactory(name="Lille")
        ItemLocationFactory(item=self.coffee, location=self.store)
        self.terms = SupplierItemFactory(supplier=self.supplier, item=self.coffee)
        self.run = PlanRunFactory()
        self.order = self.proposal()

    def person(self, role: Role) -> User:
        """Somebody of this role."""
        return UserFactory(role=role)

    def proposal(self, run: PlanRun | None = None, **fields: Any) -> PlannedOrder:
        """A proposal for the coffee at the store, of `run` or the current one."""
        values: dict[str, Any] = {"item": self.coffee, "location": self.store, **fields}
        if "origin" not in values:
            values = {"supplier": self.supplier, "source_id": self.terms.pk, **values}
        return PlannedOrderFactory(run=run or self.run, **values)

    def other(self, item: Item | None = None, location: Location | None = None, **fields: Any) -> PlannedOrder:
        """A proposal of another item of the same supplier for the store."""
        item = item or ItemFactory()
        ItemLocationFactory(item=item, location=location or self.store)
        terms = SupplierItemFactory(supplier=self.supplier, item=item)
        return self.proposal(item=item, source_id=terms.pk, location=location or self.store, **fields)

    def night(self, days: int = 1, **fields: Any) -> PlannedOrder:
        """A newer plan, of `days` later, that proposes the same need (with other `fields`); it becomes current."""
        self.run = PlanRunFactory(as_of=day(days), run_date=day(days))
        return self.proposal(**fields)

    def approve(self, *orders: PlannedOrder, **given: Any) -> decisions.DecisionResult:
        """The planner approves these, or the one proposal."""
        return self._act(decisions.approve_planned_orders, orders, given)

    def reject(self, *orders: PlannedOrder, **given: Any) -> decisions.DecisionResult:
        """The planner rejects these, or the one proposal."""
        return self._act(decisions.reject_planned_orders, orders, given)

    def snooze(self, *orders: PlannedOrder, **given: Any) -> decisions.DecisionResult:
        """The planner snoozes these, or the one proposal."""
        return self._act(decisions.snooze_planned_orders, orders, given)

    def reopen(self, *orders: PlannedOrder, **given: Any) -> decisions.DecisionResult:
        """The planner reopens these, or the one proposal."""
        return self._act(decisions.reopen_planned_orders, orders, given)

    def edit(self, quantity: int, order: PlannedOrder | None = None, **given: Any) -> decisions.DecisionResult:
        """The planner sets the quantity of this, or of the one proposal."""
        return decisions.edit_planned_order(
            planned_order_id=(order or self.order).pk, run_id=self.run.pk, quantity=Decimal(quantity),
            **{"actor": self.planner, **given},
        )  # fmt: skip

    def undo(self, result: decisions.DecisionResult, **given: Any) -> Any:
        """The planner undoes this act."""
        assert result.batch is not None
        return decisions.undo_batch(batch_id=result.batch.pk, **{"actor": self.planner, **given})

    def open_orders(self) -> list[PlannedOrder]:
        """What the worklist shows."""
        plan = reads.current_plan()
        assert plan is not None
        return list(reads.planned_orders(plan, reads.WorklistQuery(whole_horizon=True)).order_by("pk"))

    def standing(self, order: PlannedOrder) -> decisions.Standing:
        """What stands on a proposal of the current plan."""
        return decisions.standings(self.run, [order])[order.pk]

    def word(self) -> PlanDecision:
        """The one word that stands."""
        return PlanDecision.objects.get()

    def _act(self, act: Any, orders: tuple[PlannedOrder, ...], given: dict[str, Any]) -> decisions.DecisionResult:
        ids = [order.pk for order in orders or (self.order,)]
        result: decisions.DecisionResult = act(
            planned_order_ids=ids, run_id=self.run.pk, **{"actor": self.planner, **given}
        )
        return result
