"""The page of one series: chart, overrides, candidates, why, and the numbers behind the chart."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from forecasting.admin import addresses, candidates, chart, override_form, wording
from forecasting.models import ForecastOverride
from forecasting.services import events
from forecasting.services.workbench import SeriesFacts, read_series
from stocksense.core.admin import formats
from stocksense.core.admin.pages import render
from stocksense.core.errors import InvalidInput
from stocksense.core.numeric import QUANTILE_GRID

ROWS_SHOWN = 8
P10, P50, P95 = (QUANTILE_GRID.index(p) for p in (0.1, 0.5, 0.95))


def page(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """The page of a series. 404 where the item or the location does not exist."""
    return show(request, item_id, location_id)


def show(
    request: HttpRequest, item_id: int, location_id: int, *, form: override_form.Form | None = None, status: int = 200
) -> HttpResponse:
    """The page, with the override's form as it was sent where it could not be saved."""
    try:
        facts = read_series(item_id=item_id, location_id=location_id)
    except InvalidInput as error:
        raise Http404(error.message) from error
    form = form or override_form.blank(request, facts)
    coming = _coming(facts)
    return render(
        request,
        "forecasting/series.html",
        status=status,
        title=f"{facts.item.name or facts.item.sku} @ {facts.location.name or facts.location.code}",
        facts=facts,
        unit=facts.item.uom,
        bucket=bucket_name(facts),
        headline=_headline(facts),
        list_url=addresses.list_url(request),
        plan_url=addresses.plan_url(request, item_id, location_id),
        chart_data=chart.as_json(facts) if facts.forecast else None,
        why=wording.why(facts),
        candidates=candidates.beside(facts),
        overrides=[_override(facts, one) for one in facts.overrides],
        form=form,
        levels=override_form.levels(facts),
        can_add=request.user.has_perm("forecasting.add_forecastoverride"),
        can_change=request.user.has_perm("forecasting.change_forecastoverride"),
        coming=coming[:ROWS_SHOWN],
        further=coming[ROWS_SHOWN:],
        learned=_learned(facts),
        past=_past(facts),
        layer_names=[wording.LAYERS[name] for name in list(facts.history.shown)[1:]],
    )


def bucket_name(facts: SeriesFacts) -> str:
    """What a bucket of the forecast is called."""
    return "day" if facts.run and facts.run.bucket_days == 1 else "week"


def _headline(facts: SeriesFacts) -> list[tuple[str, str, str]]:
    """Name, value, and where it comes from."""
    forecast = facts.forecast
    found = [("SKU", facts.item.sku, ""), ("At", facts.location.code, "")]
    if forecast is None or facts.run is None:
        return found
    scores = facts.scores
    mean = sum(forecast.mean) / len(forecast.mean)
    return [
        *found,
        ("Class", forecast.demand_class or formats.NONE, "How often and how evenly it is asked for"),
        (f"Mean per {bucket_name(facts)}", f"{wording.amount(mean)} {facts.item.uom}", "Over the forecast's horizon"),
        ("WAPE", wording.share(scores.get("wape")), "Absolute errors over demand, in the back-test"),
        ("All-zero WAPE", wording.share(scores.get("all_zero_wape")), "The same of a forecast of nothing at all"),
        ("Bias", wording.signed_share(scores.get("bias")), "Forecast over demand, in the back-test"),
        ("Scaled pinball", wording.score(scores.get("scaled_pinball")), "Loss of the quantiles over the mean change"),
        ("Forecast of", formats.day(facts.run.as_of), "The day that the current run was made from"),
    ]


def _override(facts: SeriesFacts, one: ForecastOverride) -> dict[str, Any]:
    state, tone = _state(facts, one)
    return {
        "id": one.pk,
        "does": wording.override(one, facts.item.uom),
        "about": wording.about(one),
        "span": f"{formats.day(one.start_date)} – {formats.day(one.end_date)}",
        "reason": one.reason.name,
        "comment": one.comment,
        "author": str(one.author) if one.author else "imported",
        "expires": formats.day(one.expires_on) if one.expires_on else "",
        "state": state,
        "tone": tone,
        "withdrawn": one.withdrawn_at is not None,
        "past": facts.run is not None and one.end_date < facts.run.as_of,
        "version": override_form.version_of(one),
        "edit_url": f"?edit={one.pk}#override",
    }


def _state(facts: SeriesFacts, one: ForecastOverride) -> tuple[str, str]:
    """In which state an override is, in words, and the tag's tone."""
    run = facts.run
    if one.withdrawn_at is not None:
        return "withdrawn", "plain"
    if run is None:
        return "in the next run", "warn"
    if one.end_date < run.starts_on:
        return "over", "plain"
    if one.expires_on is not None and one.expires_on < run.as_of:
        return "expired", "plain"
    if one.updated_at > run.started_at:
        return "in the next run", "warn"
    if one.start_date > run.ends_on:
        return "beyond the forecast", "plain"
    return "in the forecast", "good"


def _coming(facts: SeriesFacts) -> list[dict[str, Any]]:
    forecast = facts.forecast
    if forecast is None:
        return []
    statistical = forecast.statistical_mean
    naive = forecast.naive_mean or [None] * len(forecast.mean)
    rows = []
    for number, day in enumerate(facts.days):
        grid = forecast.quantiles[number]
        rows.append(
            {
                "first": formats.day(day),
                "mean": wording.amount(forecast.mean[number]),
                "statistical": wording.amount(statistical[number]) if statistical else "",
                "naive": wording.amount(naive[number]),
                "low": wording.amount(grid[P10]),
                "median": wording.amount(grid[P50]),
                "high": wording.amount(grid[P95]),
                "says": ", ".join(_happens(facts, day)),
            }
        )
    return rows


def _happens(facts: SeriesFacts, day: date) -> list[str]:
    """Events in the bucket that begins on `day`."""
    last = day + timedelta(days=facts.history.bucket_days - 1)
    return [
        event.label or event.get_kind_display()
        for event in facts.events
        if event.start_date <= last and (event.end_date is None or event.end_date >= day)
    ]


def _learned(facts: SeriesFacts) -> list[dict[str, Any]]:
    """Events whose effect was learned, the newest first: each with what it adds over all that it reaches."""
    rows = []
    for event in reversed(facts.events):
        expected = events.expected_of(event)
        if expected is not None:
            rows.append(
                {
                    "name": event.label or event.get_kind_display(),
                    "start": formats.day(event.start_date),
                    "end": formats.day(event.end_date),
                    "uplift": wording.uplift(expected),
                    "reach": formats.count(expected.series, "item-location"),
                }
            )
    return rows


def _past(facts: SeriesFacts) -> list[dict[str, Any]]:
    """Newest first."""
    history, seen = facts.history, dict(facts.past)
    sales, *others = history.shown.values()
    names = [wording.LAYERS[name] for name in list(history.shown)[1:]]
    rows = [
        {
            "first": formats.day(day),
            "sales": wording.amount(float(sales[at])),
            "others": [(name, wording.amount(float(values[at]))) for name, values in zip(names, others, strict=True)],
            "forecast": wording.amount(seen.get(day)),
            "says": ", ".join((*(() if history.in_stock[at] else ("sold out",)), *_happens(facts, day))),
        }
        for at, day in enumerate(history.days)
    ]
    return rows[::-1]
