"""Many masters changed or removed in one request: at once, with the same checks, refusals and history as one by one."""

import contextlib
import threading

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forecasting.models import DemandEvent, ItemAnalogue, OverrideReason
from inventory.models import Category, Item, ItemLocation, ItemLocationState, Lane, Location, StockBalance
from inventory.services import changes
from policies.models import PolicyRule
from stocksense.company.models import Calendar, ExchangeRate
from stocksense.testing.api import ApiClient
from vendors.models import PriceBreak, Supplier, SupplierItem

MANY = 110
TERMS = {"valid_from": "2026-01-01", "lead_time_days": 3, "unit_price": 2}


@pytest.fixture
def admin(api_client):
    return api_client("admin")


@pytest.fixture
def world():
    Category.objects.create(name="Drinks", path="Drinks")
    Supplier.objects.create(code="Farm", currency="EUR")
    Location.objects.create(code="DC", kind="dc")


def items(count=MANY):
    return Item.objects.bulk_create(Item(sku=f"A{n}") for n in range(count))


def places(count=MANY):
    return Location.objects.bulk_create(Location(code=f"S{n}") for n in range(count))


def of_items(model, **values):
    return model.objects.bulk_create(model(item=item, **values) for item in items())


def price_breaks():
    terms = of_items(SupplierItem, supplier=Supplier.objects.get(), **TERMS)
    return PriceBreak.objects.bulk_create(
        PriceBreak(supplier_item=term, min_quantity=10, unit_price=1) for term in terms
    )


def categories():
    above = Category.objects.get()
    return Category.objects.bulk_create(Category(name=f"c{n}", path=f"Drinks/c{n}", parent=above) for n in range(MANY))


def lanes():
    origin = Location.objects.get()
    return Lane.objects.bulk_create(Lane(origin=origin, destination=place) for place in places())


def rates():
    days = [f"2025-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 11)]
    return ExchangeRate.objects.bulk_create(ExchangeRate(currency="USD", valid_from=day, rate=1) for day in days)


ROWS = {
    "items": (items, lambda n: {"unit_cost": f"{n}.25", "category": "Drinks"}),
    "categories": (categories, lambda n: {"name": f"d{n}"}),
    "locations": (places, lambda n: {"region": f"R{n}"}),
    "lanes": (lanes, lambda n: {"priority": n, "is_active": n % 2 == 0}),
    "item-locations": (
        lambda: of_items(ItemLocation, location=Location.objects.get()),
        lambda n: {"item": f"A{n}", "order_weekdays": [0, 2][: n % 3], "active_from": "2026-01-01"},
    ),
    "suppliers": (
        lambda: Supplier.objects.bulk_create(Supplier(code=f"V{n}", currency="USD") for n in range(MANY)),
        lambda n: {"currency": "EUR", "email": f"v{n}@example.com"},
    ),
    "supplier-terms": (
        lambda: of_items(SupplierItem, supplier=Supplier.objects.get(), **TERMS),
        lambda n: {"supplier": "Farm", "unit_price": f"{n}.5", "valid_to": "2030-01-01"},
    ),
    "price-breaks": (price_breaks, lambda n: {"unit_price": f"{n}.125"}),
    "demand-events": (
        lambda: of_items(DemandEvent, kind="feature", start_date="2026-01-01"),
        lambda n: {"location": "DC", "price": f"{n}.5"},
    ),
    "item-analogues": (
        lambda: of_items(ItemAnalogue, analogue=Item.objects.create(sku="old")), lambda n: {"weight": f"0.{n + 1}"},
    ),
    "policy-rules": (
        lambda: PolicyRule.objects.bulk_create(PolicyRule(name=f"rule {n}") for n in range(MANY)),
        lambda n: {"name": f"other {n}", "service_target": "0.97"},
    ),
    "override-reasons": (
        lambda: OverrideReason.objects.bulk_create(OverrideReason(code=f"r{n}", name=f"r{n}") for n in range(MANY)),
        lambda n: {"name": f"other {n}"},
    ),
    "calendars": (
        lambda: Calendar.objects.bulk_create(Calendar(code=f"C{n}") for n in range(MANY)), lambda n: {"name": f"n{n}"},
    ),
    "exchange-rates": (rates, lambda n: {"rate": f"1.{n}"}),
}  # fmt: skip


def change(row, body, if_match="*"):
    return {"op": "change", "id": row.pk, "if_match": if_match, "body": body}


def remove(row, if_match="*"):
    return {"op": "remove", "id": row.pk, "if_match": if_match}


def send(caller, resource, operations, *, atomic=False, **headers):
    return caller.post(f"{resource}:batch", {"atomic": atomic, "operations": operations}, **headers)


def statuses(answer) -> list[int]:
    return [result["status"] for result in answer.json()["results"]]


@pytest.mark.django_db
@pytest.mark.parametrize("resource", ROWS)
def test_many_take_as_many_statements_as_ten(admin, world, resource):
    make, body = ROWS[resource]
    rows = make()[:MANY]
    admin.get(resource)
    first, others = slice(10), slice(10, MANY)
    for operations, status in (
        ([change(row, body(n)) for n, row in enumerate(rows)], 200),
        ([remove(row) for row in rows], 204),
    ):
        counted = []
        for part in (first, others):
            with CaptureQueriesContext(connection) as queries:
                answer = send(admin, resource, operations[part])
            assert set(statuses(answer)) == {status}, answer.content
            counted.append(len(queries))
        assert counted[1] <= counted[0] < 60
    assert not type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows]).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("resource", ROWS)
