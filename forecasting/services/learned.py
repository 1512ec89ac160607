"""A night's forecast by the last training: blends of boosters and smoothers instead of the smoothers alone."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from forecasting import engine
from forecasting.models import EventUplift, ForecastModel
from forecasting.services import chunks, comparison, training
from forecasting.services.history import History
from forecasting.services.panels import Vocabulary, read_panel
from forecasting.services.uplift import learned_uplift
from stocksense.core.numeric import IntArray
from stocksense.jobs.services import Lease

if TYPE_CHECKING:
    import polars

logger = logging.getLogger(__name__)
CHUNK: Final = 5_000
"""Series of one call. The season is pooled over a call's series, so these are many; the same here and on a cluster."""
LEAST_WEIGHT: Final = 0.005


@dataclass(frozen=True)
class Learned:
    """The training that serves, and its columns."""

    model: ForecastModel
    content: bytes
    trained: engine.Trained
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Improved:
    """Forecasts of all nodes; per node its segment and blend; what the run's summary says; what events will do."""

    batch: engine.ForecastBatch
    notes: dict[int, dict[str, Any]]
    summary: dict[str, Any]
    events: list[EventUplift] = field(default_factory=list)


def load(*, bucket_days: int) -> Learned | None:
    """The newest training for this bucket; None where there is none, or one of another version (the log says so)."""
    model = training.current_model(bucket_days=bucket_days)
    if model is None:
        return None
    content = bytes(model.content)
    try:
        trained = engine.remembered(content)
    except engine.UnreadableTraining as error:
        logger.warning("forecast model %s is left out: %s. The next training replaces it.", model.pk, error)
        return None
    return Learned(model, content, trained, Vocabulary.of(model.vocabulary))


def improve(
    learned: Learned, smoothed: engine.ForecastBatch, history: History, nodes: "polars.DataFrame", *,
    lease: Lease, report: Callable[[int], None],
) -> Improved:  # fmt: skip
    """Replace the smoothers' forecasts of ordinary series by the blend; labelled series keep theirs.

    smoothed: forecasts of every node, in order; beyond the buckets that the training reaches they go on.
    report(done): called after each chunk with the series forecast so far.
    """
    panel, _ = read_panel(history, nodes, ahead=learned.trained.horizon, vocabulary=learned.vocabulary)
    rows = np.flatnonzero([label == "" for label in smoothed.fallback])
    parts = [rows[start : start + CHUNK] for start in range(0, rows.size, CHUNK)]
    calls = [(learned.content, panel.rows(part)) for part in parts]
    mean, quantiles, cumulative = (
        values.copy() for values in (smoothed.mean, smoothed.quantiles, smoothed.cumulative_quantiles)
    )
    notes: dict[int, dict[str, Any]] = {}
    scores = comparison.blend_scores(nodes, bucket_days=learned.model.bucket_days)
    done = 0
    for part, found in zip(parts, chunks.each(engine.forecast_chunk, calls, lease=lease), strict=True):
        mean[part], quantiles[part], cumulative[part] = engine.continued(
            found.mean, found.quantiles, found.cumulative,
            later_mean=smoothed.mean[part], later_quantiles=smoothed.quantiles[part],
            later_cumulative=smoothed.cumulative_quantiles[part],
        )  # fmt: skip
        notes |= _notes(learned.trained, part, found.segment, scores)
        done += part.size
        report(done)
    quiet, _ = read_panel(
        history, nodes, ahead=learned.trained.horizon, vocabulary=learned.vocabulary, without_events=True
    )
    reach = min(learned.trained.horizon, mean.shape[1])
    events = learned_uplift(learned.content, quiet, parts, mean[rows, :reach], history, nodes)
    batch = replace(smoothed, mean=mean, quantiles=quantiles, cumulative_quantiles=cumulative)
    summary = {"forecast_model": learned.model.pk}
    return Improved(batch, notes, summary, events)


def _notes(
    trained: engine.Trained, nodes: IntArray, segment: IntArray, scores: Mapping[int, Mapping[str, float]]
) -> dict[int, dict[str, Any]]:
    """Per node its segment and blend, and the blend's scores where the comparison judged it."""
    blends = {code: _blend(trained, code) for code in np.unique(segment).tolist()}
    return {
        int(node): {"segment": engine.segment_name(code), "blend": blends[code], **scores.get(int(node), {})}
        for node, code in zip(nodes.tolist(), segment.tolist(), strict=True)
    }


def _blend(trained: engine.Trained, code: int) -> dict[str, float]:
    """Weights of the candidates in a segment, over all probabilities."""
    weights = trained.blend.quantile[code].mean(axis=0)
    return {
        name: round(float(weight), 3)
        for name, weight in zip(trained.blend.members, weights, strict=True)
        if weight >= LEAST_WEIGHT
    }
