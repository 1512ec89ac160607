"""Planning's own tables: runs and decisions, to look at."""

from django.contrib import admin
from django.http import HttpRequest

from planning.models import (
    ApprovalLimit,
    DecisionBatch,
    DecisionEntry,
    ExceptionDecision,
    PlanDecision,
    PlanRun,
)
from planning.services import decisions
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyAdmin, ReadOnlyInline, StockSenseModelAdmin, number_column


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


@admin.register(ExceptionDecision)
class ExceptionDecisionAdmin(ReadOnlyAdmin):
    """What planners said about exceptions, newest first."""

    list_display = (
        "updated_at",
        "decision",
        "kind",
        "item",
        "location",
        "subject",
        "snoozed_until",
        "decided_by",
        "reason",
    )
    list_filter = ("decision", "kind", "scenario")
    list_select_related = ("item", "location", "decided_by")
    search_fields = ("item__sku__istartswith", "subject__istartswith")
    search_help_text = "Start of the SKU or of the order or lot"


class DecisionEntryInline(ReadOnlyInline):
    """What the act did, line by line."""

    model = DecisionEntry
    per_page = 50
    fields = readonly_fields = (
        "item",
        "destination",
        "source",
        "need_on",
        "exception_kind",
        "proposed",
        "set_to",
        "worth",
        "order_number",
    )
    verbose_name_plural = "lines"
    proposed = number_column("proposed_quantity", "proposed")
    set_to = number_column("quantity", "set to")
    worth = number_column("value", "value")

    def get_queryset(self, request):
        """Lines with what a row shows."""
        return super().get_queryset(request).select_related("item", "destination", "supplier", "origin")

    @admin.display(description="from")
    def source(self, entry: DecisionEntry) -> str:
        """Supplier or origin."""
        return str(entry.supplier or entry.origin or "–")


@admin.register(DecisionBatch)
class DecisionBatchAdmin(ReadOnlyAdmin):
    """Every act of a person or a rule, newest first; undone ones stay."""

    list_display = ("created_at", "verb", "lines", "worth", "actor", "rule", "reason", "undone_at", "undone_by")
    list_filter = ("verb", "scenario", ("undone_at", admin.EmptyFieldListFilter))
    list_select_related = ("actor", "rule", "undone_by")
    search_fields = ("reason__icontains", "entries__item__sku__istartswith", "entries__order_number__istartswith")
    search_help_text = "Reason, start of a SKU or of an order number"
    exclude = ("token",)
    inlines = (DecisionEntryInline,)
    post_actions = ("undo",)
    worth = number_column("value", "value")

    @post_action(
        label="Undo",
        permission="planning.decide",
        tone="danger",
        confirm="Drafts lose these lines, and what was said before stands again. Orders that went on cannot be undone.",
        available=lambda batch: batch.undone_at is None,
    )
    def undo(self, request: HttpRequest, batch: DecisionBatch) -> str:
        """Take the act back as a whole."""
        decisions.undo_batch(batch_id=batch.pk, actor=request.user)
        return f"Undone: {batch}."


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(StockSenseModelAdmin):
    """The most that one order may be worth for a role to approve it."""

    list_display = ("role", "most")
    most = number_column("max_order_value", "one order at most")
