"""The item-location page: translate the facts into what the template writes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from planning.admin import chart, places
from planning.admin.item_location import cards, numbers, position, queue, series, trees, trial
from planning.services.explain import explain_policy
from planning.services.item_location import ItemAtLocation, read_item_location
from stocksense.core.admin import formats
from stocksense.core.errors import InvalidInput

WIDE = {"width": 1100, "height": 440, "days_back": 182, "days_ahead": 91, "ticks": 10}
NARROW = {"width": 360, "height": 400, "days_back": 70, "days_ahead": 42, "ticks": 4}
BUCKETS_SHOWN, DAYS_SHOWN, ORDERS_SHOWN = 8, 14, 6
"""Rows of the tables that are not folded away."""


def page(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """The item-location page. 404 where the item or the location does not exist."""
    try:
        facts = read_item_location(item_id=item_id, location_id=location_id)
    except InvalidInput as error:
        raise Http404(error.message) from error
    urls = places.order_urls(cards.order_numbers(facts))
    proposals = cards.orders(facts, urls)
    return places.render(
        request,
        "planning/item_location.html",
        title=f"{facts.item.name or facts.item.sku} @ {facts.location.name or facts.location.code}",
        facts=facts,
        unit=facts.item.uom,
        plan=facts.plan.run if facts.plan else None,
        as_of=formats.day(facts.plan.run.as_of) if facts.plan else "",
        headline=cards.headline(facts),
        bar=position.stock_bar(facts),
        arithmetic=position.arithmetic(facts, urls),
        compared=position.compared(facts),
        blocked=position.blocked(facts),
        orders=proposals[:ORDERS_SHOWN],
        later_orders=proposals[ORDERS_SHOWN:],
        exceptions=cards.exceptions(facts),
        decisions=cards.decisions(facts, urls),
        policy_lines=cards.policy(facts),
        policy_sentences=cards.policy_sentences(facts),
        policy_steps=explain_policy(facts.policy) if facts.policy else [],
        settings_url=_settings_url(request, facts),
        item_url=reverse("admin:inventory_item_change", args=[facts.item.pk]),
        what_if=trial.card(request, facts),
        trees=trees.card(request, facts),
        queue=queue.of(request, facts),
        back=request.get_full_path(),
        **places.abilities(request),
        kept_query=[(name, value) for name, value in request.GET.items() if name not in trial.NAMES],
        **_charts(request, facts),
    )


def _charts(request: HttpRequest, facts: ItemAtLocation) -> dict[str, Any]:
    """The chart as data and as drawings, and its numbers by bucket or (?numbers=days) by day."""
    given = series.chart_input(facts)
    if given is None:
        return {"charts": []}
    by_day = request.GET.get("numbers") == "days"
    coming = numbers.coming_days(facts, given) if by_day else numbers.coming_buckets(facts, given)
    shown = DAYS_SHOWN if by_day else BUCKETS_SHOWN
    return {
        "charts": [("wide", chart.draw(given, **WIDE)), ("narrow", chart.draw(given, **NARROW))],
        "chart_data": series.as_json(facts, given),
        "chart_says": series.says(facts),
        "bucket": series.bucket_name(facts),
        "demand_of": cards.demand_of(facts),
        "by_day": by_day,
        "past": numbers.past(facts, given),
        "coming": coming[:shown],
        "further": coming[shown:],
        "numbers_query": places.query_without(request, "numbers"),
    }


def _settings_url(request: HttpRequest, facts: ItemAtLocation) -> str:
    if facts.settings is None or not request.user.has_perm("inventory.change_itemlocation"):
        return ""
    return reverse("admin:inventory_itemlocation_change", args=[facts.settings.pk])
