"""The first page: how fresh the plan and its data are, what is at stake, and what to do first."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from inventory.models import Item
from planning.admin import first_things
from planning.admin.fixes import Link, carriers, links
from planning.admin.tiles import tiles
from planning.models import PlanException
from planning.services import queue, reads, trends
from planning.services.reads import CurrentPlan
from stocksense.company import services as company
from stocksense.core import clock
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError
from stocksense.ingestion.models import DataFeed
from stocksense.jobs.models import ENDED, Job, JobState

DAILY = timedelta(hours=36)
EXPECTED_WITHIN = {"stock": DAILY, "demand": timedelta(days=9), "open_orders": DAILY}
"""How old these feeds may be before the page warns; other data changes rarely."""


@dataclass(frozen=True)
class FeedAge:
    """How old one kind of data is, and whether that is too old."""

    name: str
    age: str
    speaks_of: str
    old: bool
    loaded: bool = True


@dataclass(frozen=True)
class Unplanned:
    """An item-location that could not be planned, and where that is put right."""

    what: str
    message: str
    url: str
    fixes: list[Link]


@dataclass(frozen=True)
class Step:
    """One of the first steps of a company that begins."""

    title: str
    hint: str
    url: str
    done: bool


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: the index page's context with the plan's state in it."""
    if not request.user.has_perm("planning.view_planrun"):
        return {**context, "dashboard": None}
    plan, feeds, last = reads.current_plan(), reads.feeds(), _last_cycle()
    shared = {
        "dashboard": True,
        "feeds": _daily_feeds(feeds),
        "feeds_url": reverse("admin:ingestion_datafeed_changelist"),
        "running": last if last and last.state not in ENDED else None,
        "failed": last if last and last.state == JobState.FAILED else None,
        "failed_at": formats.moment(last.finished_at) if last and last.finished_at else "",
        "can_run": request.user.has_perm("planning.run_cycle"),
        "run_url": reverse("admin:planning_run_now"),
        "today": formats.day(company.today()),
    }
    if plan is None:
        has_items = Item.objects.exists()
        return {**context, **shared, "plan": None, "has_items": has_items, "steps": _first_steps(has_items, feeds)}
    return {**context, **shared, **_plan_context(request, plan)}


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


def _last_cycle() -> Job | None:
    return Job.objects.filter(kind__startswith="planning").order_by("-pk").first()


def _plan_context(request: HttpRequest, plan: CurrentPlan) -> dict[str, Any]:
    totals, run = trends.current_totals(plan), plan.run
    view = first_things.own_view(request.user)  # type: ignore[arg-type]
    left_out = totals["cannot_plan"].count
    return {
        "plan": run,
        "as_of": formats.day(run.as_of),
        "finished": formats.moment(run.finished_at) if run.finished_at else "",
        "planned": formats.count(reads.planned_count(plan), "item-location"),
        "cannot_plan": left_out,
        "cannot_plan_url": f"{reverse('admin:planning_exceptions')}?group=cannot_plan",
        "unplanned": (unplanned := _unplanned(request, queue.cannot_plan(plan)) if left_out else []),
        "unplanned_more": left_out - len(unplanned),
        "tiles": tiles(trends.trends(run, totals), plan.company.currency),
        "own_view": view.name if view else "",
        "first_things": first_things.listed(plan, view),
        "back_today": first_things.back_today(plan),
        "worklist_url": reverse("admin:planning_worklist"),
        "exceptions_url": reverse("admin:planning_exceptions"),
        "window_ends": formats.short_day(plan.action_window_ends),
    }


def _unplanned(request: HttpRequest, rows: list[PlanException]) -> list[Unplanned]:
    locations = carriers(rows)
    return [
        Unplanned(first_things.name_of(row), row.message, first_things.page_of(row), links(request, row, locations))
        for row in rows
    ]


def _first_steps(has_items: bool, feeds: list[DataFeed]) -> list[Step]:
    loaded = {feed.kind for feed in feeds}
    return [
        Step(
            "Say who you are",
            "Currency, time zone, forecast bucket and the defaults that stand in for missing data.",
            reverse("admin:company_companysettings_changelist"),
            company.settings().name != "My company",
        ),
        Step(
            "Load items, locations and suppliers",
            "CSV or XLSX files. A preview shows what would change before anything does.",
            reverse("admin:ingestion_imports"),
            has_items,
        ),
        Step(
            "Load stock, demand and open orders",
            "They make the plan; load them every day, and this page warns when they grow old.",
            reverse("admin:ingestion_imports"),
            has_items and {"stock", "demand"} <= loaded,
        ),
        Step(
            "Run the cycle",
            "It forecasts demand, sets stock levels and proposes orders. A few minutes for some thousand items.",
            "",
            False,
        ),
    ]


def _daily_feeds(feeds: list[DataFeed]) -> list[FeedAge]:
    """The feeds that a plan stands or falls with; none before the first import."""
    loaded = {feed.kind: feed for feed in feeds}
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
