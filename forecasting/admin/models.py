"""Events, runs, overrides and their reasons as tables."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from forecasting.admin import wording
from forecasting.models import DemandEvent, ForecastOverride, ForecastRun, OverrideReason
from forecasting.services import events, overrides, reasons
from stocksense.core.admin import formats
from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyAdmin, StockSenseModelAdmin, number_column
from stocksense.core.admin.masters import MasterAdmin

CHANGE = "forecasting.change_forecastoverride"


@admin.register(DemandEvent)
class DemandEventAdmin(MasterAdmin):
    """Promotions and other happenings."""

    master = events.EVENTS
    list_display = ("start_date", "end_date", "kind", "item", "category", "location", "unit_price", "label", "uplift")
    list_filter = ("kind",)
    list_select_related = ("item", "category", "location", "expected")
    autocomplete_fields = ("item", "category", "location")
    search_fields = ("item__sku__istartswith", "label__istartswith")
    unit_price = number_column("price", "price")

    @display(description="learned uplift", ordering="expected__uplift")
    def uplift(self, event: DemandEvent) -> str:
        """What the newest forecast that saw it ahead expected of it."""
        expected = events.expected_of(event)
        return formats.NONE if expected is None else wording.uplift(expected)


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    """Runs of the forecast step."""

    list_display = ("id", "scenario", "as_of", "cutoff", "state", "started_at", "finished_at")
    list_filter = ("state", "scenario")
    list_select_related = ("scenario",)


@admin.register(OverrideReason)
class OverrideReasonAdmin(MasterAdmin):
    """The company's reasons for overrides."""

    master = reasons.REASONS
    list_display = ("name", "code", "is_active")
    search_fields = ("code__istartswith", "name__istartswith")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is set once."""
        return ("code",) if obj else ()


class OverrideForm(forms.ModelForm):
    """An override, checked as services check it, and written only over the state that was shown."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:  # (not on pages that only show)
            self.fields["reason"].queryset = OverrideReason.objects.filter(is_active=True)
        if self.instance.pk:
            self.initial["version"] = overrides.version_of(self.instance)

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors:
            return
        if self.instance.pk and not self._is_current():
            self.add_error(None, "Somebody changed this override meanwhile. Load the page again to see how.")
            return
        for name, sentences in overrides.problems_of(self.instance).items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)

    def _is_current(self) -> bool:
        """Whether nobody wrote since; locks the row until the form is saved (the admin's views are transactions)."""
        found = ForecastOverride.objects.select_for_update(of=("self",)).get(pk=self.instance.pk)
        return self.cleaned_data.get("version") == overrides.version_of(found) and found.withdrawn_at is None


@admin.register(ForecastOverride)
class ForecastOverrideAdmin(StockSenseModelAdmin):
    """Overrides at every level; those of one series are written beside its chart."""

    form = OverrideForm
    list_display = ("start_date", "end_date", "mode", "amount", "item", "category", "location", "reason", "author",
                    "expires_on", "withdrawn_at")  # fmt: skip
    list_filter = ("mode", "reason", ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("item", "category", "location", "reason", "author")
    autocomplete_fields = ("item", "category", "location")
    search_fields = ("reference__istartswith", "item__sku__istartswith", "comment__icontains")
    fields = ("item", "category", "location", "start_date", "end_date", "mode", "value", "reason", "comment",
              "expires_on", "version")  # fmt: skip
    post_actions = ("withdraw", "reinstate")
    amount = number_column("value", "value")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Overrides are withdrawn: what they did stays on record."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Withdrawn ones are reinstated first."""
        return super().has_change_permission(request, obj) and (obj is None or obj.withdrawn_at is None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Written in the name of whoever changes what it says of demand."""
        if not change or set(form.changed_data) & overrides.SPAN_FIELDS:
            obj.author = request.user
        super().save_model(request, obj, form, change)

    @post_action(
        label="Withdraw", permission=CHANGE, tone="danger", available=lambda one: one.withdrawn_at is None,
        confirm="The next forecast run leaves it out. It stays on record and can be reinstated.",
    )  # fmt: skip
    def withdraw(self, request: HttpRequest, obj: ForecastOverride) -> str:
        """Leave it out from the next run on."""
        with transaction.atomic():
            overrides.withdraw_override(override=_locked(obj), actor=request.user)
        return "It is withdrawn: the next forecast run leaves it out."

    @post_action(label="Reinstate", permission=CHANGE, available=lambda one: one.withdrawn_at is not None)
    def reinstate(self, request: HttpRequest, obj: ForecastOverride) -> str:
        """In force again."""
        with transaction.atomic():
            overrides.reinstate_override(override=_locked(obj), actor=request.user)
        return "It is in force again, from the next forecast run on."


def _locked(obj: ForecastOverride) -> ForecastOverride:
    found = ForecastOverride.objects.select_for_update(of=("self",)).filter(pk=obj.pk).first()
    if found is None:
        raise PermissionDenied
    return found
