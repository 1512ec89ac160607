"""The planning cycle: forecast, policies and plan of the whole network, as one job."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from django.db import transaction
from django.db.models import Max

from forecasting.models import ForecastRun
from forecasting.services import runs as forecasts
from inventory.models import ItemLocationState
from inventory.services.nodes import read_nodes
from inventory.services.run_context import RunContext
from planning.models import PlanRun
from planning.services import auto_approval
from planning.services import runs as plans
from planning.services.inputs import refuse_circles
from policies.models import PolicyRun
from policies.services import runs as policies
from policies.services.parameters import DAYS_OF_WEEK
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.company.models import CurrentRun, Run, RunKind, RunState, Scenario
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.jobs import registry, worker
from stocksense.jobs import services as jobs
from stocksense.jobs.models import Job, JobState
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Listener, Progress
from vendors.services.sourcing import resolve_sources

if TYPE_CHECKING:
    import polars

KIND = "planning cycle"
YEARS_AHEAD = 3
"""How far ahead of today a plan may begin: as far as demand and stock can be recorded."""
STEPS = (forecasts.STEP, policies.STEP, plans.STEP)
MODELS: dict[str, type[Run]] = {forecasts.STEP: ForecastRun, policies.STEP: PolicyRun, plans.STEP: PlanRun}

registry.register(KIND, "planning.tasks.run_cycle")

AnyRun = TypeVar("AnyRun", ForecastRun, PolicyRun, PlanRun)


def start_cycle(
    *, actor: User | None, scenario: str | None = None, as_of: date | None = None, steps: Sequence[str] = STEPS
) -> Job:
    """Record a cycle and have a worker carry it out; returns its job.

    Raises InvalidInput for an unknown scenario or step or an impossible date, Conflict where one is under way.
    """
    job = create_cycle(actor=actor, scenario=scenario, as_of=as_of, steps=steps)
    jobs.dispatch(job)
    return job


def create_cycle(
    *, actor: User | None, scenario: str | None = None, as_of: date | None = None, steps: Sequence[str] = STEPS
) -> Job:
    """Record a cycle without announcing it: for a caller that carries it out itself."""
    chosen = company.scenario_named(scenario)
    day = resolve_as_of(as_of)
    unknown = [step for step in steps if step not in STEPS]
    if unknown or not steps:
        raise InvalidInput(f"Steps are {', '.join(STEPS)}; {', '.join(unknown) or 'none'} given.", steps=list(steps))
    return jobs.create_job(
        kind=KIND,
        title=f"Planning cycle of {day:%-d %b %Y}" + ("" if chosen.is_baseline else f", scenario {chosen.name}"),
        steps=[step for step in STEPS if step in steps],
        parameters={
            "scenario": chosen.pk,
            "as_of": day.isoformat(),
            "steps": [step for step in STEPS if step in steps],
        },
        actor=actor,
        single_key=f"cycle of scenario {chosen.pk}",
    )


def resolve_as_of(as_of: date | None) -> date:
    """The day to plan from: the newest stock snapshot, the company's day where there is none.

    Raises InvalidInput for an earlier day than the newest snapshot: stock and orders as they were then are not kept;
    and for one years ahead, of which nothing is recorded either.
    """
    newest: date | None = ItemLocationState.objects.aggregate(newest=Max("stock_as_of"))["newest"]
    if as_of is None:
        return newest or company.today()
    if newest is not None and as_of < newest:
        raise InvalidInput(
            f"Stock is known as of {newest}. Planning as of {as_of} would need stock and orders as recorded then.",
            as_of=as_of.isoformat(),
        )
    if as_of.year > company.today().year + YEARS_AHEAD:
        raise InvalidInput(f"Plans are made for up to {YEARS_AHEAD} years ahead.", as_of=as_of.isoformat())
    return as_of


def run_cycle(job_id: int, *, listener: Listener | None = None) -> JobState | None:
    """Carry out a recorded cycle; None where it has ended or another worker holds it.

    A cycle that was killed goes on with the first step that did not finish. Readers see the runs of before until
    a step publishes its own.
    """
    return worker.run_job(job_id, _work, listener=listener)


def _work(lease: Lease, progress: Progress) -> dict[str, Any]:
    job = Job.objects.get(pk=lease.job_id)
    steps = job.parameters["steps"]
    _give_up_unfinished(job)
    context = _context(job, lease, progress)
    sources = resolve_sources(context.nodes, day=context.as_of).chosen
    refuse_circles(context.nodes, sources["origin_node"].to_numpy())
    forecast_run = (
        _forecast(context, sources, job)
        if forecasts.STEP in steps
        else _current(ForecastRun, RunKind.FORECAST, context)
    )
    result: dict[str, Any] = {"forecast_run": forecast_run.pk}
    if policies.STEP in steps:
        policy_run = _done(PolicyRun, job) or policies.run_policies(context, sources=sources, forecast_run=forecast_run)
    elif plans.STEP in steps:
        policy_run = _current(PolicyRun, RunKind.POLICY, context)
    else:
        return result
    result["policy_run"] = policy_run.pk
    if plans.STEP in steps:
        plan_run = _done(PlanRun, job) or plans.run_plan(context, policy_run=policy_run)
        result |= {"plan_run": plan_run.pk, **plan_run.summary}
        if job.parameters.get("nightly"):
            noted = result["auto_approved"] = auto_approval.apply_and_note(plan_run)
            result["lines_approved_by_rules"] = noted["lines"]
            if noted["problems"]:
                result["problems_of_rules"] = "; ".join(noted["problems"])
    return result


def _context(job: Job, lease: Lease, progress: Progress) -> RunContext:
    as_of, settings = date.fromisoformat(job.parameters["as_of"]), company.settings()
    nodes = read_nodes(as_of=as_of, horizon_end=as_of + timedelta(days=settings.planning_horizon_days - 1))
    if not len(nodes):
        raise InvalidInput("There is nothing to plan yet: import items, locations, stock and demand first.")
    scenario = Scenario.objects.get(pk=job.parameters["scenario"])
    return RunContext(scenario, as_of, company.today(), settings, nodes, lease, progress)


def _forecast(context: RunContext, sources: "polars.DataFrame", job: Job) -> ForecastRun:
    return _done(ForecastRun, job) or forecasts.run_forecast(
        context,
        origin_node=sources["origin_node"].to_numpy(),
        days_ahead=_days_ahead(context, sources),
        supplier=sources["supplier_id"].fill_null(-1).to_numpy(),
    )


def _days_ahead(context: RunContext, sources: "polars.DataFrame") -> int:
    """Days the forecast must cover: the horizon and the longest protection interval that starts in it."""
    longest_lead = sources["longest_lead_time_days"].to_numpy().max()
    reviews = context.nodes["review_days"].fill_null(0.0).to_numpy()
    longest_review = max(reviews.max(), context.settings.default_review_days, DAYS_OF_WEEK)
    return int(np.ceil(context.horizon + longest_lead + longest_review))


def _give_up_unfinished(job: Job) -> None:
    """Runs that a killed attempt left half-written will not be finished; their rows age out with the partition."""
    for model in MODELS.values():
        model._default_manager.filter(job=job, state=RunState.RUNNING).update(
            state=RunState.FAILED, finished_at=clock.now()
        )


def _done(model: type[AnyRun], job: Job) -> AnyRun | None:
    """The run of this kind that an earlier attempt of the job finished."""
    return model._default_manager.filter(job=job, state=RunState.FINISHED).first()


def _current(model: type[AnyRun], kind: RunKind, context: RunContext) -> AnyRun:
    as_of = context.as_of
    pointer = CurrentRun.objects.run_of(kind, context.scenario)
    if pointer is None:
        raise Conflict(f"There is no {kind.value} run to build on. Run the step {kind.value} too.")
    if pointer.as_of > as_of:
        raise Conflict(f"The current {kind.value} run is of {pointer.as_of}, later than {as_of}.")
    return model._default_manager.get(pk=pointer.run_id)


@transaction.atomic
def start_nightly_cycle() -> Job | None:
    """Start tonight's cycle once the company's night has come, unless it has run or is under way."""
    settings = company.settings()
    local = clock.now().astimezone(settings.zone)
    if local.time() < settings.nightly_run_at or not ItemLocationState.objects.exists():
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if Job.objects.filter(kind=KIND, created_at__gte=midnight, parameters__nightly=True).exists():
        return None
    try:
        job = create_nightly_cycle()
    except Conflict:
        return None
    jobs.dispatch(job)
    return job


def create_nightly_cycle() -> Job:
    """Record a cycle that stands for today's night. Raises Conflict where one is under way."""
    job = create_cycle(actor=None)
    job.parameters["nightly"] = True
    job.save(update_fields=["parameters"])
    return job
