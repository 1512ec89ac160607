"""Candidates of the weekly comparison as rows of a table: over all series, in a segment, and beside a series."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from forecasting.admin import wording
from forecasting.engine.comparison import ALL_ZERO, BLEND
from forecasting.services.workbench import SeriesFacts
from stocksense.core.admin import formats

Scores = Mapping[str, Any]
SORTS: Final[dict[str, Callable[[Scores], float | None]]] = {
    "apart": lambda one: apart(one),
    "pinball": lambda one: one.get("scaled_pinball"),
    "wape": lambda one: one.get("wape"),
    "bias": lambda one: None if one.get("bias") is None else abs(one["bias"]),
    "rmsse": lambda one: one.get("rmsse"),
    "series": lambda one: -one["series"],
}
"""How a table is sorted, the best first."""


def apart(one: Scores) -> float | None:
    """A candidate's loss against the blend's on the same series, less 1; None where too few series tell."""
    return one["difference"] / one["blend"] if one.get("blend") else None


def rows(scores: Mapping[str, Scores], weights: Mapping[str, float], sort: str) -> list[dict[str, Any]]:
    """The candidates of a segment, or of all: the best first by `sort`, of SORTS, what is unknown last."""
    key = SORTS[sort]

    def place(name: str) -> tuple[bool, float, float]:
        value = 0.0 if sort == "apart" and name == BLEND else key(scores[name])
        return value is None, value or 0.0, apart(scores[name]) or 0.0

    return [_row(name, scores[name], weights) for name in sorted(scores, key=place)]


def _row(name: str, one: Scores, weights: Mapping[str, float]) -> dict[str, Any]:
    return {
        "name": name,
        "says": wording.CANDIDATES.get(name, "a family of the company's own"),
        "used": name == BLEND,
        "better": one.get("clearly_better", False),
        "series": formats.quantity(one["series"]),
        "pinball": wording.score(one["scaled_pinball"]),
        "apart": "" if name == BLEND else wording.signed_share(apart(one)),
        "wape": wording.share(one["wape"]),
        "bias": wording.signed_share(one["bias"]),
        "rmsse": wording.score(one["rmsse"]),
        "weight": wording.percent(weights.get(name)),
    }


def nearest(scores: Mapping[str, Scores]) -> tuple[str, float] | None:
    """The best candidate besides the blend, with its loss against it."""
    found = {name: apart(one) for name, one in scores.items() if name not in (BLEND, ALL_ZERO)}
    known = {name: value for name, value in found.items() if value is not None}
    return min(known.items(), key=lambda pair: pair[1]) if known else None


def beside(facts: SeriesFacts) -> list[dict[str, Any]]:
    """The candidates of a series: its own scores, and the segment's, by which blends are chosen; best there first."""
    found = facts.candidates
    if found is None:
        return []
    used = BLEND if facts.blend else ""
    return [
        {
            **row,
            "used": row["name"] == used,
            "own": {
                "pinball": wording.score(own.get("scaled_pinball")),
                "wape": wording.share(own.get("wape")),
                "bias": wording.signed_share(own.get("bias")),
            },
        }
        for row in rows(found.in_segment, facts.blend, "apart")
        for own in [found.of_series.get(row["name"], {})]
    ]