def test_each_is_changed_as_when_it_is_changed_alone(admin, world, resource):
    make, body = ROWS[resource]
    bodies = dict(zip((row.pk for row in make()), map(body, range(MANY)), strict=False))
    operations = [{"op": "change", "id": pk, "if_match": "*", "body": asked} for pk, asked in bodies.items()]
    for result in send(admin, resource, operations).json()["results"][5:8]:
        path = f"{resource}/{result['id']}"
        shown = admin.get(path)
        assert (shown.json(), shown["ETag"]) == (result["body"], result["etag"])
        assert admin.patch(path, bodies[result["id"]])["ETag"] == result["etag"]  # (it has these values already)


@pytest.mark.django_db
def test_only_those_at_fault_are_refused(admin, world):
    rows = items(30)
    stale = admin.get(f"items/{rows[2].pk}")["ETag"]
    admin.patch(f"items/{rows[2].pk}", {"name": "meanwhile"})
    known = admin.get(f"items/{rows[3].pk}")["ETag"]
    operations = [change(row, {"unit_cost": "7"}) for row in rows]
    operations[2]["if_match"], operations[3]["if_match"] = stale, known
    operations[7]["body"] = {"sku": "other"}
    operations[11]["body"] = {"unit_cost": "-1"}  # (the database says no)
    operations[12]["body"] = {"unit_cost": "much"}
    operations[19]["body"] = {"uom_decimals": 9}
    operations[23]["body"] = {"active_from": "2026-02-02", "active_to": "2026-01-01"}
    operations[28]["id"] = 0
    answer = send(admin, "items", operations)
    expected = [200] * 30
    refused = {2: 412, 7: 422, 11: 422, 12: 400, 19: 400, 23: 422, 28: 404}
    for place, status in refused.items():
        expected[place] = status
    assert statuses(answer) == expected
    results = answer.json()["results"]
    assert results[7]["problem"]["errors"][0]["pointer"] == "/operations/7/body/sku"
    assert results[11]["problem"]["errors"][0]["pointer"] == "/operations/11/body/unit_cost"
    costs = dict(Item.objects.values_list("pk", "unit_cost"))
    assert [costs[row.pk] for row in rows] == [None if place in refused else 7 for place in range(30)]


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"sku": "other"}, {"unit_cost": "-1"}, {"active_to": "1999-01-01"}])
def test_of_an_atomic_batch_with_a_refused_change_nothing_stays(admin, world, wrong):
    rows = items(30)
    Item.objects.update(active_from="2026-01-01")
    operations = [change(row, {"name": "new"}) for row in rows[:20]] + [remove(row) for row in rows[20:]]
    operations[13]["body"] = wrong
    answer = send(admin, "items", operations, atomic=True)
    assert answer.status_code == 422
    assert statuses(answer) == [424] * 13 + [422] + [424] * 16
    assert Item.objects.filter(name="").count() == 30
    assert send(admin, "items", [one for one in operations if one["body" if "body" in one else "id"] != wrong],
                atomic=True).status_code == 200  # fmt: skip
    assert Item.objects.filter(name="new").count() == 19


