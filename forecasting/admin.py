"""Events and forecast runs. Overrides get their page when the forecast applies them."""

from django.contrib import admin

from forecasting.models import DemandEvent, ForecastRun
from forecasting.services import events
from stocksense.core.admin.base import ReadOnlyAdmin
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
