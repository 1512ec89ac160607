"""Sent again, answered again, done once."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from inventory.models import Category
from stocksense.accounts.roles import Role
from stocksense.core.tests.api import shop
from stocksense.messaging.idempotency import remove_old_keys
from stocksense.messaging.models import IdempotencyKey

pytestmark = [pytest.mark.django_db, pytest.mark.urls("stocksense.core.tests.api.shop")]
SHELVES = "/api/v1/shelves"


def test_the_same_request_has_the_same_answer(admin):
    first = admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    again = admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    for name in ("Location", "ETag", "Content-Type"):
        assert again[name] == first[name]
    assert Category.objects.count() == 1


def test_another_request_may_not_use_the_key(admin):
    admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    shelf = Category.objects.get()
    for address, body in ((SHELVES, {"path": "Tee"}), (f"{SHELVES}/rename", {"ids": [shelf.pk], "name": "Tea"})):
        answer = admin.send("POST", address, body, idempotency_key="k-1")
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Category.objects.values_list("path", "name").get() == ("Tea", "")


def test_keys_of_two_callers_are_two_keys(caller):
    answers = [caller().send("POST", SHELVES, {"path": path}, idempotency_key="k-1") for path in ("A", "B")]
    assert [answer.status_code for answer in answers] == [201, 201]


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
def test_what_is_no_key(admin, key):
    assert admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key=key).status_code == 400
    assert not Category.objects.exists()


def test_what_was_refused_may_be_mended_under_the_same_key(admin):
    assert admin.send("POST", SHELVES, {"path": ""}, idempotency_key="k-1").status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1").status_code == 201


def test_who_lost_the_permission_gets_no_answer_again(caller):
    client = caller()
    client.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    from stocksense.accounts.roles import assign_role

    assign_role(user=client.user, role=Role.VIEWER)
    assert client.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1").status_code == 403


def test_a_key_is_kept_for_a_day(admin, monkeypatch):
    admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    admin.send("POST", SHELVES, {"path": "Coffee"}, idempotency_key="k-2")
    kept = IdempotencyKey.objects.get(key="k-1")
    IdempotencyKey.objects.filter(pk=kept.pk).update(created_at=kept.created_at - timedelta(hours=24, seconds=1))
    assert admin.send("POST", SHELVES, {"path": "Cocoa"}, idempotency_key="k-1").status_code == 201
    IdempotencyKey.objects.filter(pk=kept.pk).update(created_at=kept.created_at - timedelta(hours=24, seconds=1))
    assert remove_old_keys(at_once=1) == 1
    assert IdempotencyKey.objects.values_list("key", flat=True).get() == "k-2"


@pytest.mark.django_db(transaction=True)
def test_a_crash_leaves_neither_effect_nor_answer(caller, monkeypatch):
    client = caller()

    def crash(self, **_kept):
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("stocksense.messaging.idempotency.KeyTable.keep", crash)
        answer = client.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    assert answer.status_code == 500
    assert "power" not in answer.content.decode()
    assert not Category.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert client.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_are_one(caller, monkeypatch):
    client = caller()
    made = shop.ShelfView.create_one

    def slowly(self, data):
        time.sleep(0.3)
        return made(self, data)

    monkeypatch.setattr(shop.ShelfView, "create_one", slowly)
    start, answers = threading.Barrier(16), []

    def send():
        from stocksense.core.tests.api.conftest import Caller

        one = Caller(raise_request_exception=False)
        one.cookies = client.cookies
        start.wait()
        answers.append(one.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Category.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1
    done = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(waiting) == 16
    assert sum("Idempotent-Replayed" not in answer for answer in done) == 1
    assert {answer.content for answer in done} == {done[0].content}
    for answer in waiting:
        assert (answer.json()["code"], answer["Retry-After"]) == ("idempotency_key_in_use", "1")
    again = client.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")


def test_an_answer_committed_between_look_and_claim_is_found(admin, monkeypatch):
    first = admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    monkeypatch.setattr("stocksense.messaging.idempotency.KeyTable.claim", lambda self, **_: None)
    again = admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key="k-1")
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, first.content, "true")
