"""The accuracy dashboard: how closed buckets were forecast, which step added value, and what missed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from forecasting import engine
from forecasting.admin import addresses, drawings, wording
from forecasting.models import CoverageKind, ForecastMiss, Layer, SegmentKind
from forecasting.services.accuracy_reads import (
    LEVELS,
    SPANS,
    AccuracyReport,
    Covered,
    Fva,
    Scores,
    read_coverage,
    read_report,
)
from forecasting.services.overrides.preview import current_forecast_run
from stocksense.company import services as company
from stocksense.core.admin import formats
from stocksense.core.admin.pages import render

LAYERS = (Layer.ZERO, Layer.NAIVE, Layer.STATISTICAL, Layer.FINAL)
DRAWN = (Layer.NAIVE, Layer.STATISTICAL, Layer.FINAL)
WIDE, NARROW = {"width": 720.0, "height": 250.0}, {"width": 340.0, "height": 230.0}
MISSES_SHOWN = 20
USUAL_SPAN = 13


def page(request: HttpRequest) -> HttpResponse:
    """The dashboard over the newest closed buckets, at one lag and by every lag."""
    span = _chosen(request.GET.get("span", ""), SPANS, USUAL_SPAN)
    report = read_report(buckets=span, lag=_chosen(request.GET.get("lag", ""), range(1, 100), 1))
    run = current_forecast_run()
    bucket = "day" if run and run.bucket_days == 1 else "week"
    shared = {"title": "Forecast accuracy", "bucket": bucket, "span": span, "spans": SPANS, "has_run": run is not None}
    if not report.table:
        return render(request, "forecasting/accuracy_empty.html", **shared)
    currency = company.settings().currency
    steps = [(layer, _level(report, layer).wape) for layer in LAYERS]
    by_lag = [
        (f"{lag} {bucket}{'s' if lag > 1 else ''}", {layer.value: _level(report, layer, lag).wape for layer in LAYERS})
        for lag in report.lags
    ]
    over_time = [
        (formats.short_day(day), {layer: scores.wape for layer, scores in found.items()})
        for day, found in report.over_time
    ]
    return render(
        request,
        "forecasting/accuracy.html",
        **shared,
        report=report,
        first=formats.day(report.first),
        last=formats.day(report.last),
        staircases=_drawn(lambda size: drawings.staircase(steps, **size)),
        lag_lines=_drawn(lambda size: drawings.lines(by_lag, DRAWN, **size)),
        time_lines=_drawn(lambda size: drawings.lines(over_time, DRAWN, **size)),
        layers=[_scored(str(layer.label), _level(report, layer)) for layer in LAYERS],
        levels=_segments(report, SegmentKind.LEVEL, LEVELS),
        classes=_segments(report, SegmentKind.DEMAND_CLASS, engine.DEMAND_CLASSES),
        lags=[_lag(report, lag) for lag in report.lags],
        times=[_time(day, found) for day, found in reversed(report.over_time)],
        reasons=[_fva(one) for one in report.reasons],
        people=[_fva(one) for one in report.people],
        misses=[_miss(one, currency) for one in report.misses[:MISSES_SHOWN]],
        covered=[_covered(one, bucket) for one in read_coverage(bucket_days=1 if bucket == "day" else 7, buckets=span)],
    )


def _chosen(text: str, known: Iterable[int], usual: int) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else usual
    return number if number in known else usual


def _drawn(draw: Any) -> list[tuple[str, Any]]:
    return [("wide", draw(WIDE)), ("narrow", draw(NARROW))]


def _level(report: AccuracyReport, layer: Layer, lag: int | None = None) -> Scores:
    return report.scores(SegmentKind.LEVEL, "item-location", layer, lag)


def _scored(name: str, scores: Scores, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "series": formats.quantity(scores.series),
        "left_out": formats.quantity(scores.left_out) if scores.left_out else "",
        "wape": wording.share(scores.wape),
        "bias": wording.signed_share(scores.bias),
        "mase": wording.score(scores.mase),
        "rmsse": wording.score(scores.rmsse),
        "pinball": wording.score(scores.pinball),
        "below_95": wording.share(scores.below_95),
        "below_99": wording.share(scores.below_99),
        "inside_95": wording.share(scores.inside_95),
        **more,
    }


def _segments(report: AccuracyReport, kind: SegmentKind, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Per segment the final forecast's scores, the WAPE of every other layer beside it."""
    rows = []
    for key in keys:
        final = report.scores(kind, key, Layer.FINAL)
        if final.series:
            others = {layer.value: wording.share(report.scores(kind, key, layer).wape) for layer in LAYERS}
            rows.append(_scored(key, final, others=others))
    return rows


def _lag(report: AccuracyReport, lag: int) -> dict[str, Any]:
    others = {layer.value: wording.share(_level(report, layer, lag).wape) for layer in LAYERS}
    return _scored(str(lag), _level(report, Layer.FINAL, lag), others=others)


def _time(day: Any, found: dict[str, Scores]) -> dict[str, Any]:
    others = {layer.value: wording.share(found.get(layer.value, Scores()).wape) for layer in LAYERS}
    return _scored(formats.day(day), found.get(Layer.FINAL.value, Scores()), others=others)


def _covered(one: Covered, bucket: str) -> dict[str, str]:
    return {
        "of": f"one {bucket}" if one.kind == CoverageKind.BUCKET else "the sum over four weeks",
        "name": f"P{one.probability * 100:.0f}",
        "asked": wording.share(one.probability),
        "was": wording.share(one.share),
        "forecasts": formats.quantity(one.seen),
        "added": wording.signed_share(one.shift),
        "aim": wording.share(one.probability + one.shift),
    }


def _fva(one: Fva) -> dict[str, Any]:
    points = one.points
    return {
        "name": one.name,
        "forecasts": formats.quantity(one.forecasts),
        "before": wording.share(one.before.wape),
        "after": wording.share(one.after.wape),
        "points": formats.NONE if points is None else f"{points * 100:+.1f}".replace("-", "−"),
        "units": f"{one.units:+,.0f}".replace("-", "−"),
        "verdict": "" if abs(one.units) < 0.5 else "better" if one.units > 0 else "worse",
        "bias": wording.signed_share(one.after.bias),
    }


def _miss(one: ForecastMiss, currency: str) -> dict[str, Any]:
    return {
        "url": addresses.series_url(one.item_id, one.location_id),
        "item": one.item.name or one.item.sku,
        "sku": one.item.sku,
        "at": one.location.name or one.location.code,
        "actual": f"{wording.amount(one.actual)} {one.item.uom}",
        "final": wording.amount(one.final),
        "statistical": wording.amount(one.statistical),
        "usual": wording.amount(one.usual_error),
        "excess": formats.money(one.excess, currency),
        "way": "too high" if one.final > one.actual else "too low",
    }
