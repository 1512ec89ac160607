"""The comparison of all candidates, after each training: stored per segment with it, and per series."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction

from forecasting import engine
from forecasting.engine import comparison
from forecasting.models import CandidateScores, ForecastModel
from stocksense.core.database.copy import array_text, copy_rows
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Progress

if TYPE_CHECKING:
    import polars

STEP: Final = "compare"
COLUMNS: Final = ("forecast_model_id", "item_id", "location_id", "segment", *comparison.SCORES)


def compare_candidates(
    panel: engine.Panel, nodes: "polars.DataFrame", model: ForecastModel, *, seed: int, lease: Lease, progress: Progress
) -> int:
    """Judge every candidate at past origins and store what was found with the training; returns the series judged.

    panel: row by row the nodes. Where stock ran out it is filled as for the training, from the past alone, so that
    every family learns from the same and is judged by the same. 0 where the history is too short to hold anything out,
    or FORECAST_COMPARED_SERIES is 0. Until it is stored the scores of the comparison before are shown. Raises
    JobLost or JobCancelled where the job must stop.
    """
    told = _Steps(progress)
    panel = engine.with_hidden_demand(panel)
    when = comparison.schedule(panel, model.horizon_buckets)
    if when is None or settings.FORECAST_COMPARED_SERIES < 1:
        told.end()
        return 0
    told("learning the blend without the latest buckets")
    blend = engine.train(panel.until(when.origins[0]), horizon=when.horizon, seed=seed, progress=told.again)
    found = comparison.compare(
        panel, blend, when, seed=seed, progress=told,
        most_per_segment=min(settings.FORECAST_COMPARED_SERIES, comparison.MOST_PER_SEGMENT),
        cpu_seconds=settings.FORECAST_COMPARISON_SECONDS,
    )  # fmt: skip
    with transaction.atomic():
        jobs.require_lease(lease)
        model.evidence = model.evidence | {"comparison": found.evidence}
        model.save(update_fields=["evidence"])
        CandidateScores.objects.all().delete()
        copy_rows(CandidateScores, COLUMNS, _rows(found, nodes, model))
    told.end()
    return int(found.rows.size)


def _rows(found: comparison.Comparison, nodes: "polars.DataFrame", model: ForecastModel) -> Iterator[Sequence[Any]]:
    items, locations = nodes["item_id"].to_numpy(), nodes["location_id"].to_numpy()
    scores = found.per_series()
    for at, (row, code) in enumerate(zip(found.rows.tolist(), found.segment.tolist(), strict=True)):
        lists = (array_text(scores[name][at]) for name in comparison.SCORES)
        yield (model.pk, int(items[row]), int(locations[row]), engine.segment_name(code), *lists)


class _Steps:
    """Tells which candidate is at work, of how many."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._total = comparison.steps() + 1
        self._seen: list[str] = []

    def __call__(self, message: str) -> None:
        """`candidate: how far` or the name of another step."""
        step = message.partition(":")[0]
        if step not in self._seen:
            self._seen.append(step)
        self.again(message)

    def again(self, message: str) -> None:
        """More of the same step."""
        self._progress(STEP, max(len(self._seen) - 1, 0), self._total, "candidates", message)

    def end(self) -> None:
        """All is done."""
        self._progress(STEP, self._total, self._total, "candidates")
