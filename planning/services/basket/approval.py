"""Ordering a basket: one act, one draft order, with what fills it up going out together with what is due."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from planning.models import OrderKind, PlannedOrder
from planning.services import decisions
from planning.services.decisions import DecisionResult
from planning.services.reads import CurrentPlan
from stocksense.accounts.models import User
from stocksense.core.errors import InvalidInput


def approve_basket(
    *,
    plan: CurrentPlan,
    supplier_id: int,
    location_id: int,
    quantities: Mapping[int, Decimal],
    actor: User,
    reason: str = "",
    token: UUID | None = None,
) -> DecisionResult:
    """Order these quantities (stock units, above 0, by planned order id) of one supplier for one destination.

    Lines of after the action window are sent with the others and asked for on their day. One batch, so that it is
    undone as a whole. Raises InvalidInput where nothing is chosen or a line is of another supplier or destination;
    else as `decisions.approve_planned_orders`.
    """
    if not quantities:
        raise InvalidInput("Choose at least one line with a quantity above zero.")
    rows = plan.rows(PlannedOrder).filter(
        pk__in=quantities, kind=OrderKind.PURCHASE, supplier_id=supplier_id, location_id=location_id
    )
    orders = list(rows.defer("trace"))
    if len(orders) != len(quantities):
        raise InvalidInput("Some of these lines are not this supplier's for this destination in the current plan.")
    return decisions.approve_planned_orders(
        planned_order_ids=[order.pk for order in orders],
        run_id=plan.run.pk,
        actor=actor,
        reason=reason,
        quantities=quantities,
        dates=travel_dates(orders, as_of=plan.run.as_of, window_ends=plan.action_window_ends),
        token=token,
    )


def travel_dates(orders: Sequence[PlannedOrder], *, as_of: date, window_ends: date) -> dict[int, tuple[date, date]]:
    """Release and arrival of the lines that are brought forward, by planned order id; the others keep theirs.

    They are released with the first line that is due (today where none is) and arrive with it, or later where
    their own lead time is longer.
    """
    due = sorted((order for order in orders if order.release_on <= window_ends), key=lambda row: row.release_on)
    release = max(due[0].release_on, as_of) if due else as_of
    arrival = max((order.due_on for order in due if max(order.release_on, as_of) == release), default=release)
    return {
        order.pk: (release, max(arrival, release + (order.due_on - order.release_on)))
        for order in orders
        if order.release_on > window_ends
    }
