"""The series' chart as data for the script that draws it: days as ISO dates, quantities in stock units."""

from datetime import date
from typing import Any

from forecasting.admin import wording
from forecasting.services.overrides import Preview
from forecasting.services.workbench import SeriesFacts
from stocksense.core.numeric import QUANTILE_GRID

FAN = tuple(QUANTILE_GRID.index(p) for p in (0.025, 0.975, 0.1, 0.9, 0.25, 0.75))
"""Ends of the 95, 80 and 50 % intervals."""


def as_json(facts: SeriesFacts) -> dict[str, Any]:
    """Everything that is drawn."""
    forecast, run, history = facts.forecast, facts.run, facts.history
    if forecast is None or run is None:
        return {}
    step = run.bucket_days
    days, past_step = history.days, history.bucket_days
    return {
        "today": run.as_of.isoformat(),
        "unit": facts.item.uom,
        "bucket": "day" if step == 1 else "week",
        "sold": [
            [day.isoformat(), past_step, _short(sales), not had_stock]
            for day, sales, had_stock in zip(days, history.sales.tolist(), history.in_stock.tolist(), strict=True)
        ],
        "expected": [
            [day.isoformat(), step, _short(forecast.mean[at]), *(_short(forecast.quantiles[at][one]) for one in FAN)]
            for at, day in enumerate(facts.days)
        ],
        "statistical": _path(facts.days, step, forecast.statistical_mean or []),
        "past": [[day.isoformat(), step, _short(mean)] for day, mean in facts.past],
        "layers": {
            name: {"label": wording.LAYERS[name], "values": _path(days, past_step, values.tolist())}
            for name, values in history.shown.items()
            if name != "sales"
        },
        "events": [
            [event.start_date.isoformat(), _end(event.end_date, run.ends_on), event.label or event.get_kind_display()]
            for event in facts.events
        ],
        "overrides": [
            [one.start_date.isoformat(), one.end_date.isoformat(), wording.override(one, facts.item.uom)]
            for one in facts.overrides
            if one.withdrawn_at is None
        ],
    }


def previewed(seen: Preview, bucket_days: int) -> list[list[Any]] | None:
    """The mean that an override would make, for the line over the forecast; None where it is not about the series."""
    if seen.series is None:
        return None
    return _path(seen.series.days, bucket_days, seen.series.after.tolist())


def _path(days: list[date], step: int, values: list[float]) -> list[list[Any]]:
    return [[day.isoformat(), step, _short(value)] for day, value in zip(days, values, strict=False)]


def _end(end: date | None, last: date) -> str:
    return (end or last).isoformat()


def _short(value: float) -> float:
    """Enough digits for any eye, and no more in the page."""
    return round(value, 2)
