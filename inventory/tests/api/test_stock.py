"""Stock and demand over REST: read in bounds, recorded once, refused without a trace."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import (
    Demand,
    Item,
    ItemLocation,
    ItemLocationState,
    Location,
    MovementKey,
    ScheduledReceipt,
    StockBalance,
    StockMovement,
)
from stocksense.core import clock
from stocksense.testing.api import ApiClient, pointers

pytestmark = pytest.mark.django_db
MOVEMENT = {"item": "A", "location": "S1", "kind": "sale", "quantity": "-2", "source": "till", "key": "1"}


@pytest.fixture
def pair():
    return Item.objects.create(sku="A"), Location.objects.create(code="S1")


def monday(weeks_ago: int = 1) -> date:
    today = clock.now().date()
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)


def bucket(**more):
    return {"item": "A", "location": "S1", "date": monday().isoformat(), "quantity": "5"} | more


def test_a_movement_is_recorded_once(api_client, pair):
    planner = api_client("planner")
    first = planner.post("stock-movements", MOVEMENT)
    again = planner.post("stock-movements", MOVEMENT)
    other = planner.post("stock-movements", MOVEMENT | {"source": "till 2", "item": pair[0].pk, "location": pair[1].pk})
    assert (first.status_code, first.json()["balance"], first.json()["recorded"]) == (201, "-2", True)
    assert (again.status_code, again.json()) == (200, {"id": None, "recorded": False, "balance": "-2"})
    assert other.json()["balance"] == "-4"
    assert [row["balance_after"] for row in planner.rows("stock-movements")] == ["-4", "-2"]
    assert [row["quantity"] for row in planner.rows("stock-balances?item=A&location=S1")] == ["-4"]
    assert ItemLocationState.objects.get().change_counter == 2


def test_an_idempotency_key_answers_again(api_client, pair):
    planner = api_client("planner")
    first = planner.post("stock-movements", MOVEMENT, **{"Idempotency-Key": "k"})
    again = planner.post("stock-movements", MOVEMENT, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert planner.post("stock-movements", MOVEMENT | {"key": "2"}, **{"Idempotency-Key": "k"}).status_code == 422
    assert StockMovement.objects.count() == 1


def test_a_movement_is_one_statement_of_its_own(api_client, pair):
    planner = api_client("planner")
    planner.post("stock-movements", MOVEMENT)
    with CaptureQueriesContext(connection) as queries:
        planner.post("stock-movements", MOVEMENT | {"key": "2"})
    own = [query["sql"] for query in queries if "inventory_" in query["sql"]]
    assert len(own) == 1


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"item": "B"}, 422, "/item"),
        ({"location": 2**62}, 422, "/location"),
        ({"item": None}, 400, "/item"),
        ({"item": True}, 400, "/item"),
        ({"kind": "count"}, 400, "/kind"),
        ({"quantity": "0"}, 422, None),
        ({"quantity": "1e12"}, 400, "/quantity"),
        ({"key": ""}, 400, "/key"),
        ({"moved_at": "1950-01-01T00:00:00Z"}, 422, None),
        ({"moved_at": "9999-12-31T23:59:59Z"}, 422, None),
        ({"balance_after": "7"}, 400, "/balance_after"),
        ({"actor": 1}, 400, "/actor"),
    ],
)
def test_what_cannot_be_recorded_leaves_nothing(api_client, pair, change, status, pointer):
    answer = api_client("planner").post("stock-movements", MOVEMENT | change)
    assert answer.status_code == status, answer.content
    assert pointers(answer) == ([pointer] if pointer else [])
    for model in (StockMovement, MovementKey, StockBalance, ItemLocation):
        assert not model.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
def test_who_may_not_record_changes_nothing(api_client, pair, role):
    caller = api_client(role)
    refused = {401, 403} if role is None else {403}
    assert caller.post("stock-movements", MOVEMENT).status_code in refused
    assert caller.post("demand", {"rows": [bucket()]}).status_code in refused
    for path in ("stock-movements", "stock-balances", "demand", "scheduled-receipts"):
        assert caller.get(path).status_code in ({200} if role == "viewer" else refused)
    assert not StockMovement.objects.exists()
    assert not Demand.objects.exists()


def test_movements_reach_back_a_month_unless_asked_otherwise(api_client, pair):
    planner = api_client("planner")
    old = (clock.now() - timedelta(days=60)).isoformat()
    first = planner.post("stock-movements", MOVEMENT | {"moved_at": old}).json()["id"]
    second = planner.post("stock-movements", MOVEMENT | {"key": "2"}).json()["id"]
    day = (clock.now() - timedelta(days=40)).date()

    def ids(query):
        return [row["id"] for row in planner.rows(f"stock-movements?{query}")]

    assert ids("") == [second]
    assert ids(f"id__gt={first - 1}&ordering=id") == [first, second]
    assert ids(f"moved_on__lte={day}") == [first]
    assert ids("moved_on__gte=2000-01-01&item=A") == [second, first]
    assert ids("location=S2") == []
    assert planner.get("stock-movements?moved_on__lte=x").status_code == 400


@pytest.mark.parametrize("path", ["stock-balances", "stock-movements", "demand", "scheduled-receipts"])
def test_lists_take_a_fixed_number_of_queries(api_client, pair, path):
    planner = api_client("planner")

    def add(number):
        item = Item.objects.create(sku=f"I{number}")
        planner.post("stock-movements", MOVEMENT | {"item": item.pk, "key": str(number)})
        planner.post("demand", {"rows": [bucket(item=item.sku)]})
        ScheduledReceipt.objects.create(
            kind="purchase", schedule_id=number, item=item, location=pair[1], quantity=1, due_on=monday(),
            order_number="PO-1",
        )  # fmt: skip

    add(1)
    few = planner.queries(path)
    for number in range(2, 6):
        add(number)
    assert planner.queries(path) == few
    assert len(planner.rows(path)) == 5


def test_demand_is_merged_as_files_are(api_client, pair):
    planner = api_client("planner")
    assert planner.post("demand", {"rows": [bucket()]}).json() == {"new": 1, "changed": 0, "same": 0}
    assert planner.post("demand", {"rows": [bucket()]}).json() == {"new": 0, "changed": 0, "same": 1}
    assert planner.post("demand", {"rows": [bucket(quantity="7.5", price="2")]}).json()["changed"] == 1
    assert planner.post("demand", {"rows": [bucket(promotion="May")]}).json()["changed"] == 1
    row = Demand.objects.get()
    assert (row.quantity, row.price, row.promotion, row.bucket_days) == (5, 2, "May", 7)
    shown = planner.rows("demand?item=A")
    assert [(found["date"], found["quantity"], found["item_id"]) for found in shown] == [
        (monday().isoformat(), "5", pair[0].pk)
    ]
    assert ItemLocationState.objects.get().change_counter == 3


def test_rows_that_cannot_be_taken_are_told_by_place_and_none_is_taken(api_client, pair):
    tuesday = (monday() + timedelta(days=1)).isoformat()
    rows = [bucket(), bucket(item="B"), bucket(date=tuesday), bucket(location="S9")]
    answer = api_client("planner").post("demand", {"rows": rows})
    assert (answer.status_code, pointers(answer)) == (
        400, ["/rows/1/item", "/rows/2/date", "/rows/3/location"],
    )  # fmt: skip
    assert "Weeks begin on Monday" in answer.json()["errors"][1]["detail"]
    assert not Demand.objects.exists()


def test_contradicting_rows_and_too_many_are_refused(api_client, pair):
    planner = api_client("planner")
    assert planner.post("demand", {"rows": [bucket(), bucket(quantity="6")]}).status_code == 400
    assert pointers(planner.post("demand", {"rows": [bucket()] * 1001})) == ["/rows"]
    assert pointers(planner.post("demand", {"rows": []})) == ["/rows"]
    assert pointers(planner.post("demand", {"rows": [bucket(bucket_days=1)]})) == ["/rows/0/bucket_days"]
    assert not Demand.objects.exists()


def test_demand_pages_follow_location_item_and_date(api_client, pair):
    planner = api_client("planner")
    Item.objects.create(sku="B")
    Location.objects.create(code="S0")
    rows = [
        bucket(item=item, location=place, date=monday(weeks).isoformat())
        for item in "AB" for place in ("S0", "S1") for weeks in (2, 1)
    ]  # fmt: skip
    planner.post("demand", {"rows": rows})
    seen, path = [], "demand?page_size=3&fields=location,item,date"
    while path:
        page = planner.get(path).json()
        seen += [(row["location"], row["item"], row["date"]) for row in page["results"]]
        path = page["next"]
    assert len(seen) == 8
    assert seen == sorted(seen, key=lambda row: (row[0] == "S0", row[1], row[2]))


@pytest.mark.django_db(transaction=True)
def test_the_same_event_from_many_sides_counts_once_and_all_others_add_up(pair):
    callers = [ApiClient("planner") for _ in range(6)]
    answers = []

    def call(number, caller):
        bodies = [MOVEMENT | {"key": key, "quantity": "1"} for key in ("shared", f"own {number}")]
        answers.extend(caller.post("stock-movements", body).status_code for body in bodies)
        connection.close()

    threads = [threading.Thread(target=call, args=one) for one in enumerate(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 5 + [201] * 7
    assert StockBalance.objects.get().quantity == Decimal(7)
    assert sorted(StockMovement.objects.values_list("balance_after", flat=True)) == list(range(1, 8))
    assert ItemLocationState.objects.get().change_counter == 7


@pytest.mark.parametrize("resource", ["stock-balances", "item-locations"])
def test_a_list_of_one_location_is_read_by_its_index_in_the_order_of_the_list(resource):
    """By the id that is looked up in the same statement: joined by code, the last location's page is a whole scan."""
    planner = ApiClient("planner")
    item, model = (
        Item.objects.create(sku="A"),
        {"stock-balances": StockBalance, "item-locations": ItemLocation}[resource],
    )
    for code in ("S1", "S2"):
        model.objects.create(item=item, location=Location.objects.create(code=code))
    with CaptureQueriesContext(connection) as queries:
        assert [row["location"] for row in planner.rows(f"{resource}?location=S2")] == ["S2"]
    (listed,) = [one["sql"] for one in queries if f'FROM "{model._meta.db_table}"' in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {listed}")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "_of_location on" in plan
    assert "Sort" not in plan
    assert planner.rows(f"{resource}?location=NONE") == []
