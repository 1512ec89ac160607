"""The forecast workbench, and the forecasting tables in the admin."""

from django.contrib import admin

from forecasting.admin import accuracy, demand, models, overrides, series, series_list, training
from forecasting.services.training import KIND as TRAINING
from stocksense.core.admin.site import StockSenseAdminSite
from stocksense.jobs import pages

__all__ = ["demand", "models"]

SEE, SEE_OVERRIDES = "forecasting.view_forecast", "forecasting.view_forecastoverride"
ADD, CHANGE = "forecasting.add_forecastoverride", "forecasting.change_forecastoverride"
SEE_TRAINING = "forecasting.view_forecastmodel"
SERIES = "series/<int:item_id>/<int:location_id>/"

PAGES = (
    ("series/", series_list.page, "forecasting_series", SEE),
    (SERIES, series.page, "forecasting_series_page", SEE),
    (f"{SERIES}preview/", overrides.preview, "forecasting_override_preview", SEE_OVERRIDES),
    (f"{SERIES}override/", overrides.save, "forecasting_override_save", ADD),
    (f"{SERIES}withdraw/", overrides.withdraw, "forecasting_override_withdraw", CHANGE),
    (f"{SERIES}reinstate/", overrides.reinstate, "forecasting_override_reinstate", CHANGE),
    ("accuracy/", accuracy.page, "forecasting_accuracy", SEE),
    ("training/", training.page, "forecasting_training", SEE_TRAINING),
    ("training/start/", training.start, "forecasting_training_start", training.TRAIN),
)
"""Address below forecasting/, view, name and permission of every work page."""


def _add_pages(site: StockSenseAdminSite) -> None:
    for route, view, name, permission in PAGES:
        site.add_page(f"forecasting/{route}", view, name=name, permission=permission)


_add_pages(admin.site)  # type: ignore[arg-type]
pages.register(TRAINING, lambda job: [pages.Page("Training", "admin:forecasting_training", SEE_TRAINING)])
