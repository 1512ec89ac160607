"""Overrides written, tried, withdrawn and reinstated on the page of a series. POST only; trying saves nothing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from forecasting.admin import addresses, chart, override_form, series, wording
from forecasting.models import ForecastOverride
from forecasting.services import overrides
from forecasting.services.overrides import Preview
from inventory.models import Item, Location
from stocksense.core.admin import formats
from stocksense.core.errors import DomainError, FieldErrors

RESULT = "forecasting/override_preview.html"
NEXT_RUN = "It is in the plan of tonight's cycle; run the cycle now to have it in the plan at once."


@require_POST
def preview(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """What the form's override would do, as a piece of the page and as a line for the chart."""
    item, location = _keys(item_id, location_id)
    form = override_form.read(request.POST)
    values, problems = override_form.values_of(form, item, location)
    problems.pop("reason", None)  # (a number may be tried before its reason is chosen)
    if problems:
        return _answer({"problems": [one for found in problems.values() for one in found]})
    draft = ForecastOverride(pk=form.override_id or None, **values)
    problems = overrides.problems_of(draft)
    problems.pop("reason", None)
    if problems:
        return _answer({"problems": [one for found in problems.values() for one in found]})
    try:
        seen = overrides.preview_override(draft=draft, item_id=item.pk, location_id=location.pk)
    except DomainError as error:
        return _answer({"problems": [error.message]})
    return _answer(_said(seen, item), chart.previewed(seen, seen.bucket_days))


@require_POST
def save(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """Write the form's override; the page comes back with the form where it cannot be."""
    item, location = _keys(item_id, location_id)
    form = override_form.read(request.POST)
    values, problems = override_form.values_of(form, item, location)
    if problems:
        return series.show(request, item_id, location_id, form=form.refused(problems), status=422)
    try:
        if form.override_id:
            with overrides.locked_override(form.override_id, version=form.version) as found:
                overrides.change_override(override=found, actor=request.user, **values)
        else:
            overrides.create_override(actor=request.user, **values)
    except FieldErrors as error:
        return series.show(request, item_id, location_id, form=form.refused(error.problems), status=422)
    except DomainError as error:
        return series.show(request, item_id, location_id, form=form.refused({"": [error.message]}), status=error.status)
    messages.success(request, f"The override is {'changed' if form.override_id else 'saved'}. {NEXT_RUN}")
    return _back(item_id, location_id)


@require_POST
def withdraw(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """Leave an override out of forecasts from the next run on."""
    return _act(
        request, item_id, location_id, overrides.withdraw_override,
        "The override is withdrawn: the next forecast leaves it out. It can be reinstated below.",
    )  # fmt: skip


@require_POST
def reinstate(request: HttpRequest, item_id: int, location_id: int) -> HttpResponse:
    """Put a withdrawn override in force again."""
    return _act(
        request, item_id, location_id, overrides.reinstate_override, f"The override is in force again. {NEXT_RUN}"
    )


def _act(request: HttpRequest, item_id: int, location_id: int, act: Any, says: str) -> HttpResponse:
    form = override_form.read(request.POST)
    try:
        with overrides.locked_override(form.override_id, version=form.version) as found:
            act(override=found, actor=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, says)
    return _back(item_id, location_id)


def _keys(item_id: int, location_id: int) -> tuple[Item, Location]:
    item = Item.objects.select_related("category").filter(pk=item_id).first()
    location = Location.objects.filter(pk=location_id).first()
    if item is None or location is None:
        raise Http404
    return item, location


def _back(item_id: int, location_id: int) -> HttpResponse:
    return HttpResponseRedirect(f"{addresses.series_url(item_id, location_id)}#overrides")


def _answer(context: dict[str, Any], line: Any = None) -> HttpResponse:
    return JsonResponse({"html": render_to_string(RESULT, context), "line": line})


def _said(seen: Preview, item: Item) -> dict[str, Any]:
    rows = []
    if seen.series is not None:
        for number, day in enumerate(seen.series.days):
            before, after = float(seen.series.before[number]), float(seen.series.after[number])
            if abs(after - before) > 1e-9:
                high = seen.series.quantiles_after[number][series.P95]
                change = f"{after - before:+,.1f}".replace("-", "−")
                rows.append(
                    {
                        "first": formats.day(day),
                        "before": wording.amount(before),
                        "after": wording.amount(after),
                        "change": change,
                        "high": wording.amount(float(high)),
                    }
                )
    return {
        "rows": rows,
        "unit": item.uom,
        "says": _sentence(seen, item),
        "only_others": seen.series is not None and not rows and seen.moved > 0,
    }


def _sentence(seen: Preview, item: Item) -> str:
    if not seen.moved:
        return "It changes nothing: the span lies outside the forecast, or others that are more special stand."
    many = seen.reached > 1
    unit = "units" if many else item.uom
    expected, total = wording.amount(seen.expected), wording.amount(seen.total)
    where = f"{formats.count(seen.reached, 'series', 'series')} together: " if many else ""
    return f"{where}{expected} → {total} {unit} in the buckets it touches."
