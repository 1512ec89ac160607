"""What lists of forecasts share: the grid of probabilities that their quantiles are on."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import FloatField, QuerySet, Value
from rest_framework import serializers

from stocksense.company.api.runs import RowsOfRun
from stocksense.core.api.rows import Row
from stocksense.core.numeric import QUANTILE_GRID


class RowOnTheGrid(Row):
    """A forecast of a run: a mean and quantiles per bucket."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the forecast run.")
    bucket_days = serializers.IntegerField(source="run.bucket_days")
    mean = serializers.ListField(child=serializers.FloatField(), help_text="Expected demand per bucket, stock units.")
    probabilities = serializers.ListField(
        child=serializers.FloatField(), help_text="The probabilities of the quantiles, in their order."
    )
    quantiles = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="Per bucket: demand at each probability."
    )


class OnTheGrid(RowsOfRun):
    """Rows of a forecast run that show their `probabilities`."""

    def queryset(self) -> "QuerySet[Any]":
        """The run's rows with the grid of probabilities that all quantiles are on."""
        grid = Value([float(one) for one in QUANTILE_GRID], output_field=ArrayField(FloatField()))
        rows: QuerySet[Any] = super().queryset().annotate(probabilities=grid)
        return rows
