"""Changing objects: bodies, preconditions, commands."""

import threading

import pytest
from django.db import connection, transaction

from inventory.models import Category, Item
from stocksense.accounts.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("stocksense.core.tests.api.shop")]
SHELVES = "/api/v1/shelves"


@pytest.fixture
def shelf() -> Category:
    parent = Category.objects.create(path="Food", name="Food")
    return Category.objects.create(path="Food/Tea", name="Tea", parent=parent)


def test_created_with_address_and_etag(admin):
    answer = admin.send("POST", SHELVES, {"path": "Tea"})
    made = Category.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": made.pk, "path": "Tea", "name": "", "parent": None}
    assert answer["Location"] == f"/api/v1/shelves/{made.pk}"
    assert admin.get(answer["Location"])["ETag"] == answer["ETag"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/path"]),
        ({"path": "a", "colour": 1}, ["/colour"]),
        ({"colour": 1, "size": 2}, ["/colour", "/size", "/path"]),
        ({"path": "a", "labels": [{"text": "x"}, {"text": "y", "font": 1}]}, ["/labels/1/font"]),
        ({"path": "a", "labels": [{"text": "x" * 21}]}, ["/labels/0/text"]),
        ([{"path": "a"}], [""]),
    ],
)
def test_what_a_body_may_not_hold(admin, body, pointers):
    answer = admin.send("POST", SHELVES, body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert not Category.objects.exists()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"path": ', "no JSON"),
        (b'{"path": "a", "path": "b"}', "'path' occurs twice"),
        (b'{"path": "a", "labels": [{"text": "b", "text": "c"}]}', "'text' occurs twice"),
        (b'{"path": NaN}', "NaN"),
        (b'{"path": -Infinity}', "-Infinity"),
        (b'{"path": 1e999}', "too large"),
        (b'{"path": 9223372036854775808}', "64 bits"),
        (b'{"path": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"path": "a\\u0000b"}', "zero byte"),
        (b'{"a\\u0000": "b"}', "zero byte"),
        (b'{"path": "\\ud800"}', "surrogate"),
        (b'{"path": "\xff"}', "UTF-8"),
        (b"[" * 40 + b"]" * 40, "32 levels"),
        (b"[" * 100_000 + b"]" * 100_000, "32 levels"),
        (b'{"a":' * 100_000, "levels"),
    ],
)
def test_bodies_that_are_no_strict_json(admin, body, says):
    answer = admin.send("POST", SHELVES, body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert says in answer.json()["detail"]
    assert not Category.objects.exists()


def test_numbers_keep_their_digits():
    from decimal import Decimal

    from stocksense.core.api.bodies import loads

    assert loads(b"[0.1, 1.50, 0.12345678901234567890, 2]") == [0.1, 1.5, Decimal("0.12345678901234567890"), 2]


def test_a_change_needs_the_state_it_is_about(admin, shelf):
    address = f"{SHELVES}/{shelf.pk}"
    assert admin.send("PATCH", address, {"name": "x"}).status_code == 428
    assert admin.send("PATCH", address, {"name": "x"}, if_match='W/"0000"').status_code == 412
    shelf.refresh_from_db()
    assert shelf.name == "Tea"
    etag = admin.get(address)["ETag"]
    answer = admin.send("PATCH", address, {"name": "Teas"}, if_match=etag)
    assert (answer.status_code, answer.json()["name"]) == (200, "Teas")
    assert admin.send("PATCH", address, {"name": "y"}, if_match=etag).status_code == 412
    assert admin.send("PATCH", address, {"name": "Green"}, if_match=answer["ETag"]).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "?fields=name", "?fields=id", "?expand=parent", "?expand=items&fields=name,items"]
)
def test_the_etag_of_any_get_of_an_object_will_do(admin, shelf, query):
    address = f"{SHELVES}/{shelf.pk}"
    etag = admin.get(address + query)["ETag"]
    assert admin.get(address + query, headers={"If-None-Match": etag}).status_code == 304
    assert admin.send("PATCH", address, {"name": "Teas"}, if_match=f'"other", {etag}').status_code == 200
    assert admin.get(address + query, headers={"If-None-Match": etag}).status_code == 200
    assert admin.send("PATCH", address, {"name": "Tea"}, if_match=etag).status_code == 412


