"""What the newest comparison of all candidates says of a series and of its segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecasting.engine.comparison import SCORES
from forecasting.models import CandidateScores
from forecasting.services.comparison import compared_model


@dataclass(frozen=True)
class Candidates:
    """Candidates side by side. Scores are scaled_pinball, wape, bias and rmsse, those that are known.

    segment: its name; in_segment: candidate → scores over the sampled series there, how many, and the difference from
    the blend on the same ones. of_series: candidate → scores of the series, empty where it was not judged.
    reason: what the comparison says of the segment's blend, in a sentence.
    """

    segment: str
    in_segment: Mapping[str, Mapping[str, Any]]
    of_series: Mapping[str, Mapping[str, float]]
    reason: str


def read_candidates(*, item_id: int, location_id: int, segment: str, bucket_days: int | None) -> Candidates | None:
    """The candidates of a series; `segment` is looked at where the comparison did not judge the series itself.

    None before the first comparison (of buckets as long as the run's, where there is a run), and where neither the
    series nor its segment was in it. Two queries.
    """
    model = compared_model(bucket_days=bucket_days)
    if model is None:
        return None
    found = model.evidence["comparison"]
    row = CandidateScores.objects.filter(item=item_id, location=location_id, forecast_model=model).first()
    name = row.segment if row else segment
    of_segment = found.get("segments", {}).get(name)
    if of_segment is None:
        return None
    of_series = _of_series(found["candidates"], row) if row else {}
    return Candidates(name, of_segment["candidates"], of_series, of_segment["reason"])


def _of_series(names: list[str], row: CandidateScores) -> dict[str, dict[str, float]]:
    scores: dict[str, dict[str, float]] = {}
    for score in SCORES:
        for name, value in zip(names, getattr(row, score), strict=True):
            if value is not None:
                scores.setdefault(name, {})[score] = value
    return scores