@pytest.mark.django_db
def test_what_is_in_use_stays_and_says_by_what(admin, world):
    rows = items(30)
    place = Location.objects.get()
    Lane.objects.create(origin=place, destination=Location.objects.create(code="S"), item=rows[4])
    ItemLocation.objects.create(item=rows[4], location=place)
    SupplierItem.objects.create(item=rows[9], supplier=Supplier.objects.get(), **TERMS)
    operations = [remove(row) for row in rows]
    assert send(admin, "items", operations, atomic=True).status_code == 422
    assert Item.objects.count() == 30
    answer = send(admin, "items", operations)
    expected = [204] * 30
    expected[4] = expected[9] = 409
    assert statuses(answer) == expected
    problem = answer.json()["results"][4]["problem"]
    assert (problem["code"], problem["fields"]) == ("still_referenced", {"used_by": ["item locations", "lanes"]})
    assert problem["detail"] == "A4 is used by item locations, lanes. " + (
        "End it instead: set its status to ended, or give it a last day (active_to)."
    )
    assert set(Item.objects.all()) == {rows[4], rows[9]}


@pytest.mark.django_db
def test_a_pair_that_was_ever_stocked_stays(admin, world):
    pairs = of_items(ItemLocation, location=Location.objects.get())[:3]
    StockBalance.objects.create(item=pairs[1].item, location=pairs[1].location, quantity=0)
    answer = send(admin, "item-locations", [remove(row) for row in pairs])
    assert statuses(answer) == [204, 409, 204]
    assert answer.json()["results"][1]["problem"]["fields"] == {"used_by": ["stock balances"]}


@pytest.mark.django_db
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_below_goes_before_what_is_above(admin, world, turned):
    top = Category.objects.get()
    below = Category.objects.create(name="Hot", path="Drinks/Hot", parent=top)
    lowest = Category.objects.create(name="Tea", path="Drinks/Hot/Tea", parent=below)
    operations = [remove(row) for row in (top, below, lowest)]
    answer = send(admin, "categories", operations[::-1] if turned else operations, atomic=True)
    assert answer.status_code == 200
    assert not Category.objects.exists()


@pytest.mark.django_db
def test_categories_are_renamed_and_moved_together(admin, world):
    def made(path):
        above, _, name = path.rpartition("/")
        return Category.objects.create(name=name, path=path, parent=Category.objects.filter(path=above).first())

    hot, tea, green, cold = (made(f"Drinks/{path}") for path in ("Hot", "Hot/Tea", "Hot/Tea/Green", "Cold"))
    food = made("Food")
    operations = [
        change(tea, {"name": "Teas"}),
        change(Category.objects.get(path="Drinks"), {"name": "Beverages", "parent": "Food"}),
        change(cold, {"parent": "Drinks/Hot/Tea"}),
        change(food, {"name": "Groceries"}),
        change(hot, {"name": "Warm/Hot"}),
    ]
    assert statuses(send(admin, "categories", operations)) == [200, 200, 200, 200, 422]
    assert set(Category.objects.values_list("path", flat=True)) == {
        "Groceries", "Groceries/Beverages", "Groceries/Beverages/Hot", "Groceries/Beverages/Hot/Teas",
        "Groceries/Beverages/Hot/Teas/Green", "Groceries/Beverages/Hot/Teas/Cold",
    }  # fmt: skip
    circle = [change(food, {"parent": green.pk}), change(hot, {"name": "Warm"})]
    assert statuses(send(admin, "categories", circle)) == [422, 200]
    assert Category.objects.get(pk=cold.pk).path == "Groceries/Beverages/Warm/Teas/Cold"


