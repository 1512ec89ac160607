"""The plan that readers see, and what other pages ask of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from planning.models import PlanRun, Projection
from planning.services.decisions import standing
from planning.services.reads.edited import Edited, edited_orders
from policies.models import Policy
from stocksense.company import services as company
from stocksense.company.models import CompanySettings, CurrentRun, RunKind
from stocksense.ingestion.models import DataFeed
from stocksense.jobs.models import ENDED, Job

Key = tuple[int, int]


@dataclass(frozen=True)
class CurrentPlan:
    """The plan that readers see, and the company whose plan it is."""

    run: PlanRun
    company: CompanySettings

    @property
    def action_window_ends(self) -> date:
        """Last release date that asks for action now: one review period after the plan's day."""
        return self.run.as_of + timedelta(days=self.company.default_review_days)

    @cached_property
    def settled_ids(self) -> list[int]:
        """Ids of this plan's proposals that a decision settles, as of the first time they are asked for.

        A list's queries share them: each would otherwise weigh every proposal against every decision again.
        """
        return standing.settled_ids(self.run)

    @cached_property
    def edited(self) -> list[Edited]:
        """This plan's proposals that approving orders with another quantity than the plan's."""
        return edited_orders(self.run)

    def rows(self, model: Any) -> "QuerySet[Any]":
        """The rows of this plan in one of its tables, reading their partition only."""
        return model.objects.filter(run_id=self.run.pk, run_date=self.run.run_date)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Total:
    """How many, and what they are worth."""

    count: int = 0
    money: Decimal = Decimal(0)


def total_of(totals: "Iterable[Total]") -> Total:
    """All of them together."""
    found = list(totals)
    return Total(sum(total.count for total in found), sum((total.money for total in found), Decimal(0)))


def current_plan() -> CurrentPlan | None:
    """The baseline's current plan; None before the first cycle."""
    pointer = CurrentRun.objects.run_of(RunKind.PLAN)
    run = (
        PlanRun.objects.select_related("scenario", "policy_run__forecast_run").filter(pk=pointer.run_id).first()
        if pointer
        else None
    )
    return CurrentPlan(run, company.settings()) if run else None


def policies_of(plan: CurrentPlan, keys: Collection[Key]) -> dict[Key, Policy]:
    """The effective policies of these item-locations, without their arrays and traces."""
    run = plan.run.policy_run
    rows = Policy.objects.filter(
        run_id=run.pk,
        run_date=run.run_date,
        item_id__in={item for item, _ in keys},
        location_id__in={location for _, location in keys},
    ).defer("reorder_points", "order_up_to_levels", "trace")
    return {(row.item_id, row.location_id): row for row in rows}


def planned_count(plan: CurrentPlan) -> int:
    """How many item-locations the plan projects."""
    counted = plan.run.summary.get("item_locations")
    return counted if isinstance(counted, int) else plan.rows(Projection).count()


def feeds() -> list[DataFeed]:
    """Every kind of data that was ever loaded."""
    return list(DataFeed.objects.order_by("kind"))


def cycle_under_way() -> Job | None:
    """The newest planning cycle that waits or runs."""
    return Job.objects.filter(kind__startswith="planning").exclude(state__in=ENDED).first()
