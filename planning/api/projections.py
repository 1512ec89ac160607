"""Projected stock over REST."""

from typing import ClassVar

from rest_framework import serializers

from inventory.api.items import ItemRow
from planning.api.plans import RowsOfPlan
from planning.models import Projection
from stocksense.company.api.runs import RUN_FILTERS
from stocksense.core.api.filters import CODE
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class ProjectionRow(Row):
    """Stock of an item at a location per day from `first_date`, stock units: expected, and the span of 10 to 90 %."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run.")
    sku = serializers.CharField(source="item.sku")
    location = serializers.CharField(source="location.code")
    expandable = {"item": ("item", ItemRow)}
    only_when_asked = ("on_hand_mean", "on_hand_p10", "on_hand_p90", "on_hand_without_orders")

    class Meta:
        model = Projection
        fields = (
            "id", "run", "sku", "location", "first_date", "on_hand_mean", "on_hand_p10", "on_hand_p90",
            "on_hand_without_orders",
        )  # fmt: skip


class ProjectionView(RowsOfPlan, Listed, Detailed):
    """Projections of the current plan, or of another run; the days in each object, and in lists with `fields=`."""

    resource, model, row = "projections", Projection, ProjectionRow
    permissions: ClassVar = {"list": "planning.view_projection", "retrieve": "planning.view_projection"}
    filter_fields: ClassVar = {**RUN_FILTERS, "sku": CODE, "location": CODE}