@pytest.mark.django_db
def test_changes_close_no_circle_together(admin, world):
    first, second, third = items(3)
    ring = [change(first, {"successor": "A1"}), change(second, {"successor": "A2"}), change(third, {"successor": "A0"})]
    assert send(admin, "items", ring, atomic=True).status_code == 422
    assert statuses(send(admin, "items", ring)) == [200, 200, 422]
    assert statuses(send(admin, "items", [change(second, {"successor": None}), ring[2]])) == [200, 200]
    origin, place = Location.objects.get(), places(1)[0]
    ways = [
        Lane.objects.create(origin=a, destination=b, is_active=False) for a, b in ((origin, place), (place, origin))
    ]
    assert statuses(send(admin, "lanes", [change(way, {"is_active": True}) for way in ways])) == [200, 422]
    top, other = Category.objects.get(), Category.objects.create(name="Food", path="Food")
    answer = send(admin, "categories", [change(top, {"parent": "Food"}), change(other, {"parent": "Drinks"})])
    assert statuses(answer) == [200, 422]
    assert set(Category.objects.values_list("path", flat=True)) == {"Food", "Food/Drinks"}


@pytest.mark.django_db
def test_calendars_get_their_own_days(admin):
    rows = Calendar.objects.bulk_create(Calendar(code=code) for code in "ABC")
    sunday = [{"weekday": 6, "closed": True}]
    bodies = [{"weekdays": sunday}, {"name": "B", "days": [{"date": "2026-12-25", "closed": True}]}, {"code": "X"}]
    answer = send(admin, "calendars", [change(row, body) for row, body in zip(rows, bodies, strict=True)])
    assert statuses(answer) == [200, 200, 422]
    assert answer.json()["results"][0]["body"]["weekdays"] == sunday
    assert [day["date"] for day in answer.json()["results"][1]["body"]["days"]] == ["2026-12-25"]


@pytest.mark.django_db
def test_who_changed_and_removed_them_and_why_is_on_record(admin, world):
    rows = items(4)
    operations = [change(row, {"name": "new"}) for row in rows[:2]] + [remove(row) for row in rows[2:]]
    answer = send(admin, "items", operations, **{"X-Change-Reason": "Range review"})
    assert statuses(answer) == [200, 200, 204, 204]
    events = apps.get_model("inventory", "ItemEvent").objects.filter(id__in=[row.pk for row in rows])
    said = events.exclude(pgh_label="insert").order_by("id")
    assert [(one.id, one.pgh_label, one.name) for one in said] == [
        (rows[0].pk, "update", "new"), (rows[1].pk, "update", "new"), (rows[2].pk, "delete", ""),
        (rows[3].pk, "delete", ""),
    ]  # fmt: skip
    assert {(one.pgh_actor_id, one.pgh_channel, one.pgh_reason) for one in said} == {
        (admin.user.pk, "api", "Range review")
    }


def heard() -> dict[str, int]:
    return dict(ItemLocationState.objects.values_list("item_location__item__sku", "change_counter"))


@pytest.mark.django_db
def test_plans_hear_of_what_they_read_once(admin, world):
    pairs = of_items(ItemLocation, location=Location.objects.get())[:4]
    kept = [pair.item for pair in pairs]
    send(admin, "items", [change(kept[0], {"unit_cost": "2"}), change(kept[1], {"name": "unseen"})])
    assert heard() == {"A0": 1}
    answer = send(admin, "items", [change(kept[0], {"unit_cost": "-2"}), change(kept[1], {"unit_cost": "2"})])
    assert statuses(answer) == [422, 200]
    assert heard() == {"A0": 1, "A1": 1}
    event = DemandEvent.objects.create(kind="feature", item=kept[2], start_date="2026-01-01")
    other = DemandEvent.objects.create(kind="feature", item=kept[2], start_date="2026-01-02")
    send(admin, "demand-events", [change(event, {"item": "A3"}), remove(other)])
    assert heard() == {"A0": 1, "A1": 1, "A2": 1, "A3": 1}


