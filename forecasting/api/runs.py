"""Forecast runs and their series over REST."""

from typing import ClassVar

from rest_framework import serializers

from forecasting.api.grid import OnTheGrid, RowOnTheGrid
from forecasting.models import Forecast, ForecastRun
from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from stocksense.company.api.runs import RUN_FIELDS, RUN_FILTERS, RunRow, Runs
from stocksense.company.models import RunKind
from stocksense.core.api.filters import CHOICE, CODE, EXACT
from stocksense.core.api.masters import code, ident
from stocksense.core.api.views import Detailed, Listed


class ForecastRunRow(RunRow):
    """A forecast of every series, from demand up to `cutoff`."""

    class Meta:
        model = ForecastRun
        fields = (*RUN_FIELDS, "cutoff", "bucket_days", "horizon_buckets")


class ForecastRunView(Runs):
    """Runs of the forecast step."""

    resource, model, row, kind = "forecast-runs", ForecastRun, ForecastRunRow, RunKind.FORECAST
    permissions: ClassVar = {"list": "forecasting.view_forecastrun", "retrieve": "forecasting.view_forecastrun"}


class ForecastRow(RowOnTheGrid):
    """The forecast of one item at one location: buckets of `bucket_days` days, the first one from `first_date`."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    cumulative_quantiles = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="Per bucket: the sum of demand from the first bucket to this one at each probability.",
    )
    statistical_mean = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="The mean before overrides; null: none touched it."
    )
    naive_mean = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="The no-change forecast, the last demand repeated."
    )
    scores = serializers.JSONField(help_text="Back-test scores of this series.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}
    only_when_asked = ("probabilities", "quantiles", "cumulative_quantiles", "statistical_mean", "naive_mean")

    class Meta:
        model = Forecast
        fields = (
            "id", "run", "item", "item_id", "location", "location_id",
            "scope", "demand_class", "fallback", "bucket_days", "first_date", "mean",
            "probabilities", "quantiles", "cumulative_quantiles", "statistical_mean", "naive_mean", "scores",
        )  # fmt: skip


class ForecastView(OnTheGrid, Listed, Detailed):
    """Forecasts of the current run, or of another. Lists show the mean; quantiles on demand and in each object."""

    resource, model, row = "forecasts", Forecast, ForecastRow
    kind, run_model = RunKind.FORECAST, ForecastRun
    permissions: ClassVar = {"list": "forecasting.view_forecast", "retrieve": "forecasting.view_forecast"}
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "scope": CHOICE,
        "demand_class": CHOICE,
    }
