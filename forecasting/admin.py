"""Events, corrections of demand, analogues of new items, and forecast runs."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from forecasting.models import CorrectionState, DemandCorrection, DemandEvent, ForecastRun, ItemAnalogue
from forecasting.services import corrections, events
from forecasting.services.analogues import ANALOGUES
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyAdmin, StockSenseModelAdmin, number_column
from stocksense.core.admin.masters import MasterAdmin


@admin.register(DemandEvent)
class DemandEventAdmin(MasterAdmin):
    """Promotions and other happenings."""

    master = events.EVENTS
    list_display = ("start_date", "end_date", "kind", "item", "category", "location", "price", "label")
    list_filter = ("kind",)
    list_select_related = ("item", "category", "location")
    autocomplete_fields = ("item", "category", "location")
    search_fields = ("item__sku__istartswith", "label__istartswith")


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    """Runs of the forecast step."""

    list_display = ("id", "scenario", "as_of", "cutoff", "state", "started_at", "finished_at")
    list_filter = ("state", "scenario")
    list_select_related = ("scenario",)


class DemandCorrectionForm(forms.ModelForm):
    """What a planner says of one bucket: checked as the API checks it."""

    class Meta:
        model = DemandCorrection
        fields = ("item", "location", "date", "quantity", "reason")

    def clean(self) -> dict[str, Any]:
        """Adds what cannot be said to its field."""
        said: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for name, sentences in corrections.problems_of(**_said(said)).items():
                for sentence in sentences:
                    self.add_error(name, sentence)
        return said

    def _get_validation_exclusions(self) -> set[str]:
        """The rest of the row is the service's to fill."""
        return {*super()._get_validation_exclusions(), "bucket_days", "kind", "author"}

    def validate_constraints(self) -> None:
        """The database has its say when the service writes."""


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {"day" if name == "date" else name: value for name, value in values.items()}


@admin.register(DemandCorrection)
class DemandCorrectionAdmin(StockSenseModelAdmin):
    """Outliers, stock-outs and what planners say of demand: added, undone and applied, never edited or deleted."""

    form = DemandCorrectionForm
    list_display = ("date", "item", "location", "kind", "units", "state", "reason", "by")
    list_filter = ("kind", "state", ("location", AutocompleteSelectFilter))
    list_select_related = ("item", "location", "author")
    autocomplete_fields = ("item", "location")
    search_fields = ("item__sku__istartswith",)
    search_help_text = "Start of the SKU"
    post_actions = ("undo", "apply")
    actions = ("undo_selected",)
    units = number_column("quantity", "units")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: there are undo and apply."""
        return False

    @admin.display(description="by", ordering="author")
    def by(self, obj: DemandCorrection) -> str:
        """Whose word it is."""
        return str(obj.author) if obj.author is not None else "system"

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Whether to offer undoing from the list."""
        return request.user.has_perm("forecasting.change_demandcorrection")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: an undone correction must be remembered, or the next run makes it again."""
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """All of a row that is there; of a new one what a person says."""
        if obj is None:
            return ("item", "location", "date", "quantity", "reason")
        return ("item", "location", "date", "bucket_days", "kind", "quantity", "reason", "state", "author")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What a planner says, through the service."""
        made = corrections.correct_demand(**_said(form.cleaned_data), actor=request.user)  # type: ignore[arg-type]
        obj.pk = made.pk

    @admin.action(description="Undo: let what was recorded count", permissions=["undo"])
    def undo_selected(self, request: HttpRequest, queryset: "QuerySet[DemandCorrection]") -> None:
        """Undo what is ticked in the list (Django sends actions by POST)."""
        ids = list(queryset.values_list("pk", flat=True))
        count = corrections.undo_corrections(correction_ids=ids, actor=request.user)  # type: ignore[arg-type]
        self.message_user(request, f"{count} undone; what was recorded counts from the next forecast on.")

    @post_action(
        label="Undo",
        permission="forecasting.change_demandcorrection",
        available=lambda correction: correction.state != CorrectionState.UNDONE,
    )
    def undo(self, request: HttpRequest, obj: Any) -> str:
        """What was recorded counts."""
        corrections.undo_correction(correction_id=obj.pk, actor=request.user)  # type: ignore[arg-type]
        return "What was recorded counts from the next forecast on; no run corrects this bucket again."

    @post_action(
        label="Apply",
        permission="forecasting.change_demandcorrection",
        available=lambda correction: correction.state != CorrectionState.APPLIED,
    )
    def apply(self, request: HttpRequest, obj: Any) -> str:
        """The correction counts."""
        corrections.apply_correction(correction_id=obj.pk, actor=request.user)  # type: ignore[arg-type]
        return "The correction counts from the next forecast on."


@admin.register(ItemAnalogue)
class ItemAnalogueAdmin(MasterAdmin):
    """Which items stand in for new ones."""

    master = ANALOGUES
    list_display = ("item", "analogue", "share", "units", "chosen_by")
    list_select_related = ("item", "analogue", "chosen_by")
    autocomplete_fields = ("item", "analogue")
    search_fields = ("item__sku__istartswith", "analogue__sku__istartswith")
    search_help_text = "Start of either SKU"
    share = number_column("weight", "weight")
    units = number_column("scale", "scale")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Whoever saves it has chosen it."""
        obj.chosen_by = request.user
        super().save_model(request, obj, form, change)
