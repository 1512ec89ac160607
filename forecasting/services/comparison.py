"""The comparison of all candidates, after each training: stored per segment with it, and per series."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction

from forecasting import engine
from forecasting.engine import comparison
from forecasting.models import CandidateScores, ForecastModel
from stocksense.core.database.copy import array_text, copy_rows, read_frame
from stocksense.jobs import services as jobs
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Progress

if TYPE_CHECKING:
    import polars

STEP: Final = "compare"
DECIMALS: Final = 4
FORECAST_SCORES: Final = ("scaled_pinball", "wape", "bias", "rmsse", "all_zero_wape", "all_zero_scaled_pinball")
_BLEND = """
SELECT item_id, location_id, scaled_pinball[%(blend)s] AS scaled_pinball, wape[%(blend)s] AS wape,
       bias[%(blend)s] AS bias, rmsse[%(blend)s] AS rmsse, wape[%(zero)s] AS all_zero_wape,
       scaled_pinball[%(zero)s] AS all_zero_scaled_pinball
FROM forecasting_candidatescores WHERE forecast_model_id = %(model)s AND scaled_pinball[%(blend)s] IS NOT NULL
"""
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


def compared_model(*, bucket_days: int | None = None) -> ForecastModel | None:
    """The newest training (for buckets of that length) whose candidates were compared, without its content."""
    compared = ForecastModel.objects.defer("content").filter(evidence__has_key="comparison")
    return (compared if bucket_days is None else compared.filter(bucket_days=bucket_days)).first()


def blend_scores(nodes: "polars.DataFrame", *, bucket_days: int) -> dict[int, dict[str, float]]:
    """Per node that the newest comparison judged the scores of the blend, by the names that a forecast's scores have.

    With those of a forecast of nothing as all_zero_…; what is not known of a series is left out. A company that went
    from weeks to days has none until days were compared: scores of weeks say nothing of them.
    """
    model = compared_model(bucket_days=bucket_days)
    if model is None:
        return {}
    names = model.evidence["comparison"]["candidates"]
    places = {"blend": names.index(comparison.BLEND) + 1, "zero": names.index(comparison.ALL_ZERO) + 1}
    keys = ["item_id", "location_id"]
    found = read_frame(_BLEND, {"model": model.pk, **places}).join(nodes.select("node", *keys), on=keys)
    return {
        row["node"]: {name: round(row[name], DECIMALS) for name in FORECAST_SCORES if row[name] is not None}
        for row in found.iter_rows(named=True)
    }


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
