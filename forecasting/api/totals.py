"""Totals of a forecast run over REST."""

from typing import ClassVar

from rest_framework import serializers

from forecasting.api.grid import OnTheGrid, RowOnTheGrid
from forecasting.models import ForecastAggregate, ForecastRun
from inventory.api.items import CategoryRow
from inventory.api.locations import LocationRow
from stocksense.company.api.runs import RUN_FILTERS
from stocksense.company.models import RunKind
from stocksense.core.api.filters import CHOICE, CODE, EXACT
from stocksense.core.api.masters import code, ident
from stocksense.core.api.views import Detailed, Listed


class ForecastAggregateRow(RowOnTheGrid):
    """The forecast of a total, the sum of its item-locations' means: buckets of `bucket_days` from `first_date`."""

    category = code("category.path", "Path of the category, all below it included; null at other levels.", null=True)
    category_id = ident("Id of the category.", null=True)
    location = code("location.code", "Code of the location; null at other levels.", null=True)
    location_id = ident("Id of the location.", null=True)
    scores = serializers.JSONField(help_text="Back-test scores of the forecast of the total's own history.")
    expandable = {"category": ("category", CategoryRow), "location": ("location", LocationRow)}
    only_when_asked = ("probabilities", "quantiles")

    class Meta:
        model = ForecastAggregate
        fields = (
            "id", "run", "level", "category", "category_id", "region", "location", "location_id", "series",
            "bucket_days", "first_date", "mean", "probabilities", "quantiles", "scores",
        )  # fmt: skip


class ForecastAggregateView(OnTheGrid, Listed, Detailed):
    """Totals of the current run, or of another: everything, by category, by region and by location."""

    resource, model, row = "forecast-aggregates", ForecastAggregate, ForecastAggregateRow
    kind, run_model = RunKind.FORECAST, ForecastRun
    permissions: ClassVar = {
        "list": "forecasting.view_forecastaggregate",
        "retrieve": "forecasting.view_forecastaggregate",
    }
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "level": CHOICE,
        "category": CODE,
        "category_id": EXACT,
        "region": CODE,
        "location": CODE,
        "location_id": EXACT,
    }
