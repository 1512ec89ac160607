"""Rules and policy runs."""

from django.contrib import admin

from policies.models import PolicyRule, PolicyRun
from stocksense.core.admin.base import ReadOnlyAdmin, StockSenseModelAdmin


@admin.register(PolicyRule)
class PolicyRuleAdmin(StockSenseModelAdmin):
    """Rules in the order in which they are tried."""

    list_display = (
        "position",
        "name",
        "abc",
        "xyz",
        "demand_class",
        "category",
        "location_kind",
        "service_target",
        "method",
        "review_days",
        "is_active",
    )
    list_display_links = ("name",)
    list_filter = ("is_active", "location_kind")
    list_select_related = ("category",)
    autocomplete_fields = ("category",)
    search_fields = ("name",)


@admin.register(PolicyRun)
class PolicyRunAdmin(ReadOnlyAdmin):
    """Runs of the policy step."""

    list_display = ("id", "scenario", "as_of", "forecast_run", "state", "started_at", "finished_at")
    list_filter = ("state", "scenario")
    list_select_related = ("scenario", "forecast_run")
