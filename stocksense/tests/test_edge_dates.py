"""Days and instants at the ends of the calendar, to everything of the API that takes one, west and east of UTC.

The answer is what was asked for, or says what is wrong: never a fault, and never a row that
nothing can read afterwards, or plan with.
"""

import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction

from inventory.models import Location
from planning.services import cycle
from stocksense.core.api.schema import generated
from stocksense.jobs.models import Job, JobState
from stocksense.testing.api import Caller
from stocksense.tests.small_company import import_and_plan

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WEST, EAST = "Pacific/Pago_Pago", "Pacific/Kiritimati"  # 11 hours behind UTC, 14 before it
DAYS = ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"]
ENDS = ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"]
VALUES = {"date": DAYS, "date-time": [end + zone for end in ENDS for zone in ("", "Z", "+14:00", "-12:00")]}
SOON = "2026-12-20T00:00:00Z"
USUAL = {
    "demand_create": "2026-11-16",
    "demand_corrections_create": "2026-11-02",
    "plan_runs_create": "2026-11-16",
    "stock_movements_create": "2026-11-20T12:00:00Z",
}
"""What each takes instead of one of these days or instants."""
FIXED = {("supplier_terms_partial_update", "valid_from"), ("exchange_rates_partial_update", "valid_from")}
"""Parts of a row's identity, which no change takes."""
PLANNED_WITH = {
    "calendars", "demand-corrections", "demand-events", "exchange-rates", "forecast-overrides", "item-locations",
    "items", "supplier-terms", "purchase-orders", "transfer-orders",
}  # fmt: skip
REFUSALS = {400, 403, 409, 422}
DOCUMENT = generated.document()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def places(schema: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where a body holds days and instants: the names on the way (those in a list are those in its first row)."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("format") in VALUES:
        yield at, schema["format"]
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from places(choice, at)
    yield from places(schema["items"], at) if "items" in schema else ()
    for name, field in schema.get("properties", {}).items():
        yield from places(field, (*at, name))


def dated_bodies() -> dict[str, tuple[str, str, list[tuple[tuple[str, ...], str]]]]:
    """Operation → method, path, and the places of days and instants in its body."""
    found = {}
    for method, path, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if listed := list(dict.fromkeys(places(content.get("schema", {})))):
            found[operation["operationId"]] = (method, path, listed)
    return found


def dated_filters() -> list[tuple[str, str, str]]:
    """Path, parameter and format of each filter by days and instants."""
    return [
        (path, one["name"], one["schema"]["format"])
        for method, path, operation in operations()
        for one in operation.get("parameters", ())
        if method == "get" and one["in"] == "query" and one["schema"].get("format") in VALUES
    ]


def with_value(body: dict[str, Any], at: tuple[str, ...], value: str) -> dict[str, Any]:
    """The body with this value there; rows in lists that it does not have are made."""
    made = copy.deepcopy(body)
    inside: Any = made
    for name in at[:-1]:
        inside = inside.setdefault(name, [{}])[0]
    inside[at[-1]] = value
    return made


class Company:
    """The example company in a zone, and bodies with which each operation on dates succeeds but for its date."""

    def __init__(self, zone: str) -> None:
        import_and_plan()
        self.admin = Caller("admin", token=True)
        self.admin._client.raise_request_exception = False  # all of them are named at the end
        answer = self.admin.patch("company", {"time_zone": zone}, **{"If-Match": "*"})
        assert answer.status_code == 200, answer.content
        Location.objects.update(time_zone="")
        self.days = [DAYS[0], DAYS[-1]] if zone == WEST else []  # (days are the same everywhere: once is enough)
        self.run = self.first("plan-runs")["id"]
        self.ids: dict[str, Any] = {}
        self.bodies = self._bodies()
        for resource in ("forecast-overrides", "api-keys"):
            self.ids[resource] = self.made(resource, self.bodies[f"{resource.replace('-', '_')}_create"])
        for kind, resource in (("purchase", "purchase-orders"), ("transfer", "transfer-orders")):
            proposal = self.first(f"planned-orders?kind={kind}")["id"]
            answer = self.admin.post(f"planned-orders/{proposal}/approve", {"run": self.run}, **{"If-Match": "*"})
            assert answer.status_code == 200, answer.content
            order = self.ids[resource] = self.first(f"{resource}?state=draft")["id"]
            (line, *_) = self.admin.get(f"{resource}/{order}").json()["lines"]
            schedule = line["schedules"][0]["id"]
            self.bodies[f"{resource.replace('-', '_')}_partial_update"] = {"schedules": [{"id": schedule}]}
        self.ids["planned-orders"] = self.first("planned-orders?decided=false")["id"]

    def send(self, name: str, method: str, path: str, at: tuple[str, ...], value: str, *, keep: bool = False) -> Any:
        """The answer to this value at this place, or of the list with what it wrote, which is kept only where told."""
        body = self.bodies.get(name, {}) if method == "patch" else self.bodies[name]
        address = path.replace("{id}", str(self.id_for(path))) if "{id}" in path else path
        with transaction.atomic():
            answer = self.admin._send(method, address, with_value(body, at, value), {"If-Match": "*"})
            if answer.status_code < 300 and method in {"post", "patch"} and "preview" not in path:
                answer = self.admin.get("/".join(path.split("/")[:4]))
            transaction.set_rollback(not keep)
        return answer

    def first(self, resource: str) -> Any:
        return self.admin.results(resource)[0]

    def made(self, resource: str, body: dict[str, Any]) -> Any:
        answer = self.admin.post(resource, body)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    def id_for(self, path: str) -> Any:
        resource = path.split("/")[3]
        if resource not in self.ids:
            self.ids[resource] = self.first(resource)["id"]
        return self.ids[resource]

    def _bodies(self) -> dict[str, dict[str, Any]]:
        override = {
            "item": "00417", "start_date": "2026-11-23", "end_date": "2026-11-29", "mode": "scale", "value": 2,
            "reason": self.first("override-reasons")["code"],
        }  # fmt: skip
        snooze_one, snooze_orders = {"run": self.run}, {"run": self.run, "ids": [self.first("planned-orders")["id"]]}
        return {
            "api_keys_create": {"name": "till", "permissions": ["inventory.view_item"], "expires_at": SOON},
            "calendars_create": {"code": "NEW"},
            "demand_create": {"rows": [{"item": "00417", "location": "DC-UTRECHT", "quantity": 3}]},
            "demand_corrections_create": {
                "item": "00417", "location": "DC-UTRECHT", "quantity": 1, "reason": "a leaflet", "date": "2026-11-02",
            },
            "demand_events_create": {"kind": "feature", "item": "00418", "start_date": "2026-11-23"},
            "demand_events_partial_update": {"start_date": "2026-11-23", "end_date": "2026-11-29"},
            "exceptions_snooze": snooze_one,
            "exceptions_snooze_many": {"run": self.run, "ids": [self.first("exceptions")["id"]]},
            "exchange_rates_create": {"currency": "SEK", "rate": "0.09"},
            "forecast_overrides_create": override,
            "forecast_overrides_preview": {**override, "show_item": "00417", "show_location": "DC-UTRECHT"},
            "item_locations_create": {"item": "00417", "location": self._free_location()},
            "items_create": {"sku": "NEW"},
            "plan_runs_create": {},
            "planned_orders_snooze": snooze_one,
            "planned_orders_snooze_many": snooze_orders,
            "stock_movements_create": {
                "item": "00417", "location": "DC-UTRECHT", "kind": "receipt", "quantity": 1,
                "source": "till", "key": "1",
            },
            "supplier_terms_create": {
                "supplier": "ROASTERY", "item": "00417", "location": "DC-UTRECHT", "lead_time_days": 3,
                "unit_price": "2.5", "valid_from": "2026-11-20",
            },
        }  # fmt: skip

    def _free_location(self) -> str:
        return self.admin.post("locations", {"code": "NEW", "kind": "store"}).json()["code"]


@pytest.fixture(params=[WEST, EAST])
def company(request: pytest.FixtureRequest, settings: Any) -> Company:
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "100000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "100000/min")
    return Company(request.param)


def test_every_body_with_a_date(company):
    wrong = []
    for name, (method, path, listed) in dated_bodies().items():
        for at, kind in listed:
            answer = company.send(
                name, method, path, at, USUAL.get(name, {"date": "2026-11-25", "date-time": SOON}[kind])
            )
            if answer.status_code >= 300 and (name, *at) not in FIXED:
                wrong.append((answer.status_code, name, at, "the body itself is wrong", answer.content[:300]))
            for value in VALUES[kind]:
                answer = company.send(name, method, path, at, value)
                if answer.status_code not in {200, *REFUSALS}:
                    wrong.append((answer.status_code, name, at, value, answer.content[:200]))
    assert not wrong


def test_every_filter_by_a_date(company):
    wrong = []
    for path, name, kind in dated_filters():
        for value in VALUES[kind] if kind == "date-time" else company.days:
            answer = company.admin.get(f"{path}?{urlencode({name: value})}")
            if answer.status_code not in {200, 400}:
                wrong.append((answer.status_code, path, name, value, answer.content[:200]))
    assert not wrong
    assert len(dated_filters()) > 200


def test_what_serves_such_days_and_up_to_them(company):
    """These parameters of a command are in no list of the description."""
    address = f"item-location-plans/{company.id_for('/api/v1/item-location-plans')}/pegging"
    for day in DAYS:
        for query in ({"day": day}, {"day": day, "until": day}, {"day": "2026-11-20", "until": day}):
            assert company.admin.get(f"{address}?{urlencode(query)}").status_code in {200, *REFUSALS}


def test_what_was_taken_is_planned_with(company):
    for name, (method, path, listed) in dated_bodies().items():
        if path.split("/")[3] in PLANNED_WITH:
            for at, kind in listed:
                for value in VALUES[kind]:
                    company.send(name, method, path, at, value, keep=True)
    job = cycle.create_cycle(actor=None)
    cycle.run_cycle(job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert ended.state == JobState.SUCCEEDED, ended.error
    for resource in ("planned-orders", "exceptions", "projections", "policies", "forecasts", "item-location-plans"):
        assert company.admin.results(resource)


def test_a_plan_as_of_such_a_day_is_refused(company):
    for day in DAYS:
        answer = company.admin.post("plan-runs", {"as_of": day})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
