"""Events, overrides and forecast runs."""

from django.contrib import admin
from django.http import HttpRequest

from forecasting.models import DemandEvent, ForecastOverride, ForecastRun
from stocksense.core.admin.base import ReadOnlyAdmin, StockSenseModelAdmin


@admin.register(DemandEvent)
class DemandEventAdmin(StockSenseModelAdmin):
    """Promotions and other happenings."""

    list_display = ("start_date", "end_date", "kind", "item", "location", "price", "label")
    list_filter = ("kind",)
    list_select_related = ("item", "location")
    autocomplete_fields = ("item", "location")
    search_fields = ("item__sku__istartswith", "label__istartswith")


@admin.register(ForecastOverride)
class ForecastOverrideAdmin(StockSenseModelAdmin):
    """What planners put on top of the forecast."""

    list_display = (
        "start_date",
        "end_date",
        "item",
        "category",
        "location",
        "mode",
        "value",
        "reason",
        "author",
        "expires_on",
    )
    list_filter = ("mode",)
    list_select_related = ("item", "category", "location", "author")
    autocomplete_fields = ("item", "category", "location")
    exclude = ("author",)
    search_fields = ("item__sku__istartswith", "reason__istartswith")

    def save_model(self, request: HttpRequest, obj: ForecastOverride, form: object, change: bool) -> None:
        """The author is who made it."""
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    """Runs of the forecast step."""

    list_display = ("id", "scenario", "as_of", "cutoff", "state", "started_at", "finished_at")
    list_filter = ("state", "scenario")
    list_select_related = ("scenario",)
