"""Totals of a run kept with the run, so that a trend needs no row of old partitions."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from planning.models import PlanRun
from planning.services.reads import CurrentPlan, Total, due_totals, exception_totals, total_of
from stocksense.company.models import CompanySettings, RunState

TO_APPROVE = "to_approve"
RUNS = 14


def run_totals(run: PlanRun, settings: CompanySettings) -> dict[str, dict[str, Any]]:
    """Count and money (company currency, as text) per group of exceptions and of the proposals to approve.

    Read from the run's rows when they are written and before it is published, by the same queries as the dashboard's.
    """
    found = current_totals(CurrentPlan(run, settings))
    return {group: {"count": total.count, "money": str(total.money)} for group, total in found.items()}


def current_totals(plan: CurrentPlan) -> dict[str, Total]:
    """Totals as they are now: decisions since the run was made are taken off."""
    return {**exception_totals(plan), TO_APPROVE: total_of(due_totals(plan).values())}


@dataclass(frozen=True)
class Trend:
    """A group's totals run by run, oldest first; the last one is now."""

    totals: tuple[Total, ...]

    @property
    def change(self) -> int | None:
        """Count now minus count of the run before; None without one."""
        return self.totals[-1].count - self.totals[-2].count if len(self.totals) > 1 else None

    @property
    def change_in_money(self) -> Decimal | None:
        """Money now minus money of the run before; None without one."""
        return self.totals[-1].money - self.totals[-2].money if len(self.totals) > 1 else None


def trends(run: PlanRun, now: dict[str, Total], *, runs: int = RUNS) -> dict[str, Trend]:
    """The trend of each group of `now`, which speaks of `run`, over that run and up to `runs` - 1 before it.

    Runs made before totals were kept are left out. One query.
    """
    earlier = PlanRun.objects.filter(scenario=run.scenario_id, state=RunState.FINISHED, pk__lt=run.pk).order_by("-pk")
    kept = [summary.get("totals") for summary in earlier.values_list("summary", flat=True)[: runs - 1]]
    known = [totals for totals in reversed(kept) if isinstance(totals, dict)]
    return {group: Trend((*(_total(totals.get(group)) for totals in known), total)) for group, total in now.items()}


def _total(kept: Any) -> Total:
    """A group that an old run did not know counts as none."""
    if not isinstance(kept, dict):
        return Total()
    try:
        return Total(int(kept.get("count", 0)), Decimal(str(kept.get("money", 0))))
    except (ValueError, InvalidOperation):
        return Total()
