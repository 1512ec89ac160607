"""Recorded demand for tests of history: weeks up to MONDAY, and runs made from them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from forecasting.models import Forecast, ForecastRun
from forecasting.services import runs
from forecasting.services.corrections import Corrected, propose_corrections
from forecasting.services.history import read_history
from inventory.models import Category, Demand, Item, ItemLocation, Location
from inventory.services.nodes import read_nodes
from inventory.services.run_context import RunContext
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company import services as company
from stocksense.core.database.partitions import ensure_partitions
from stocksense.jobs import services as jobs
from stocksense.jobs.models import Job

MONDAY = date(2026, 11, 16)
WEEK = timedelta(weeks=1)


def weeks_ago(back: int) -> date:
    """First day of the week that began `back` weeks before MONDAY."""
    return MONDAY - back * WEEK


def person(role: Role = Role.PLANNER) -> User:
    """Somebody with a role."""
    made: User = UserFactory(role=role)
    return made


def place(sku: str, code: str = "NORTH", *, category: str = "", region: str = "", **item: Any) -> ItemLocation:
    """An item at a location; either is made where it is new."""
    if category:
        parts, above = category.split("/"), None
        for depth, name in enumerate(parts, 1):
            path = "/".join(parts[:depth])
            above, _ = Category.objects.get_or_create(path=path, defaults={"name": name, "parent": above})
        item["category"] = above
    made, _ = Item.objects.get_or_create(sku=sku, defaults={"unit_cost": 2, **item})
    location, _ = Location.objects.get_or_create(code=code, defaults={"kind": "store", "region": region})
    return ItemLocation.objects.create(item=made, location=location)


def sold(
    at: ItemLocation, weekly: Sequence[float], *, until: date = MONDAY, out_of_stock: Sequence[int] = (), **fields: Any
) -> None:
    """Weekly demand, the last value in the week before `until`; out_of_stock: places in the list."""
    days = [until - WEEK * back for back in range(len(weekly), 0, -1)]
    ensure_partitions(Demand, days)
    Demand.objects.bulk_create(
        Demand(
            item=at.item, location=at.location, date=day, bucket_days=7, quantity=Decimal(str(quantity)),
            in_stock=number not in out_of_stock, **fields,
        )
        for number, (day, quantity) in enumerate(zip(days, weekly, strict=True))
    )  # fmt: skip


def nodes(as_of: date = MONDAY) -> Any:
    """Every item-location."""
    return read_nodes(as_of=as_of, horizon_end=as_of + 8 * WEEK)


def corrected(as_of: date = MONDAY) -> Corrected:
    """One night's corrections."""
    found = nodes(as_of)
    return propose_corrections(history=read_history(found, as_of=as_of, settings=company.settings()), nodes=found)


def forecast_job() -> Job:
    """A job that waits to make a forecast."""
    return jobs.create_job(kind="test", title="forecast", steps=[runs.STEP], parameters={}, actor=None)


def forecast(
    as_of: date = MONDAY, *, days: int = 28, origin: Mapping[ItemLocation, ItemLocation] | None = None,
    job: Job | None = None, progress: Any = lambda *_: None,
) -> ForecastRun:  # fmt: skip
    """A forecast run of everything; origin: which item-location supplies another; job: of an earlier attempt."""
    found = nodes(as_of)
    at = {key: node for node, key in enumerate(found["item_location_id"].to_list())}
    origin_node = np.full(len(found), -1)
    for place_of, from_where in (origin or {}).items():
        origin_node[at[place_of.pk]] = at[from_where.pk]
    lease = jobs.claim((job or forecast_job()).pk)
    assert lease is not None
    context = RunContext(company.scenario_named(None), as_of, as_of, company.settings(), found, lease, progress)
    return runs.run_forecast(context, origin_node=origin_node, days_ahead=days)


def row_of(run: ForecastRun, at: ItemLocation) -> Forecast:
    """The forecast of an item-location's own demand."""
    return Forecast.objects.get(run=run, run_date=run.run_date, item=at.item, location=at.location, scope="own")
