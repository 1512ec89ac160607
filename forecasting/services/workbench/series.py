"""Everything that the page of one series shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from forecasting.models import DemandEvent, Forecast, ForecastOverride, ForecastRun, OverrideReason
from forecasting.services.layers import HistoryLayers, read_layers
from forecasting.services.overrides.preview import bucket_starts, current_forecast_run, own_forecast
from forecasting.services.overrides.reach import in_order, lineage
from forecasting.services.workbench.candidates import Candidates, read_candidates
from inventory.models import Item, Location
from stocksense.core.errors import InvalidInput

YEARS_SHOWN = 2
PAST_RUNS = 60

_PAST = """
SELECT DISTINCT ON (run.cutoff) run.cutoff + 1 AS bucket, f.mean[1] AS mean
FROM forecasting_forecastrun run
JOIN forecasting_forecast f ON f.run_id = run.id AND f.run_date = run.run_date
WHERE run.id = ANY(%(runs)s) AND f.item_id = %(item)s AND f.location_id = %(location)s AND f.scope = 'own'
ORDER BY run.cutoff, run.as_of, run.id DESC
"""


@dataclass(frozen=True)
class SeriesFacts:
    """One series: what was sold, what is expected, and what people say of it.

    run and forecast are None before the first forecast of the series. past: per closed bucket what was forecast one
    bucket ahead, as far as runs are kept. candidates: what the newest comparison says of it and its segment, None
    before the first. blend: candidate → weight in what the series is forecast by.
    """

    item: Item
    location: Location
    run: ForecastRun | None
    forecast: Forecast | None
    history: HistoryLayers
    past: list[tuple[date, float]]
    events: list[DemandEvent]
    overrides: list[ForecastOverride]
    reasons: list[OverrideReason]
    candidates: Candidates | None
    blend: Mapping[str, float]

    @property
    def today(self) -> date | None:
        """The day that the forecast was made from."""
        return self.run.as_of if self.run else None

    @property
    def scores(self) -> Mapping[str, float]:
        """What is known of how well the series is forecast, as the run has it: see `comparison.blend_scores`."""
        return self.forecast.scores if self.forecast else {}

    @property
    def days(self) -> list[date]:
        """First day of each forecast bucket."""
        return bucket_starts(self.run) if self.run and self.forecast else []


def read_series(*, item_id: int, location_id: int) -> SeriesFacts:
    """The facts of an item at a location. Raises InvalidInput where one of them does not exist."""
    item = Item.objects.select_related("category").filter(pk=item_id).first()
    location = Location.objects.filter(pk=location_id).first()
    if item is None or location is None:
        raise InvalidInput("There is no such item at no such location.")
    run = current_forecast_run()
    forecast = own_forecast(run, item_id=item_id, location_id=location_id) if run else None
    categories = lineage(item.category_id)
    history = _history(item, location, run)
    scores: Mapping[str, Any] = forecast.scores if forecast else {}
    return SeriesFacts(
        item=item,
        location=location,
        run=run,
        forecast=forecast,
        history=history,
        past=_past(run, item, location) if run else [],
        events=_events(item, location, categories, history, run),
        overrides=_overrides(item, location, categories, run),
        reasons=list(OverrideReason.objects.filter(is_active=True)),
        candidates=read_candidates(
            item_id=item.pk,
            location_id=location.pk,
            segment=str(scores.get("segment", "")),
            bucket_days=run.bucket_days if run else None,
        ),
        blend=_numbers(scores.get("blend")),
    )


def _history(item: Item, location: Location, run: ForecastRun | None) -> HistoryLayers:
    if run is None:
        return HistoryLayers.none(7)
    found = read_layers(item_id=item.pk, location_id=location.pk, as_of=run.as_of, end=run.starts_on)
    return found.latest(YEARS_SHOWN * 364 // found.bucket_days) if found else HistoryLayers.none(run.bucket_days)


def _past(run: ForecastRun, item: Item, location: Location) -> list[tuple[date, float]]:
    earlier = ForecastRun.objects.filter(
        scenario=run.scenario_id, state="finished", bucket_days=run.bucket_days, cutoff__lt=run.cutoff
    )
    runs = list(earlier.order_by("-cutoff").values_list("pk", flat=True)[:PAST_RUNS])
    if not runs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PAST, {"runs": runs, "item": item.pk, "location": location.pk})
        return [(bucket, float(mean)) for bucket, mean in cursor.fetchall()]


def _events(
    item: Item, location: Location, categories: list[int], history: HistoryLayers, run: ForecastRun | None
) -> list[DemandEvent]:
    first = history.first_date if history.sales.size else (run.starts_on if run else date.max)
    last = run.ends_on if run else date.max
    of_it = Q(item=item) | Q(category__in=categories) | Q(item__isnull=True, category__isnull=True)
    known = DemandEvent.objects.filter(of_it, Q(location__isnull=True) | Q(location=location))
    shown = known.filter(Q(end_date__isnull=True) | Q(end_date__gte=first), start_date__lte=last)
    return list(shown.select_related("expected").order_by("start_date"))


def _overrides(
    item: Item, location: Location, categories: list[int], run: ForecastRun | None
) -> list[ForecastOverride]:
    """Those that are to come and those that were withdrawn or ran out lately, in the order in which they count."""
    touching = ForecastOverride.objects.touching(item_id=item.pk, location_id=location.pk, category_ids=categories)
    if run is not None:
        touching = touching.filter(end_date__gte=run.starts_on - timedelta(days=13 * run.bucket_days))
    return in_order(touching.select_related("item", "category", "location", "reason", "author"))


def _numbers(found: Any) -> dict[str, float]:
    if not isinstance(found, Mapping):
        return {}
    return {str(name): float(value) for name, value in found.items() if isinstance(value, int | float)}
