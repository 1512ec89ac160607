"""Requests of programs go a short way, and get what all answers get."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Item, Location, StockMovement
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.conftest import Program
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CompanySettings
from stocksense.core.programs import is_of_program

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = ("X-Frame-Options", "X-Content-Type-Options", "Content-Security-Policy", "Cross-Origin-Resource-Policy",
           "Referrer-Policy", "Content-Length", "X-Request-ID", "Cache-Control", "ETag")  # fmt: skip


@pytest.fixture
def program() -> Program:
    program = Program()
    program.user = UserFactory(role=Role.PLANNER)
    program.login(program.user)
    return program


def test_both_ways_give_the_same_answer_with_the_same_protection(program):
    Item.objects.create(sku="A")
    page = Client()
    page.force_login(program.user)
    by_session, by_token = page.get("/api/v1/items"), program.get("items")
    assert by_session.json()["results"] == by_token.json()["results"]
    assert set(HEADERS) <= by_session.headers.keys() & by_token.headers.keys()
    for name in set(HEADERS) - {"X-Request-ID"}:
        assert by_session[name] == by_token[name], name


@pytest.mark.parametrize("path", ["items", "nowhere"])
def test_a_host_that_is_not_ours_is_refused(program, settings, path):
    settings.ALLOWED_HOSTS = ["stock.example.com"]
    answer = program.get(path, Host="evil.example.com")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_who_comes_with_a_session_and_who_signs_in_go_the_whole_way(rf, settings):
    assert is_of_program(rf.get("/api/v1/items"))
    assert not is_of_program(rf.get("/api/v1/auth/login"))
    assert not is_of_program(rf.get("/admin/"))
    request = rf.get("/api/v1/items")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
    assert not is_of_program(request)


def test_a_time_without_an_offset_is_the_company_s_and_nothing_else_asks_for_its_zone(program):
    CompanySettings.objects.update(time_zone="Asia/Tokyo")
    Item.objects.create(sku="A")
    Location.objects.create(code="S1")
    body = {"item": "A", "location": "S1", "kind": "adjustment", "quantity": "1", "source": "till"}
    for number, moved_at in enumerate(("2026-07-14T09:00:00", "2026-07-14T00:00:00Z")):
        answer = program.post("stock-movements", {**body, "key": str(number), "moved_at": moved_at})
        assert answer.status_code == 201, answer.content
    assert {str(at) for at in StockMovement.objects.values_list("moved_at", flat=True)} == {"2026-07-14 00:00:00+00:00"}
    with CaptureQueriesContext(connection) as asked:
        program.get("items")
    assert len(asked.captured_queries) == 1
