"""Settings, calendars, exchange rates and scenarios over REST."""

import pytest

from inventory.models import Item, ItemLocation, ItemLocationState, Location
from stocksense.company.models import Calendar, CalendarDay, CalendarWeekday, CompanySettings, ExchangeRate
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    return ItemLocation.objects.create(item=Item.objects.create(sku="A"), location=Location.objects.create(code="S1"))


def counted():
    return sum(ItemLocationState.objects.values_list("change_counter", flat=True))


def test_settings_are_everybody_s_to_read_and_the_admin_s_to_change(api_client, pair):
    admin = api_client("admin")
    assert admin.patch("company", {"name": "Corner shops"}).json()["name"] == "Corner shops"
    assert counted() == 0
    assert admin.patch("company", {"frozen_days": 3}).json()["frozen_days"] == 3
    assert counted() == 1
    assert api_client("viewer").get("company").json()["frozen_days"] == 3
    for role in ("viewer", "planner", "approver", "supplier"):
        assert api_client(role).patch("company", {"frozen_days": 9}, if_match="*").status_code == 403
    assert api_client("supplier").get("company").status_code == 403
    assert CompanySettings.objects.get().frozen_days == 3


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"default_service_target": "1"}, 422, "/default_service_target"),
        ({"planning_horizon_days": 5}, 400, "/planning_horizon_days"),
        ({"time_zone": "Mars"}, 400, "/time_zone"),
        ({"currency": "eur"}, 400, "/currency"),
        ({"id": 2}, 400, "/id"),
        ({"updated_at": "2020-01-01"}, 400, "/updated_at"),
    ],
)
def test_settings_that_mean_nothing_are_refused(api_client, body, status, pointer):
    before = CompanySettings.objects.values().get()
    answer = api_client("admin").patch("company", body)
    assert (answer.status_code, pointers(answer)) == (status, [pointer]), answer.content
    assert CompanySettings.objects.values().get() == before


def test_a_calendar_with_its_pattern_and_dates(api_client, pair):
    planner = api_client("planner")
    body = {
        "code": "FR",
        "weekdays": [{"weekday": 6}],
        "days": [{"date": "2026-12-25", "label": "Christmas"}, {"date": "2026-12-20", "closed": False}],
    }
    made = planner.post("calendars", body)
    assert made.status_code == 201, made.content
    assert made.json()["weekdays"] == [{"weekday": 6, "closed": True}]
    assert [day["date"] for day in made.json()["days"]] == ["2026-12-20", "2026-12-25"]
    path = f"calendars/{made.json()['id']}"
    before = counted()
    answer = planner.patch(path, {"weekdays": [{"weekday": 0, "closed": True}]})
    assert ([day["weekday"] for day in answer.json()["weekdays"]], len(answer.json()["days"])) == ([0], 2)
    assert counted() == before + 1
    assert pointers(planner.patch(path, {"days": [{"label": "Easter"}], "weekdays": [{}]})) == [
        "/weekdays/0/weekday",
        "/days/0/date",
    ]
    seen = planner.get(path)["ETag"]
    planner.patch(path, {"days": []})
    assert planner.patch(path, {"days": []}, if_match=seen).status_code == 412


def test_a_calendar_that_contradicts_itself_leaves_nothing(api_client):
    body = {"code": "FR", "weekdays": [{"weekday": 6}, {"weekday": 6}]}
    assert api_client("planner").post("calendars", body).status_code == 409
    assert api_client("planner").post("calendars", body | {"weekdays": [{"weekday": 7}]}).status_code == 400
    assert not Calendar.objects.exists()
    assert not CalendarWeekday.objects.exists()


def test_a_calendar_in_use_stays(api_client):
    calendar = Calendar.objects.create(code="FR")
    CalendarDay.objects.create(calendar=calendar, date="2026-12-25")
    Location.objects.create(code="S1", calendar=calendar)
    assert api_client("admin").delete(f"calendars/{calendar.pk}").status_code == 409
    assert CalendarDay.objects.count() == 1


def test_exchange_rates(api_client, pair):
    admin = api_client("admin")
    made = admin.post("exchange-rates", {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.9"})
    assert (made.status_code, counted()) == (201, 1)
    assert admin.post("exchange-rates", {"currency": "USD", "valid_from": "2026-01-01", "rate": 1}).status_code == 409
    answer = admin.post("exchange-rates", {"currency": "GBP", "valid_from": "2026-01-01", "rate": 0})
    assert pointers(answer) == ["/rate"]
    assert api_client("planner").post("exchange-rates", {"currency": "GBP"}).status_code == 403
    assert admin.delete(f"exchange-rates/{made.json()['id']}").status_code == 204
    assert not ExchangeRate.objects.exists()


def test_scenarios_are_read(api_client):
    assert [row["is_baseline"] for row in api_client("viewer").rows("scenarios")] == [True]
    assert api_client("admin").post("scenarios", {"name": "x"}).status_code == 405


@pytest.mark.parametrize("path", ["calendars?expand=weekdays,days", "exchange-rates", "scenarios"])
def test_lists_take_a_fixed_number_of_queries(api_client, path):
    few = api_client("viewer").queries(path.replace("?expand=weekdays,days", ""))
    for number in range(4):
        calendar = Calendar.objects.create(code=f"C{number}")
        CalendarDay.objects.create(calendar=calendar, date="2026-12-25")
        ExchangeRate.objects.create(currency="USD", valid_from=f"2026-01-0{number + 1}", rate=1)
    assert api_client("viewer").queries(path) <= few + 2
