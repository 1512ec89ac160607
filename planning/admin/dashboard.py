"""The first page: how fresh the plan and its data are, what is at stake, and what to do first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from inventory.models import Item
from planning.admin.places import item_location_url
from planning.models import PlanException
from planning.services import reads
from planning.services.reads import CurrentPlan, Total
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError
from stocksense.ingestion.models import DataFeed

FIRST = 10
DAILY = timedelta(hours=36)
EXPECTED_WITHIN = {"stock": DAILY, "demand": timedelta(days=9), "open_orders": DAILY}
"""How old these feeds may be before the page warns; other data changes rarely."""

TILES = (
    ("stocked_out", "Stocked out", "expected cost"),
    ("at_risk", "At risk", "expected cost"),
    ("late", "Late orders", "expected cost"),
    ("excess", "Excess", "holding cost"),
)


@dataclass(frozen=True)
class Tile:
    """A count and an amount that lead to a list."""

    title: str
    count: str
    money: str
    note: str
    url: str
    tone: str


@dataclass(frozen=True)
class FeedAge:
    """How old one kind of data is, and whether that is too old."""

    name: str
    age: str
    speaks_of: str
    old: bool
    loaded: bool = True


@dataclass(frozen=True)
class FirstThing:
    """One of the most costly exceptions."""

    kind: str
    group: str
    what: str
    message: str
    cost: str
    due: str
    url: str


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: the index page's context with the plan's state in it."""
    if not request.user.has_perm("planning.view_planrun"):
        return {**context, "dashboard": None}
    plan = reads.current_plan()
    shared = {
        "dashboard": True,
        "feeds": _daily_feeds(),
        "feeds_url": reverse("admin:ingestion_datafeed_changelist"),
        "running": reads.cycle_under_way(),
        "can_run": request.user.has_perm("planning.run_cycle"),
        "run_url": reverse("admin:planning_run_now"),
        "today": formats.day(company.today()),
    }
    if plan is None:
        return {**context, **shared, "plan": None, "has_items": Item.objects.exists()}
    return {**context, **shared, **_plan_context(plan)}


@require_POST
def run_now(request: HttpRequest) -> HttpResponse:
    """Start a planning cycle and show its job."""
    from planning.services.cycle import start_cycle

    try:
        job = start_cycle(scenario=None, as_of=None, actor=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.message)
        running = error.fields.get("job")
        return HttpResponseRedirect(
            reverse("admin:jobs_job_change", args=[running]) if running else reverse("admin:index")
        )
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))


def _plan_context(plan: CurrentPlan) -> dict[str, Any]:
    currency = plan.company.currency
    totals, due = reads.exception_totals(plan), reads.due_totals(plan)
    to_approve = Total(sum(total.count for total in due.values()), sum(total.money for total in due.values()))  # type: ignore[arg-type]
    run = plan.run
    return {
        "plan": run,
        "as_of": formats.day(run.as_of),
        "finished": _local(run.finished_at, plan.company.time_zone),
        "planned": formats.count(reads.planned_count(plan), "item-location"),
        "cannot_plan": totals["cannot_plan"].count,
        "cannot_plan_url": _exceptions_url("cannot_plan"),
        "tiles": [
            *(_tile(group, title, note, totals[group], currency) for group, title, note in TILES),
            _approve(to_approve, currency),
        ],
        "first_things": [_first_thing(row, plan) for row in reads.exceptions(plan)[:FIRST]],
        "worklist_url": reverse("admin:planning_worklist"),
        "exceptions_url": reverse("admin:planning_exceptions"),
        "window_ends": formats.short_day(plan.action_window_ends),
    }


def _local(at: datetime | None, time_zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(time_zone)):%-d %b %H:%M}" if at else ""


def _exceptions_url(group: str) -> str:
    return f"{reverse('admin:planning_exceptions')}?group={group}"


def _tile(group: str, title: str, note: str, total: Total, currency: str) -> Tile:
    tone = "calm" if not total.count or group == "excess" else "alert" if group == "stocked_out" else "warn"
    return Tile(title, f"{total.count:,}", formats.money(total.money, currency), note, _exceptions_url(group), tone)


def _approve(total: Total, currency: str) -> Tile:
    url = reverse("admin:planning_worklist")
    return Tile("To approve", f"{total.count:,}", formats.money(total.money, currency), "order value", url, "act")


def _first_thing(row: PlanException, plan: CurrentPlan) -> FirstThing:
    days = (row.due_on - plan.run.as_of).days
    return FirstThing(
        kind=row.get_kind_display(),
        group=row.kind,
        what=f"{row.item.name or row.item.sku} @ {row.location.name or row.location.code}",
        message=row.message,
        cost=formats.money(row.cost_of_inaction, plan.company.currency),
        due="now" if days <= 0 else formats.short_day(row.due_on),
        url=item_location_url(row.item_id, row.location_id),
    )


def _daily_feeds() -> list[FeedAge]:
    """The feeds that a plan stands or falls with; none before the first import."""
    loaded = {feed.kind: feed for feed in reads.feeds()}
    return [_feed(kind, loaded.get(kind)) for kind in EXPECTED_WITHIN] if loaded else []


def _feed(kind: str, feed: DataFeed | None) -> FeedAge:
    name, now = kind.replace("_", " "), clock.now()
    if feed is None:
        return FeedAge(name=name, age="never loaded", speaks_of="", old=False, loaded=False)
    return FeedAge(
        name=name,
        age=formats.age(feed.loaded_at, now),
        speaks_of=formats.short_day(feed.as_of) if feed.as_of else "",
        old=now - feed.loaded_at > EXPECTED_WITHIN[kind],
    )
