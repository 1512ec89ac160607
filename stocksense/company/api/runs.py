"""What resources of runs share: the runs themselves, and the rows of one run, the current one unless told."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from rest_framework import serializers

from stocksense.company.models import CurrentRun, Run, RunKind, RunState, Scenario
from stocksense.core.api import filters
from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.rows import Row
from stocksense.core.api.views import CURSOR_FREE, Detailed, Listed, Resource

LONGEST_ID = 18
"""Digits of the largest id that a table can hold."""


def read_elsewhere(rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
    """For a parameter that `queryset()` reads: the filter is there to make it known and to check it."""
    return rows


RUN_FILTERS: dict[str, filters.Operators] = {
    "run": django_filters.NumberFilter(method=read_elsewhere, min_value=1),
    "scenario": django_filters.CharFilter(method=read_elsewhere),
}
RUN_FIELDS = (
    "id", "scenario", "as_of", "run_date", "state", "is_current", "job", "summary", "started_at", "finished_at",
)  # fmt: skip
RUN_STATE_FILTERS: dict[str, filters.Operators] = {
    "scenario": filters.EXACT,
    "state": filters.CHOICE,
    "as_of": filters.TIME,
    "is_current": django_filters.TypedChoiceFilter(
        choices=[("true", "true"), ("false", "false")], coerce=lambda text: text == "true"
    ),
}


class RunRow(Row):
    """A run of one step of the planning cycle."""

    scenario = serializers.CharField(source="scenario.name", help_text="Name of the scenario.")
    job = serializers.IntegerField(source="job_id", allow_null=True, help_text="Id of the job that made it.")
    is_current = serializers.BooleanField(help_text="Whether readers see this run of its scenario.")


class Runs(Listed, Detailed):
    """The runs of one kind, the newest first."""

    kind: ClassVar[RunKind]
    filter_fields: ClassVar = RUN_STATE_FILTERS
    ordering_fields = ("id", "as_of")
    ordering = ("-id",)

    def queryset(self) -> "QuerySet[Any]":
        """Every run, and whether it is the current one of its scenario."""
        pointers = CurrentRun.objects.filter(kind=self.kind, scenario=OuterRef("scenario"), run_id=OuterRef("pk"))
        rows: QuerySet[Any] = super().queryset().annotate(is_current=Exists(pointers))
        return rows


class RowsOfRun(Resource):
    """Rows of one run: of `run=`, else of the current run of `scenario=`, else of the baseline's."""

    kind: ClassVar[RunKind]
    run_model: ClassVar[type[Run]]
    detail_parameters: ClassVar[Sequence[str]] = ("run", "scenario")

    @cached_property
    def run_asked(self) -> tuple[int, date] | None:
        """(id, run date) of the run that is read; None before the first one.

        Raises UnknownParameters where there is no such finished run or no such scenario.
        """
        query = self.request.query_params
        if number := query.get("run"):
            return _run_of(self.run_model, number)
        scenario = _scenario(query.get("scenario"))
        pointer = CurrentRun.objects.run_of(self.kind, scenario)
        return (pointer.run_id, pointer.run_date) if pointer else None

    def queryset(self) -> "QuerySet[Any]":
        """The run's rows, of its partition only."""
        rows = super().queryset()
        if self.run_asked is None:
            return rows.none()
        run_id, run_date = self.run_asked
        return rows.filter(run_id=run_id, run_date=run_date)

    def _binding(self) -> str:
        """A cursor belongs to the run that is read, whether the address names it or not."""
        free = {*CURSOR_FREE, "run", "scenario"}
        kept = sorted((name, str(value)) for name, value in self.request.query_params.items() if name not in free)
        return f"{self.request.path} {urlencode([*kept, ('run', self.run_asked[0] if self.run_asked else 0)])}"

    def _address(self, **changed: str) -> str:
        """The next page is of the same run, also when a newer one has become current meanwhile."""
        pinned = {"run": str(self.run_asked[0])} if self.run_asked else {}
        return super()._address(**changed, **pinned)  # type: ignore[misc, no-any-return]


def _run_of(model: type[Run], number: str) -> tuple[int, date]:
    found = None
    if number.isdecimal() and len(number) <= LONGEST_ID:
        rows = model._default_manager.filter(pk=int(number), state=RunState.FINISHED)
        found = rows.values_list("pk", "run_date").first()
    if found is None:
        raise UnknownParameters({"run": [f"There is no finished {model._meta.verbose_name} {number[:20]}."]})
    return found


def _scenario(name: str | None) -> Scenario | None:
    if not name:
        return None
    found = Scenario.objects.filter(name=name).first()
    if found is None:
        raise UnknownParameters({"scenario": [f"There is no scenario called “{name[:64]}”."]})
    return found
