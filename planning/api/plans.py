"""Plan runs over REST, and the plan that the rows of a request belong to."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from planning.api.answers import compared
from planning.api.bodies import LARGEST_ID
from planning.models import PlanRun
from planning.services import compare, cycle
from planning.services.reads import CurrentPlan
from stocksense.company import services as company
from stocksense.company.api.runs import RUN_FIELDS, RowsOfRun, RunRow, Runs
from stocksense.company.models import RunKind
from stocksense.core.api.commands import command
from stocksense.core.api.filters import refuse_unknown
from stocksense.core.api.problems import UnknownParameters
from stocksense.jobs.api.jobs import JobRow, accepted

MOVERS = 50
MOST_MOVERS = 1000


class PlanRunRow(RunRow):
    """One plan of the whole network."""

    policy_run = serializers.IntegerField(source="policy_run_id", help_text="Id of the policies it was made from.")
    forecast_run = serializers.IntegerField(source="policy_run.forecast_run_id", help_text="Id of their forecast.")

    class Meta:
        model = PlanRun
        fields = (*RUN_FIELDS, "policy_run", "forecast_run", "horizon_days", "inputs_seen_at")


class CycleBody(serializers.Serializer[Any]):
    """What to plan. Without anything: the baseline, from the newest stock snapshot, every step."""

    scenario = serializers.CharField(required=False, max_length=64)
    as_of = serializers.DateField(required=False)
    steps = serializers.ListField(child=serializers.ChoiceField(choices=cycle.STEPS), required=False, min_length=1)


class PlanRunView(Runs):
    """Plans, the newest first. The current one is what people see and decide on."""

    resource, model, row, kind = "plan-runs", PlanRun, PlanRunRow, RunKind.PLAN
    create_body, create_answer, create_statuses = CycleBody, JobRow, (202,)
    permissions: ClassVar = {
        "list": "planning.view_planrun",
        "retrieve": "planning.view_planrun",
        "create": "planning.run_cycle",
    }

    def create(self, request: Request) -> Response:
        """Start a planning cycle. 202 with its job; 409 while one of the scenario is under way."""
        body = self.valid(CycleBody)
        actor: Any = request.user
        return accepted(cycle.start_cycle(actor=actor, **body))

    @command("planning.view_planrun", methods=("get",))
    def changes(self, request: Request, pk: str) -> Response:
        """Say what became of proposals and exceptions since an earlier run, and why.

        `since` names that run; else it is the one before.
        """
        query = request.query_params
        refuse_unknown(query, ("since", "movers"))
        run_id = self.represent(pk)["id"]
        since, most = whole_number(query, "since", LARGEST_ID), whole_number(query, "movers", MOST_MOVERS)
        pair = compare.choose_runs(compare.comparable_runs(), company.settings(), before=since, after=run_id)
        found = compare.compare_runs(pair)
        return Response(compared(found, compare.compare_warnings(pair), most=MOVERS if most is None else most))


def whole_number(query: Mapping[str, str], name: str, most: int) -> int | None:
    """A parameter that is a number from 1 on; None where it is not given. Raises UnknownParameters."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
        raise UnknownParameters({name: [f"Must be a whole number from 1 to {most}."]})
    return int(text)


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
