"""Planning's own tables: runs and decisions, to look at."""

from django.contrib import admin

from planning.models import PlanDecision, PlanRun
from stocksense.core.admin.base import ReadOnlyAdmin


@admin.register(PlanRun)
class PlanRunAdmin(ReadOnlyAdmin):
    """Runs of the plan step."""

    list_display = ("id", "scenario", "as_of", "run_date", "state", "started_at", "finished_at")
    list_filter = ("state", "scenario")
    list_select_related = ("scenario",)
    date_hierarchy = "run_date"


@admin.register(PlanDecision)
class PlanDecisionAdmin(ReadOnlyAdmin):
    """What planners decided, newest first."""

    list_display = (
        "updated_at",
        "decision",
        "item",
        "destination",
        "source",
        "proposed_quantity",
        "quantity",
        "order_number",
        "decided_by",
        "reason",
    )
    list_filter = ("decision", "scenario")
    list_select_related = ("item", "destination", "origin", "supplier", "decided_by")
    search_fields = ("item__sku__istartswith", "order_number__istartswith")
    search_help_text = "Start of the SKU or of the order number"

    @admin.display(description="from")
    def source(self, decision: PlanDecision) -> str:
        """Supplier or origin."""
        return str(decision.supplier or decision.origin)
