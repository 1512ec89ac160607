"""Projected stock over REST."""

from typing import ClassVar

from rest_framework import serializers

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from planning.api.plans import RowsOfPlan
from planning.models import Projection
from stocksense.company.api.runs import RUN_FILTERS
from stocksense.core.api.filters import CODE, EXACT
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class ProjectionRow(Row):
    """Stock of an item at a location per day from `first_date`, stock units: expected, and the span of 10 to 90 %."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run.")
    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}
    only_when_asked = ("on_hand_mean", "on_hand_p10", "on_hand_p90", "on_hand_without_orders")

    class Meta:
        model = Projection
        fields = (
            "id", "run", "item", "item_id", "location", "location_id",
            "first_date", "on_hand_mean", "on_hand_p10", "on_hand_p90",
            "on_hand_without_orders",
        )  # fmt: skip


class ProjectionView(RowsOfPlan, Listed, Detailed):
    """Projections of the current plan, or of another run; the days in each object, and in lists with `fields=`."""

    resource, model, row = "projections", Projection, ProjectionRow
    permissions: ClassVar = {"list": "planning.view_projection", "retrieve": "planning.view_projection"}
    filter_fields: ClassVar = {**RUN_FILTERS, "item": CODE, "item_id": EXACT, "location": CODE, "location_id": EXACT}
