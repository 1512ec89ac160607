"""The list of series: where a better forecast is worth most comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from forecasting.models import ForecastOverride, ForecastRun, ForecastScope
from forecasting.services.overrides.preview import current_forecast_run
from forecasting.services.overrides.reach import lineage, subtrees
from inventory.models import Category
from inventory.services import search

PER_PAGE: Final = 50
MOST_FOUND: Final = 5000
"""Items that a search looks through; more are narrowed down by typing on."""

SORTS: Final = ("stake", "item", "location", "mean", "wape", "bias", "mase", "pinball")

_COLUMNS = """
SELECT f.item_id, f.location_id, item.sku, item.name AS item, item.uom, item.category_id, item.uom_decimals,
       place.code, place.name AS location, f.demand_class, f.fallback, f.statistical_mean IS NOT NULL AS overridden,
       level.mean, s.wape, s.bias, s.pinball,
       coalesce(s.mase, s.wape * level.mean / nullif(f.change_mean, 0)) AS mase,
       s.wape * level.mean * item.unit_cost::float8 AS stake,
       count(*) OVER () AS total
FROM forecasting_forecast f
JOIN inventory_item item ON item.id = f.item_id
JOIN inventory_location place ON place.id = f.location_id
CROSS JOIN LATERAL (SELECT avg(value) AS mean FROM unnest(f.mean) AS value) AS level
CROSS JOIN LATERAL (
    SELECT (f.scores ->> 'wape')::float8 AS wape, (f.scores ->> 'bias')::float8 AS bias,
           (f.scores ->> 'scaled_pinball')::float8 AS pinball, (f.scores ->> 'mase')::float8 AS mase
) AS s
WHERE f.run_id = %(run)s AND f.run_date = %(date)s AND f.scope = %(scope)s
"""
_FILTERS = {
    "demand_class": "f.demand_class = %(demand_class)s",
    "location": "place.code = %(location)s",
    "categories": "item.category_id = ANY(%(categories)s::bigint[])",
    "items": "f.item_id = ANY(%(items)s::bigint[])",
    "fallback": "f.fallback <> ''",
    "overridden": "f.statistical_mean IS NOT NULL",
}
_ORDER = {
    "stake": "stake", "item": "sku", "location": "code", "mean": "mean", "wape": "wape", "bias": "abs(bias)",
    "mase": "mase", "pinball": "pinball",
}  # fmt: skip


@dataclass(frozen=True)
class SeriesQuery:
    """Which series, in which order (`sort`: a name of SORTS, a minus in front for descending)."""

    search: str = ""
    demand_class: str = ""
    category: str = ""
    location: str = ""
    fallback: bool = False
    overridden: bool = False
    sort: str = "-stake"
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves anything out."""
        return bool(
            self.search or self.demand_class or self.category or self.location or self.fallback or self.overridden
        )


@dataclass(frozen=True)
class SeriesRow:
    """One series. Scores are the back-test's, None where it says nothing; stake: expected error per bucket at cost."""

    item_id: int
    location_id: int
    sku: str
    item: str
    uom: str
    category_id: int | None
    uom_decimals: int
    code: str
    location: str
    demand_class: str
    fallback: str
    overridden: bool
    mean: float | None
    wape: float | None
    bias: float | None
    pinball: float | None
    mase: float | None
    stake: float | None
    waiting: bool = False
    """An override written since the run will change it in the next one."""


@dataclass(frozen=True)
class SeriesPage:
    """One page of the list."""

    run: ForecastRun
    rows: list[SeriesRow]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many there are."""
        return max((self.total + PER_PAGE - 1) // PER_PAGE, 1)


def list_series(query: SeriesQuery) -> SeriesPage | None:
    """The series of the current forecast of the baseline; None before the first one."""
    run = current_forecast_run()
    if run is None:
        return None
    page = max(query.page, 1)
    rows, total = _read(run, query, page)
    if not rows and page > 1:  # (beyond the end: the last page there is)
        _, total = _read(run, query, 1)
        page = max((total + PER_PAGE - 1) // PER_PAGE, 1)
        rows, total = _read(run, query, page)
    return SeriesPage(run, _waiting(run, rows), total, page)


def _read(run: ForecastRun, query: SeriesQuery, page: int) -> tuple[list[SeriesRow], int]:
    values: dict[str, Any] = {"run": run.pk, "date": run.run_date, "scope": ForecastScope.OWN.value}
    values |= {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}
    asked = {
        "demand_class": query.demand_class, "location": query.location, "fallback": query.fallback,
        "overridden": query.overridden,
    }  # fmt: skip
    if query.category:
        named = Category.objects.filter(path=query.category).values_list("pk", flat=True).first()
        asked["categories"] = True
        values["categories"] = subtrees([named]).get(named, []) if named else []
    if query.search:
        asked["items"] = True
        values["items"] = list(search.find_items(query.search).values_list("pk", flat=True)[:MOST_FOUND])
    used = {name: value for name, value in asked.items() if value}
    values |= {name: value for name, value in used.items() if name not in values}
    where = "".join(f" AND {_FILTERS[name]}" for name in used)
    direction = "DESC" if query.sort.startswith("-") else "ASC"
    order = f"ORDER BY {_ORDER[query.sort.removeprefix('-')]} {direction} NULLS LAST, sku, code"
    inner = f"SELECT * FROM ({_COLUMNS}{where}) AS series {order} LIMIT %(limit)s OFFSET %(offset)s"
    with connection.cursor() as cursor:
        cursor.execute(inner, values)
        names = [column.name for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    total = found[0]["total"] if found else 0
    for row in found:
        del row["total"]
    return [SeriesRow(**row) for row in found], total


def _waiting(run: ForecastRun, rows: Sequence[SeriesRow]) -> list[SeriesRow]:
    """The rows, those marked that an override written since the run is about."""
    written = list(
        ForecastOverride.objects.in_force(on=run.as_of, ahead_from=run.starts_on).filter(
            updated_at__gt=run.started_at, start_date__lte=run.ends_on
        )
    )
    if not written:
        return list(rows)
    above = {pk: set(lineage(pk)) for pk in {row.category_id for row in rows}}

    def meant(row: SeriesRow, one: ForecastOverride) -> bool:
        return (
            one.item_id in (None, row.item_id)
            and one.location_id in (None, row.location_id)
            and (one.category_id is None or one.category_id in above[row.category_id])
        )

    return [SeriesRow(**{**vars(row), "waiting": any(meant(row, one) for one in written)}) for row in rows]
