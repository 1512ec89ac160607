"""Which two runs are compared, and whether their rows are still there."""

from dataclasses import dataclass
from datetime import date, timedelta

from planning.models import Decision, PlanDecision, PlanRun, Projection
from stocksense.company.models import CompanySettings, CurrentRun, RunKind, RunState
from stocksense.core.errors import InvalidInput

OFFERED = 40


@dataclass(frozen=True)
class Pair:
    """Two plans of one scenario, the earlier first, and the company they are of."""

    before: PlanRun
    after: PlanRun
    company: CompanySettings

    @property
    def days(self) -> int:
        """From the earlier plan's day to the later's."""
        return (self.after.as_of - self.before.as_of).days

    @property
    def window_ends(self) -> date:
        """Last release date that is compared: one review period after the later plan's day."""
        return self.after.as_of + timedelta(days=self.company.default_review_days)

    def decided(self) -> dict[Decision, int]:
        """Proposals that people decided between the two runs, by what they decided."""
        counts: dict[Decision, int] = {}
        rows = PlanDecision.objects.filter(
            scenario=self.after.scenario_id,
            decided_at__gte=self.before.started_at,
            decided_at__lt=self.after.started_at,
        ).order_by()
        for decision in rows.values_list("decision", flat=True):
            counts[Decision(decision)] = counts.get(Decision(decision), 0) + 1
        return counts


def comparable_runs() -> list[PlanRun]:
    """The newest finished runs of the baseline up to the current one, newest first; none before the first."""
    pointer = CurrentRun.objects.run_of(RunKind.PLAN)
    if pointer is None:
        return []
    rows = PlanRun.objects.filter(scenario=pointer.scenario_id, state=RunState.FINISHED, pk__lte=pointer.run_id)
    return list(rows.select_related("policy_run__forecast_run").order_by("-pk")[:OFFERED])


def choose_runs(
    runs: list[PlanRun], company: CompanySettings, *, before: int | None = None, after: int | None = None
) -> Pair:
    """The two runs asked for, of `runs` (newest first); without a choice the newest and the one before it.

    Raises InvalidInput where there are not two, where one is not among them or where its rows have aged out.
    """
    if len(runs) < 2:
        raise InvalidInput("There is one plan so far. After the next run this page shows what changed.")
    by_id = {run.pk: run for run in runs}
    later = by_id.get(after) if after else runs[0]
    older = [run for run in runs if later and run.pk < later.pk]
    earlier = by_id.get(before) if before else (older or runs[1:])[0]
    if later is None or earlier is None:
        raise InvalidInput("This run cannot be compared: it is not finished or too long ago. Choose one of the list.")
    if later == earlier:
        raise InvalidInput("Choose two different runs: a run does not differ from itself.")
    first, second = sorted((earlier, later), key=lambda run: run.pk)
    for run in (first, second):
        _require_rows(run)
    return Pair(first, second, company)


def _require_rows(run: PlanRun) -> None:
    planned = run.summary.get("item_locations", 0)
    if planned and not Projection.objects.filter(run_id=run.pk, run_date=run.run_date).exists():
        raise InvalidInput(
            f"Run {run.pk} of {run.as_of:%-d %b %Y} has aged out: runs are kept for 30 nights and at month ends. "
            "Choose a later one.",
            run=run.pk,
        )
