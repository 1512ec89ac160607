"""Training: once a week, or on request, the blends are learned from all series, then all candidates are compared."""

from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from forecasting import engine
from forecasting.models import CandidateScores, ForecastModel, ForecastRun
from forecasting.services import comparison, corrections, supersession
from forecasting.services import history as histories
from forecasting.services.panels import Vocabulary, read_panel
from inventory.services.nodes import read_nodes
from stocksense.accounts.models import User
from stocksense.company import services as company
from stocksense.company.models import RunState
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.jobs import registry, worker
from stocksense.jobs import services as jobs
from stocksense.jobs.models import Job, JobState
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Listener, Progress

KIND: Final = "forecast training"
STEP: Final = "train"
PARTS: Final = 4
SEED: Final = 20_261
DAYS_BETWEEN: Final = 7
KEPT: Final = 5
LONGEST_DAYS: Final = {1: 91, 7: 182}
FEWEST_BUCKETS: Final = 26

registry.register(KIND, "forecasting.tasks.train_forecast")


def start_training(*, actor: User | None) -> Job:
    """Record a training and have a worker carry it out. Raises Conflict while one is under way."""
    job = create_training(actor=actor)
    jobs.dispatch(job)
    return job


def create_training(*, actor: User | None) -> Job:
    """Record a training without announcing it: for a caller that carries it out itself."""
    return jobs.create_job(
        kind=KIND,
        title="Training of the forecast",
        steps=[STEP, comparison.STEP],
        parameters={},
        actor=actor,
        single_key=KIND,
    )


def run_training(job_id: int, *, listener: Listener | None = None) -> JobState | None:
    """Carry out a recorded training; None where it has ended or another worker holds it.

    Until it is stored, and where it is killed, the training of before serves on. Stopped later, while candidates are
    compared, it has the new training serve and the comparison of before shown.
    """
    return worker.run_job(job_id, _work, listener=listener)


@transaction.atomic
def start_weekly_training() -> Job | None:
    """Start a training where the newest one is a week old, or there is none and a cycle has been made."""
    newest = current_model()
    due = newest is None or newest.created_at <= clock.now() - timedelta(days=DAYS_BETWEEN)
    if not due or not ForecastRun.objects.filter(state=RunState.FINISHED).exists():
        return None
    failed_since = clock.now() - timedelta(days=1)
    if Job.objects.filter(kind=KIND, state=JobState.FAILED, created_at__gte=failed_since).exists():
        return None  # (its page says why; another try tomorrow)
    try:
        return start_training(actor=None)
    except Conflict:
        return None


def current_model(*, bucket_days: int | None = None) -> ForecastModel | None:
    """The newest training, without its content; of another bucket than asked for it is none."""
    newest = ForecastModel.objects.defer("content").first()
    if newest is not None and bucket_days is not None and newest.bucket_days != bucket_days:
        return None
    return newest


def _work(lease: Lease, progress: Progress) -> dict[str, Any]:
    settings, as_of = company.settings(), company.today()
    nodes = read_nodes(as_of=as_of, horizon_end=as_of + timedelta(days=settings.planning_horizon_days - 1))
    if not len(nodes):
        raise InvalidInput("There is nothing to learn from yet: import items, locations and demand first.")
    history = histories.read_history(nodes, as_of=as_of, settings=settings)
    if history.quantity.shape[1] - int(history.first.min(initial=history.quantity.shape[1])) < FEWEST_BUCKETS:
        raise InvalidInput(
            f"A training needs {FEWEST_BUCKETS} {settings.get_bucket_display().lower()}s of demand. "
            "Until then forecasts come from the smoothers alone."
        )
    corrected = corrections.propose_corrections(history=history, nodes=nodes, lease=lease)
    handovers = supersession.succeed(corrected.learned, nodes)
    horizon = _horizon(history.bucket_days, settings.planning_horizon_days)
    panel, words = read_panel(handovers.history, handovers.nodes, ahead=horizon)
    steps = iter(range(1, PARTS))

    def tell(message: str) -> None:
        progress(STEP, next(steps, PARTS - 1), PARTS, "parts", message)

    model = ForecastModel.objects.defer("content").filter(job_id=lease.job_id).first()
    if model is None:  # (else a worker was lost while it compared)
        trained = engine.train(panel, horizon=horizon, seed=SEED, progress=tell)
        model = _store(trained, words, cutoff=history.end - timedelta(days=1), series=len(panel), lease=lease)
    progress(STEP, PARTS, PARTS, "parts")
    compared = comparison.compare_candidates(panel, handovers.nodes, model, seed=SEED, lease=lease, progress=progress)
    return {
        "forecast_model": model.pk, "series": len(panel), "cutoff": model.cutoff.isoformat(), "compared": compared,
    }  # fmt: skip


def _horizon(bucket_days: int, planning_days: int) -> int:
    """Buckets ahead that are learned: what is planned, at most half a year (a quarter by the day)."""
    days = min(planning_days, LONGEST_DAYS.get(bucket_days, 364))
    return max(1, -(-days // bucket_days))


def _store(trained: engine.Trained, words: Vocabulary, *, cutoff: date, series: int, lease: Lease) -> ForecastModel:
    content = engine.to_bytes(trained)
    with transaction.atomic():
        jobs.require_lease(lease)
        model = ForecastModel.objects.create(
            job_id=lease.job_id, cutoff=cutoff, bucket_days=trained.bucket_days, horizon_buckets=trained.horizon,
            series=series, seed=SEED, vocabulary=words.as_json(), evidence=trained.evidence,
            content=content,
        )  # fmt: skip
        kept = [*ForecastModel.objects.values_list("pk", flat=True)[:KEPT]]
        shown = CandidateScores.objects.filter(forecast_model=OuterRef("pk"))  # until there is another comparison
        ForecastModel.objects.exclude(pk__in=kept).exclude(Exists(shown)).delete()
    return model
