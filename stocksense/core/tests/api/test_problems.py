"""Whatever goes wrong below /api/ is a problem document that says what to do and nothing of our insides."""

import json

import pytest
from django.db import InterfaceError, OperationalError
from redis.exceptions import ConnectionError as RedisAway

from inventory.models import Category
from stocksense.core.tests.api import shop

pytestmark = [pytest.mark.django_db, pytest.mark.urls("stocksense.core.tests.api.shop")]
SHELVES = "/api/v1/shelves"


def problem(answer, status, code):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    document = json.loads(answer.content)
    assert (document["status"], document["code"], document["type"]) == (status, code, f"/docs/errors#{code}")
    assert set(document) >= {"title", "detail", "instance", "request_id"}
    return document


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v1/shelves/", "/api/nothing/", "/api/v1/shelves%0a"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_addresses(admin, address, method):
    problem(admin.send(method, address, {"path": "x"} if method == "POST" else None), 404, "not_found")
    assert not Category.objects.exists()


def test_a_method_that_is_not_there(admin):
    answer = admin.send("PUT", SHELVES, {})
    problem(answer, 405, "method_not_allowed")
    assert set(answer["Allow"].split(", ")) >= {"GET", "POST", "OPTIONS"}


def test_options_and_head(admin):
    answer = admin.options(SHELVES)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "POST" in answer["Allow"]
    head, got = admin.head(SHELVES), admin.get(SHELVES)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])


def test_what_it_cannot_write_or_read(admin):
    problem(admin.get(SHELVES, headers={"Accept": "text/html"}), 406, "not_acceptable")
    assert admin.get(SHELVES, headers={"Accept": "text/html, */*;q=0.1"}).status_code == 200
    problem(admin.send("POST", SHELVES, b"path=x", content_type="text/plain"), 415, "unsupported_media_type")


def test_bodies_without_end_or_length(admin, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    problem(admin.send("POST", SHELVES, {"path": "x" * 200}), 413, "too_large")
    answer = admin.generic("POST", SHELVES, b"", headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
    problem(answer, 411, "length_required")
    assert not Category.objects.exists()


def test_zero_bytes_in_an_address(admin):
    problem(admin.get(f"{SHELVES}?search=%00"), 400, "parse_error")


@pytest.mark.parametrize("value", ["99999999999999999999", "9" * 400, "-99999999999999999999"])
def test_numbers_beyond_the_database(admin, value):
    assert admin.get(f"{SHELVES}/{value}").status_code == 404
    assert admin.get(f"{SHELVES}?id__gt={value}").status_code in {200, 400}
    assert admin.get(f"{SHELVES}?id={value}").status_code in {200, 400}


@pytest.mark.parametrize("query", ["colour=red", "page_size=2", "fields=name&fields=id"])
def test_parameters_that_an_object_does_not_have(admin, query):
    shelf = Category.objects.create(path="Tea")
    problem(admin.get(f"{SHELVES}/{shelf.pk}?{query}"), 400, "invalid")
    problem(admin.send("POST", f"{SHELVES}?{query}", {"path": "x"}), 400, "invalid")
    problem(admin.send("DELETE", f"{SHELVES}/{shelf.pk}?{query}", if_match="*"), 400, "invalid")
    assert Category.objects.count() == 1


@pytest.mark.parametrize("key", [None, "k-1"])
@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        (RuntimeError("password=hunter2 in /srv/app.py"), 500, "fault", None),
        (OperationalError("host db.internal is down"), 503, "unavailable", "5"),
        (InterfaceError("closed"), 503, "unavailable", "5"),
        (RedisAway("redis.internal:6379"), 503, "unavailable", "5"),
    ],
)
def test_faults_tell_nothing_of_our_insides(admin, monkeypatch, error, status, code, wait, key):
    def fail(self, data):
        Category.objects.create(path="half")
        raise error

    monkeypatch.setattr(shop.ShelfView, "create_one", fail)
    answer = admin.send("POST", SHELVES, {"path": "Tea"}, idempotency_key=key)
    problem(answer, status, code)
    assert answer.headers.get("Retry-After") == wait
    for secret in ("hunter2", "internal", "Traceback", ".py"):
        assert secret not in answer.content.decode()


def test_a_fault_outside_of_views_is_a_problem_too(admin, monkeypatch):
    def fail(*_):
        raise OperationalError("host db.internal is down")

    monkeypatch.setattr("stocksense.core.tests.api.shop.ShelfView.dispatch", fail)
    answer = admin.get(SHELVES)
    problem(answer, 503, "unavailable")
    assert "internal" not in answer.content.decode()


def test_answers_are_for_the_caller_alone(admin):
    answer = admin.get(SHELVES)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_pages_keep_their_own_errors(admin):
    assert b"<html" in admin.get("/nowhere/").content
