"""Plan runs over REST, and the plan that the rows of a request belong to."""

from functools import cached_property
from typing import ClassVar

from rest_framework import serializers

from planning.models import PlanRun
from planning.services.reads import CurrentPlan
from stocksense.company import services as company
from stocksense.company.api.runs import RUN_FIELDS, RowsOfRun, RunRow, Runs
from stocksense.company.models import RunKind


class PlanRunRow(RunRow):
    """One plan of the whole network."""

    policy_run = serializers.IntegerField(source="policy_run_id", help_text="Id of the policies it was made from.")
    forecast_run = serializers.IntegerField(source="policy_run.forecast_run_id", help_text="Id of their forecast.")

    class Meta:
        model = PlanRun
        fields = (*RUN_FIELDS, "policy_run", "forecast_run", "horizon_days", "inputs_seen_at")


class PlanRunView(Runs):
    """Plans, the newest first. The current one is what people see and decide on."""

    resource, model, row, kind = "plan-runs", PlanRun, PlanRunRow, RunKind.PLAN
    permissions: ClassVar = {"list": "planning.view_planrun", "retrieve": "planning.view_planrun"}


class RowsOfPlan(RowsOfRun):
    """Rows of a plan: of `run=`, else of the current plan of `scenario=`, else of the baseline's."""

    kind, run_model = RunKind.PLAN, PlanRun

    @cached_property
    def plan(self) -> CurrentPlan | None:
        """The plan that is read; None before the first one."""
        if self.run_asked is None:
            return None
        run = PlanRun.objects.select_related("scenario", "policy_run__forecast_run").get(pk=self.run_asked[0])
        return CurrentPlan(run, company.settings())