def test_what_is_expanded_changes_the_answer_but_not_the_state(admin, shelf):
    address = f"{SHELVES}/{shelf.pk}"
    before = admin.get(f"{address}?expand=items")["ETag"]
    Item.objects.create(sku="A", category=shelf)
    answer = admin.get(f"{address}?expand=items", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert [item["sku"] for item in answer.json()["items"]] == ["A"]
    assert admin.send("PATCH", address, {"name": "Teas"}, if_match=before).status_code == 200


def test_removed_once(admin, shelf):
    address = f"{SHELVES}/{shelf.pk}"
    assert admin.send("DELETE", address).status_code == 428
    assert admin.send("DELETE", address, {"name": "x"}, if_match="*").status_code == 400
    answer = admin.send("DELETE", address, if_match="*")
    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.send("DELETE", address, if_match="*").status_code == 404


def test_what_others_refer_to_stays(admin, shelf):
    answer = admin.send("DELETE", f"{SHELVES}/{shelf.parent_id}", if_match="*")
    assert (answer.status_code, answer.json()["code"]) == (409, "still_referenced")
    assert Category.objects.count() == 2


def test_commands_on_one_and_on_many(admin, shelf):
    address = f"{SHELVES}/{shelf.pk}/rename"
    assert admin.send("POST", address, {"name": "A"}).status_code == 428
    answer = admin.send("POST", address, {"name": "A"}, if_match="*")
    assert (answer.status_code, answer.json()["name"]) == (200, "A")
    answer = admin.send("POST", f"{SHELVES}/rename", {"ids": [shelf.pk, shelf.parent_id], "name": "B"})
    assert answer.json() == {"renamed": 2}
    assert admin.get(f"{SHELVES}/{shelf.pk}/size").json() == {"items": 0}
    assert admin.get(f"{SHELVES}/0/size").status_code == 404


def test_a_viewer_changes_nothing(caller, shelf):
    viewer = caller(Role.VIEWER)
    for method, address, body in (
        ("POST", SHELVES, {"path": "x"}),
        ("PATCH", f"{SHELVES}/{shelf.pk}", {"name": "x"}),
        ("DELETE", f"{SHELVES}/{shelf.pk}", None),
        ("POST", f"{SHELVES}/{shelf.pk}/rename", {"name": "x"}),
        ("POST", f"{SHELVES}/rename", {"ids": [shelf.pk], "name": "x"}),
    ):
        assert viewer.send(method, address, body, if_match="*").status_code == 403
    assert sorted(Category.objects.values_list("path", "name")) == [("Food", "Food"), ("Food/Tea", "Tea")]


@pytest.mark.parametrize(("key", "status", "code"), [("path", 409, "already_there"), ("name", 400, "invalid")])
def test_what_the_database_refuses_is_named(admin, shelf, key, status, code):
    answer = admin.send("POST", SHELVES, {"path": "Food", key: "Food" if key == "path" else None})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{key}"]


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_the_second_is_told(caller):
    client, other = caller(), caller()
    shelf = Category.objects.create(path="Tea", name="Tea")
    address = f"{SHELVES}/{shelf.pk}"
    etag = client.get(address)["ETag"]
    answers = []

    def change():
        answers.append(other.send("PATCH", address, {"name": "second"}, if_match=etag).status_code)
        connection.close()

    with transaction.atomic():
        Category.objects.select_for_update().get(pk=shelf.pk)
        thread = threading.Thread(target=change)
        thread.start()
        thread.join(0.5)
        assert not answers
        Category.objects.filter(pk=shelf.pk).update(name="first")
    thread.join(10)
    assert answers == [412]
    assert Category.objects.get().name == "first"
