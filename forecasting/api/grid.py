"""What lists of forecasts share: the grid of probabilities that their quantiles are on."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import FloatField, QuerySet, Value

from stocksense.company.api.runs import RowsOfRun
from stocksense.core.numeric import QUANTILE_GRID


class OnTheGrid(RowsOfRun):
    """Rows of a forecast run that show their `probabilities`."""

    def queryset(self) -> "QuerySet[Any]":
        """The run's rows with the grid of probabilities that all quantiles are on."""
        grid = Value([float(one) for one in QUANTILE_GRID], output_field=ArrayField(FloatField()))
        rows: QuerySet[Any] = super().queryset().annotate(probabilities=grid)
        return rows