@pytest.mark.django_db
def test_a_change_needs_its_permission(api_client, world):
    rows = items(2)
    answer = send(api_client("viewer"), "items", [change(row, {"name": "x"}) for row in rows])
    assert answer.status_code == 403
    assert not Item.objects.exclude(name="").exists()


@pytest.mark.django_db
def test_an_analogue_is_the_choice_of_whoever_changed_it(admin, world):
    rows = of_items(ItemAnalogue, analogue=Item.objects.create(sku="old"))[:2]
    assert statuses(send(admin, "item-analogues", [change(row, {"weight": "0.5"}) for row in rows])) == [200, 200]
    assert {row.chosen_by_id for row in ItemAnalogue.objects.filter(pk__in=[one.pk for one in rows])} == {admin.user.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("resource", ["items", "categories", "lanes"])
def test_a_graph_is_waited_for_before_any_row_is_locked(admin, world, resource):
    make, body = ROWS[resource]
    rows = make()[:2]
    with CaptureQueriesContext(connection) as queries:
        send(admin, resource, [change(row, body(n)) for n, row in enumerate(rows)])
    with CaptureQueriesContext(connection) as alone:
        admin.patch(f"{resource}/{rows[0].pk}", body(5), if_match="*")
    for captured in (queries, alone):
        locks = [query["sql"] for query in captured if "advisory" in query["sql"] or "FOR UPDATE" in query["sql"]]
        assert "graph of" in locks[0]
        assert any("FOR UPDATE" in lock for lock in locks[1:])


def at_once(*calls) -> list[int]:
    """What the calls, each in a thread of its own, answer: the statuses of all their operations."""
    found: list[int] = []

    def run(call):
        answer = call()
        found.extend(statuses(answer) if answer.status_code == 200 else [answer.status_code])
        connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_parallel_batches_over_the_same_rows_in_opposite_order_both_get_through():
    rows, callers = items(60), [ApiClient("admin"), ApiClient("admin")]
    ahead = [change(row, {"unit_cost": "1"}) for row in rows]
    back = [change(row, {"unit_cost": "2"}) for row in reversed(rows)]
    assert at_once(*(lambda c=c, o=o: send(c, "items", o) for c, o in zip(callers, (ahead, back), strict=True))) == (
        [200] * 120
    )
    assert Item.objects.values("unit_cost").distinct().count() == 1
    gone = at_once(*(lambda c=c, o=o: send(c, "items", o) for c, o in zip(
        callers, ([remove(row) for row in rows], [remove(row) for row in reversed(rows)]), strict=True)))  # fmt: skip
    assert sorted(gone) == [204] * 60 + [404] * 60


@pytest.mark.django_db(transaction=True)
def test_parallel_batches_tell_plans_without_waiting_for_each_other(monkeypatch):
    both, count = threading.Barrier(2), changes.count_changes

    def counted(pairs):  # whoever told lets the other one tell before going on
        count(pairs)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)

    monkeypatch.setattr(changes, "count_changes", counted)
    place, callers = Location.objects.create(code="DC"), [ApiClient("admin"), ApiClient("admin")]
    pairs = ItemLocation.objects.bulk_create(ItemLocation(item=item, location=place) for item in items(40))
    halves = [[pair.item for pair in pairs[:20]], [pair.item for pair in pairs[20:]]]
    events = [
        [DemandEvent.objects.create(kind="feature", item=item, start_date="2026-01-01") for item in half]
        for half in halves
    ]

    def batch(own, other):  # makes events of one half of the items, and changes those of the other half
        made = [
            {
                "op": "create",
                "body": {"kind": "feature", "item": item.sku, "location": "DC", "start_date": "2026-01-01"},
            }
            for item in halves[own]
        ]
        return made + [change(event, {"end_date": "2026-02-01"}) for event in events[other]]

    found = at_once(
        lambda: send(callers[0], "demand-events", batch(0, 1)), lambda: send(callers[1], "demand-events", batch(1, 0))
    )
    assert sorted(found) == [200] * 40 + [201] * 40
    assert set(heard().values()) == {2}
