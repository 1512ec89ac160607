"""What to do first, as the dashboard lists it."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from planning.admin import places
from planning.admin.worklist.asked import ALL, read
from planning.models import ExceptionKind, PlanException, PlannedOrder
from planning.models.desk import DeskPage, SavedView
from planning.services import queue
from planning.services.desk import views as desk
from planning.services.queue import Work
from planning.services.reads import CurrentPlan, WorklistQuery
from stocksense.accounts.models import User
from stocksense.core.admin import formats

MOST_BACK = 5


@dataclass(frozen=True)
class FirstThing:
    """One line of the list: what it is about, what to do, what waiting costs, and where to do it."""

    kind: str
    group: str
    what: str
    message: str
    action: str
    cost: str
    due: str
    url: str
    page: str


@dataclass(frozen=True)
class Returning:
    """Snoozed proposals whose day is today."""

    count: str
    lines: list[tuple[str, str, str]]
    more: int
    url: str


def own_view(user: User) -> SavedView | None:
    """The view with which this person opens the worklist: what they care for; None for everything."""
    return desk.default_view(desk.preference_of(user), DeskPage.WORKLIST)


def listed(plan: CurrentPlan, view: SavedView | None = None) -> list[FirstThing]:
    """The dearest undecided work, each with the page where it is decided; of `view`, where there is one."""
    asked = read(QueryDict(view.query)).query if view else WorklistQuery()
    work = queue.first_things(plan, query=replace(asked, tab="", decided=False, whole_horizon=False))
    urls = places.order_urls({one.subject for one in work if one.subject and not one.exception})
    return [_line(one, plan, urls) for one in work]


def back_today(plan: CurrentPlan) -> Returning | None:
    """Snoozed proposals that come back today; None where there are none."""
    rows = list(queue.back_today(plan))
    if not rows:
        return None
    lines = [
        (
            f"{row.item.name or row.item.sku} @ {row.destination.name or row.destination.code}",
            row.reason,
            places.item_location_url(row.item_id, row.destination_id),
        )
        for row in rows[:MOST_BACK]
    ]
    url = f"{reverse('admin:planning_worklist')}?{urlencode({'kind': 'transfer' if rows[0].origin_id else 'purchase'})}"
    return Returning(formats.count(len(rows), "snoozed line"), lines, max(len(rows) - MOST_BACK, 0), url)


def name_of(row: PlannedOrder | PlanException) -> str:
    """'Espresso 250 g @ Lille'."""
    return f"{row.item.name or row.item.sku} @ {row.location.name or row.location.code}"


def page_of(row: PlannedOrder | PlanException) -> str:
    """The page of its item-location."""
    return places.item_location_url(row.item_id, row.location_id)


def _line(work: Work, plan: CurrentPlan, urls: dict[str, str]) -> FirstThing:
    kind = ExceptionKind(work.kind).label if work.kind else "to approve"
    days = (work.due_on - plan.run.as_of).days
    shared = {
        "kind": kind,
        "group": work.kind or "act",
        "cost": formats.money(work.cost, plan.company.currency),
        "due": "now" if days <= 0 else formats.short_day(work.due_on),
    }
    if work.order is not None:
        order, source = work.order, work.order.supplier or work.order.origin
        verb = "Order" if work.order.supplier_id else "Move"
        quantity = formats.quantity(order.quantity, order.item.uom, order.item.uom_decimals)
        return FirstThing(
            what=name_of(order),
            message=work.exception.message if work.exception else "",
            action=f"{verb} {quantity} from {source}, arrives {formats.short_day(order.due_on)}",
            url=_worklist_url(order),
            page=page_of(order),
            **shared,
        )
    if work.exception is not None:
        row = work.exception
        return FirstThing(
            what=name_of(row), message=row.message, action="", url=page_of(row), page=page_of(row), **shared
        )
    fallback = f"{reverse('admin:planning_exceptions')}?group=late"
    url = urls.get(work.subject, fallback)
    message = f"{formats.count(work.lines, 'line')} of this open order: {kind}."
    return FirstThing(what=work.subject, message=message, action="", url=url, page=url, **shared)


def _worklist_url(order: PlannedOrder) -> str:
    asked = {"tab": ALL, "kind": order.kind, "q": order.item.sku, "location": order.location.code}
    return f"{reverse('admin:planning_worklist')}?{urlencode(asked)}"
