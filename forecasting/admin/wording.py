"""How the workbench says things."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from forecasting.models import EventUplift, ForecastOverride, OverrideMode
from forecasting.services.workbench import SeriesFacts
from stocksense.core.admin import formats

CLASSES = {
    "smooth": "demand comes in most buckets, in even amounts",
    "erratic": "demand comes in most buckets, in uneven amounts",
    "intermittent": "many buckets are without demand, the others even",
    "lumpy": "many buckets are without demand, the others uneven",
}
LAYERS = {"sales": "sales", "unconstrained": "unconstrained", "used": "forecast from"}
CANDIDATES = {
    "blend": "what forecasts: its members, mixed for each segment by how they did, near the common mix",
    "boosted ratios": "boosted trees over all series for the mean, and for how far demand strays from it",
    "boosted quantiles": "boosted trees over all series for each probability by itself",
    "boosted mean, pooled": "boosted trees over all series for the mean, with the spread seen at series like it",
    "smoothers, pooled": "the mean of smoothers of the series alone, with the spread seen at series like it",
    "own past year": "how often each quantity was asked for in the past year, whatever comes",
    "naive": "the last demand, repeated",
    "seasonal naive": "demand of the same time a year ago (of the same weekday a week ago, by the day)",
    "SES": "exponential smoothing: a mean in which the newest demand counts most",
    "IMAPA": "smoothing over several lengths of bucket, for rare demand",
    "TSB": "smoothed chance of a demand times its smoothed size, for rare demand that may end",
    "moving average": "the mean of the last half year",
    "smoothers": "the mean of the smoothers",
    "Croston SBA": "smoothed size over smoothed interval, corrected for its bias",
    "AutoETS": "exponential smoothing with trend and season, the form chosen for each series",
    "dynamic Theta": "a smoothed level with half of the trend",
    "MSTL": "season and trend taken apart, several seasons at once",
    "all-zero": "a forecast of nothing, to compare with",
}
FALLBACKS = {
    "no history": "Nothing was ever sold, so nothing is expected.",
    "not finite": "The history holds values that are no numbers; they were left out.",
    "implausible values": "The history holds values far out of proportion; they were left out.",
    "all zero": "Nothing was sold in the whole history, so nothing is expected.",
    "too short": "The history is too short for a model: the forecast is its mean.",
    "constant": "Demand was the same in every bucket: the forecast repeats it.",
}


def score(value: float | None, decimals: int = 2) -> str:
    """A score of a ratio: '0.87'."""
    return formats.NONE if value is None else f"{value:.{decimals}f}"


def share(value: float | None) -> str:
    """A ratio as a percentage of one decimal."""
    return formats.NONE if value is None else f"{value * 100:.1f} %"


def signed_share(value: float | None) -> str:
    """The same with its sign: '+3.1 %'."""
    return formats.NONE if value is None else f"{value * 100:+.1f} %".replace("-", "−")


def percent(value: float | None) -> str:
    """A share in whole percent, blank where there is none: '34 %'."""
    return f"{value:.0%}".replace("%", " %") if value else ""


def amount(value: float | None, decimals: int = 1) -> str:
    """Units: whole ones from a hundred on."""
    if value is None:
        return formats.NONE
    return formats.quantity(value, "", 0 if abs(value) >= 100 else decimals)


def uplift(one: EventUplift) -> str:
    """What an event is expected to add: '+120 units (+35 %)'."""
    sign = "−" if one.uplift < 0 else "+"
    units = f"{sign}{amount(abs(one.uplift))} units"
    return f"{units} ({sign}{abs(one.uplift) / one.baseline:.0%})".replace("%", " %") if one.baseline > 0 else units


def override(one: ForecastOverride, unit: str = "") -> str:
    """What an override does: '+30 pcs', '× 1.2', '= 500 pcs'."""
    value = _plain(one.value)
    if one.mode == OverrideMode.SCALE:
        return f"× {value}"
    if one.mode == OverrideMode.REPLACE:
        return f"= {value} {unit}".strip()
    sign = "+" if one.value >= 0 else "−"
    return f"{sign}{value.removeprefix('-')} {unit}".strip()


def about(one: ForecastOverride) -> str:
    """What an override is about, from the series' point of view."""
    if one.item_id:
        return "this item here" if one.location_id else "this item everywhere"
    if one.category_id:
        return f"category {one.category}" + (f" at {one.location.code}" if one.location else "")
    return f"everything at {one.location.code}" if one.location else "everything"


def why(facts: SeriesFacts) -> list[str]:
    """Why the series is forecast as it is, in sentences."""
    forecast = facts.forecast
    if forecast is None:
        return []
    found = []
    if forecast.fallback:
        found.append(
            FALLBACKS.get(forecast.fallback, f"It could not be forecast in the usual way: {forecast.fallback}.")
        )
    if forecast.demand_class in CLASSES:
        found.append(f"Demand is {forecast.demand_class}: {CLASSES[forecast.demand_class]}.")
    found += _model(facts)
    found += _scores(facts.scores)
    if facts.candidates and facts.blend:
        found.append(f"Compared in its segment, {facts.candidates.segment}: {facts.candidates.reason}")
    if forecast.statistical_mean:
        before, after = sum(forecast.statistical_mean), sum(forecast.mean)
        found.append(
            f"Overrides move the whole forecast from {amount(before)} to {amount(after)} {facts.item.uom}; "
            "their steps are frozen with the run and judged when the buckets close."
        )
    return found


def _model(facts: SeriesFacts) -> Sequence[str]:
    scores: dict[str, Any] = facts.forecast.scores if facts.forecast else {}
    if facts.blend:
        parts = sorted(facts.blend.items(), key=lambda one: -one[1])
        text = ", ".join(f"{weight:.0%} {name.replace('_', ' ')}" for name, weight in parts if weight >= 0.005)
        segment = f" of its segment ({str(scores['segment']).replace('_', ' ')})" if scores.get("segment") else ""
        return [
            f"It is the blend{segment}: {text}. Each share comes from how its part did at past origins, "
            "held near the shares of all series."
        ]
    model = facts.run.parameters.get("model") if facts.run else None
    return [f"Model: {model}."] if model else []


def _scores(scores: dict[str, Any]) -> Sequence[str]:
    if "scaled_pinball" not in scores or "all_zero_scaled_pinball" not in scores:
        return []
    return [
        f"On past origins its scaled pinball loss was {score(scores['scaled_pinball'])}, against "
        f"{score(scores['all_zero_scaled_pinball'])} of a forecast of nothing at all."
    ]


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
