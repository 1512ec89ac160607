"""Policy runs and effective policies over REST."""

from typing import ClassVar

from rest_framework import serializers

from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from policies.models import Policy, PolicyRun
from stocksense.company.api.runs import RUN_FIELDS, RUN_FILTERS, RowsOfRun, RunRow, Runs
from stocksense.company.models import RunKind
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class PolicyRunRow(RunRow):
    """One computation of every item-location's stock parameters."""

    forecast_run = serializers.IntegerField(source="forecast_run_id", help_text="Id of the forecast it was made from.")

    class Meta:
        model = PolicyRun
        fields = (*RUN_FIELDS, "forecast_run")


class PolicyRunView(Runs):
    """Runs of the policy step."""

    resource, model, row, kind = "policy-runs", PolicyRun, PolicyRunRow, RunKind.POLICY
    permissions: ClassVar = {"list": "policies.view_policyrun", "retrieve": "policies.view_policyrun"}


class PolicyRow(Row):
    """Effective parameters of an item at a location, stock units and days; today's levels."""

    run = serializers.IntegerField(source="run_id", help_text="Id of the policy run.")
    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    reorder_points = serializers.ListField(child=serializers.FloatField(), help_text="s per day from the run's day.")
    order_up_to_levels = serializers.ListField(
        child=serializers.FloatField(), help_text="S per day from the run's day."
    )
    trace = serializers.JSONField(help_text="Inputs with their source, and the steps that recompute s and S.")
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}
    only_when_asked = ("reorder_points", "order_up_to_levels", "trace")

    class Meta:
        model = Policy
        fields = (
            "id", "run", "item", "item_id", "location", "location_id",
            "method", "abc", "xyz", "demand_class", "service_target",
            "lead_time_days", "review_days", "reorder_point", "order_up_to", "safety_stock", "order_quantity",
            "reorder_points", "order_up_to_levels", "trace",
        )  # fmt: skip


class PolicyView(RowsOfRun, Listed, Detailed):
    """Effective policies of the current run, or of another. Paths over days and the trace in each object."""

    resource, model, row = "policies", Policy, PolicyRow
    kind, run_model = RunKind.POLICY, PolicyRun
    permissions: ClassVar = {"list": "policies.view_policy", "retrieve": "policies.view_policy"}
    filter_fields: ClassVar = {
        **RUN_FILTERS,
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "method": CHOICE,
        "abc": CHOICE,
        "xyz": CHOICE,
        "demand_class": CHOICE,
        "service_target": NUMBER,
        "safety_stock": NUMBER,
    }
