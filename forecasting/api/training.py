"""Trainings of the forecast over REST, and a way to start one."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.models import ForecastModel
from forecasting.services import training
from stocksense.core.api.filters import EXACT, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.jobs.api.jobs import JobRow, accepted


class TrainingBody(serializers.Serializer[Any]):
    """Nothing to say: all series are trained on together."""


class ForecastModelRow(Row):
    """One training of the forecast; the newest serves each run. What it learned stays inside."""

    evidence = serializers.JSONField(
        help_text="Scores of the blend, its members and all-zero at past origins, also per segment with their weights. "
        "`comparison`: of every candidate at origins that none had seen, over all sampled series (`all`) and per "
        "segment (`segments`): series, scaled_pinball, wape, bias, rmsse; against the blend on the "
        "same series difference and standard_error; `clearly_better` and `reason`. "
        "Missing until the training's second step is done."
    )
    only_when_asked = ("evidence",)

    class Meta:
        model = ForecastModel
        fields = ("id", "created_at", "cutoff", "bucket_days", "horizon_buckets", "series", "evidence")


class ForecastModelView(Listed, Detailed):
    """Trainings of the forecast, the newest first. POST starts one."""

    resource, model, row = "forecast-models", ForecastModel, ForecastModelRow
    create_body, create_answer, create_statuses = TrainingBody, JobRow, (202,)
    permissions: ClassVar = {
        "list": "forecasting.view_forecastmodel",
        "retrieve": "forecasting.view_forecastmodel",
        "create": "forecasting.train_forecast",
    }
    filter_fields: ClassVar = {"id": EXACT, "created_at": TIME, "cutoff": TIME}
    ordering_fields = ("created_at",)
    ordering = ("-created_at",)

    def create(self, request: Request) -> Response:
        """Start a training. 202 with its job; 409 while one is under way."""
        self.valid(TrainingBody)
        actor: Any = request.user
        return accepted(training.start_training(actor=actor))
