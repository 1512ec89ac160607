"""Auto-approve rules, and the page that shows what one would have done on past plans."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from planning.admin import places
from planning.models import AutoApproveRule
from planning.services import auto_approval
from planning.services.approval_rules import RULES
from planning.services.auto_approval import PAST_RUNS, DryRun
from stocksense.company import services as company
from stocksense.core.admin import formats
from stocksense.core.admin.base import StockSenseModelAdmin, number_column

SHOWN_LINES = 20


@admin.register(AutoApproveRule)
class AutoApproveRuleAdmin(StockSenseModelAdmin):
    """Rules in the order in which they are tried. Whoever saves one is its author."""

    instead = RULES.instead
    list_display = ("name", "position", "is_active", "kind", "supplier", "category", "location", "most", "author")
    list_filter = ("is_active", "kind", ("supplier", AutocompleteSelectFilter))
    list_select_related = ("supplier", "category", "location", "author")
    search_fields = ("name__icontains",)
    autocomplete_fields = ("supplier", "category", "location")
    fieldsets = (
        (None, {"fields": (("name", "position"), ("is_active", "author"), "on_past_plans")}),
        (
            "Approve what is",
            {"fields": (("kind", "only_regular"), ("supplier", "location"), ("category", "abc"))},
        ),
        ("Up to", {"fields": (("max_line_value", "max_order_value"), "max_change_percent")}),
    )
    readonly_fields = ("author", "on_past_plans")
    most = number_column("max_line_value", "line up to")

    def save_model(self, request: HttpRequest, obj: AutoApproveRule, form: Any, change: bool) -> None:
        """The rule acts in the name of whoever set it as it now is: with that person's rights and limit."""
        obj.author = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="on past plans")
    def on_past_plans(self, rule: AutoApproveRule) -> str:
        """Where to see what it would have done."""
        if rule.pk is None:
            return "Save the rule first, without activating it, to try it on past plans."
        url = reverse("admin:planning_rule_dry_run", args=[rule.pk])
        return format_html('<a class="ss-link" href="{}">Dry run on the last {} plans</a>', url, PAST_RUNS)


def dry_run_page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """What the rule, as saved, would have approved in each of the last plans, and what people did. Changes nothing."""
    rule = AutoApproveRule.objects.select_related("author", "category").filter(pk=rule_id).first()
    if rule is None:
        raise Http404
    found = auto_approval.dry_run(rule=rule)
    currency = company.settings().currency
    newest = next((past for past in found if past.orders), None)
    people = sum((past.people for past in found), start=type(found[0].people)() if found else {})
    return places.render(
        request,
        "planning/dry_run.html",
        title=f"Dry run of {rule.name}",
        rule=rule,
        rule_url=reverse("admin:planning_autoapproverule_change", args=[rule.pk]),
        rows=[_row(past, currency) for past in found],
        total=_summary(found, people, currency),
        newest=newest.run if newest else None,
        lines=[_line(order, currency) for order in newest.orders[:SHOWN_LINES]] if newest else [],
        more=max(len(newest.orders) - SHOWN_LINES, 0) if newest else 0,
    )


def _row(past: DryRun, currency: str) -> dict[str, str]:
    return {
        "plan": f"Plan of {formats.day(past.run.as_of)}",
        "run": str(past.run.pk),
        "lines": f"{len(past.orders):,}",
        "value": formats.money(past.value, currency) if past.orders else formats.NONE,
        **{name: f"{past.people[name]:,}" for name in ("approved", "changed", "rejected", "snoozed", "undecided")},
        "agreement": formats.share(past.agreement),
    }


def _summary(found: list[DryRun], people: Any, currency: str) -> str:
    lines = sum(len(past.orders) for past in found)
    if not lines:
        return "It would have approved nothing."
    value = formats.money(sum(past.value for past in found), currency)
    decided = lines - people["undecided"]
    done = f"It would have approved {formats.count(lines, 'line')} worth {value}."
    if not decided:
        return f"{done} People decided none of them, so there is nothing to compare with."
    agreed = formats.share(people["approved"] / decided)
    return f"{done} People decided {formats.count(decided, 'line')} of these and approved {agreed} as proposed."


def _line(order: Any, currency: str) -> dict[str, str]:
    return {
        "item": order.item.name or order.item.sku,
        "sku": order.item.sku,
        "url": places.item_location_url(order.item_id, order.location_id),
        "way": f"{order.supplier or order.origin} → {order.location}",
        "quantity": formats.quantity(order.quantity, order.item.uom, order.item.uom_decimals),
        "value": formats.money(order.value, currency),
    }
