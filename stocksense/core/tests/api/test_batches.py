"""Many changes in one request."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Category, Item
from stocksense.accounts.roles import Role
from stocksense.core.tests.api import shop

pytestmark = [pytest.mark.django_db, pytest.mark.urls("stocksense.core.tests.api.shop")]
BATCH, SHELVES = "/api/v1/shelves:batch", "/api/v1/shelves"


def create(path, **body):
    return {"op": "create", "body": {"path": path, **body}}


@pytest.fixture
def shelves() -> list[Category]:
    return [Category.objects.create(path=path, name=path) for path in ("A", "B", "C")]


def send(client, *operations, atomic=False, **headers):
    return client.send("POST", BATCH, {"atomic": atomic, "operations": list(operations)}, **headers)


def names():
    return dict(Category.objects.values_list("path", "name"))


def test_each_operation_has_its_own_result(admin, shelves):
    a, b, c = shelves
    etag = admin.get(f"{SHELVES}/{a.pk}")["ETag"]
    answer = send(
        admin,
        create("D", parent="A"),
        {"op": "change", "id": a.pk, "if_match": etag, "body": {"name": "new"}},
        {"op": "change", "id": b.pk, "if_match": 'W/"00"', "body": {"name": "new"}},
        {"op": "remove", "id": c.pk, "if_match": "*"},
        create("A"),
        create("", colour="red"),
        {"op": "remove", "id": 0, "if_match": "*"},
        {"op": "change", "id": [1], "if_match": "*", "body": {"name": "x"}},
        create("E", parent="nowhere"),
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(9))
    assert [result["status"] for result in results] == [201, 200, 412, 204, 409, 400, 404, 404, 400]
    assert results[0]["body"] == {"id": results[0]["id"], "path": "D", "name": "", "parent": "A"}
    assert results[1]["etag"] == admin.get(f"{SHELVES}/{a.pk}")["ETag"]
    assert results[4]["problem"]["code"] == "already_there"
    pointers = [error["pointer"] for error in results[5]["problem"]["errors"]]
    assert pointers == ["/operations/5/body/colour", "/operations/5/body/path"]
    assert results[8]["problem"]["errors"][0]["pointer"] == "/operations/8/body/parent"
    assert names() == {"A": "new", "B": "B", "D": ""}


def test_together_or_not_at_all(admin, shelves):
    before = names()
    for wrong in (create("A"), create(""), {"op": "remove", "id": shelves[0].pk, "if_match": 'W/"00"'}):
        answer = send(
            admin,
            create("D"),
            {"op": "change", "id": shelves[1].pk, "if_match": "*", "body": {"name": "x"}},
            wrong,
            atomic=True,
        )
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        assert answer.json()["code"] == "batch_refused"
        assert [result["status"] for result in answer.json()["results"]][:2] == [424, 424]
        assert "problem" in answer.json()["results"][2]
        assert names() == before
    assert send(admin, create("D"), create("E"), atomic=True).status_code == 200
    assert set(names()) == {"A", "B", "C", "D", "E"}


def test_each_operation_needs_its_own_permission(caller, shelves):
    planner, viewer = caller(Role.PLANNER), caller(Role.VIEWER)
    operations = [create("D"), {"op": "remove", "id": shelves[0].pk, "if_match": "*"}]
    assert [one["status"] for one in send(planner, *operations).json()["results"]] == [201, 403]
    assert send(viewer, create("E")).status_code == 403
    assert set(names()) == {"A", "B", "C", "D"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operations": []},
        {"operations": "x"},
        {"operations": [{"op": "drop"}]},
        {"operations": [create("D")] * 1001},
        {"operations": [create("D") | {"ip": 1}]},
        {"operations": [create("D")], "atomically": True},
        [create("D")],
    ],
)
def test_what_is_no_batch(admin, body):
    assert admin.send("POST", BATCH, body).status_code == 400
    assert not Category.objects.exists()


def test_what_is_unknown_and_what_is_missing_in_one_operation_are_both_told(admin):
    answer = admin.send("POST", BATCH, {"atomic": "maybe", "operations": [{"": [], "id": 1}, {"op": "create"}]})
    assert answer.status_code == 400
    told = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert told == {
        "/operations/0/": "There is no such field.",
        "/operations/0/op": "This field is required.",
        "/atomic": "Must be a valid boolean.",
    }


def test_an_object_is_named_once_and_with_its_state(admin, shelves):
    change = {"op": "change", "id": shelves[0].pk, "if_match": "*", "body": {"name": "x"}}
    remove = {"op": "remove", "id": str(shelves[0].pk), "if_match": "*"}
    without = {"op": "change", "id": shelves[1].pk, "body": {"name": "x"}}
    unnamed = {"op": "remove", "if_match": "*"}
    results = send(admin, change, remove, without, unnamed).json()["results"]
    assert [result["status"] for result in results] == [400, 400, 428, 400]
    assert names() == {"A": "A", "B": "B", "C": "C"}


def test_what_others_hold_stays_and_the_rest_goes(admin, shelves):
    Item.objects.create(sku="1", category=shelves[0])
    results = send(admin, *({"op": "remove", "id": one.pk, "if_match": "*"} for one in shelves)).json()["results"]
    assert [result["status"] for result in results] == [409, 204, 204]
    assert set(names()) == {"A"}


def test_a_thousand_cost_as_many_queries_as_ten(admin, shelves):
    counted = []
    for count in (10, 1000):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = send(admin, *(create(f"{count}-{number}", parent="ABC"[number % 3]) for number in range(count)))
        assert {result["status"] for result in answer.json()["results"]} == {201}
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[0] < 20


def test_a_fault_leaves_nothing_of_the_batch(admin, shelves, monkeypatch):
    def fail(self, found):
        raise RuntimeError("broken")

    monkeypatch.setattr(shop.ShelfView, "remove_one", fail)
    answer = send(admin, create("D"), create("E"), {"op": "remove", "id": shelves[0].pk, "if_match": "*"})
    assert answer.status_code == 500
    assert set(names()) == {"A", "B", "C"}


def test_a_batch_is_done_once_under_its_key(admin):
    first = send(admin, create("A"), create("A"), idempotency_key="k")
    again = send(admin, create("A"), create("A"), idempotency_key="k")
    assert again.content == first.content
    assert [result["status"] for result in again.json()["results"]] == [201, 409]
    assert send(admin, create("A"), atomic=True, idempotency_key="k2").status_code == 422
    assert send(admin, create("B"), atomic=True, idempotency_key="k2").status_code == 200
