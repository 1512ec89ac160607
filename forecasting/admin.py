"""Events and forecast runs. Overrides get their page when the forecast applies them."""

from django.contrib import admin

from forecasting.models import DemandEvent, ForecastRun
from stocksense.core.admin.base import ReadOnlyAdmin, StockSenseModelAdmin


@admin.register(DemandEvent)
class DemandEventAdmin(StockSenseModelAdmin):
    """Promotions and other happenings."""

    list_display = ("start_date", "end_date", "kind", "item", "location", "price", "label")
    list_filter = ("kind",)
    list_select_related = ("item", "location")
    autocomplete_fields = ("item", "location")
    search_fields = ("item__sku__istartswith", "label__istartswith")


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    """Runs of the forecast step."""

    list_display = ("id", "scenario", "as_of", "cutoff", "state", "started_at", "finished_at")
    list_filter = ("state", "scenario")
    list_select_related = ("scenario",)
