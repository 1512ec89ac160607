"""Requests of programs go a short way, and get what all answers get."""

import gc
import re
import weakref

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, URLResolver, get_resolver, resolve

from inventory.models import Item, Location, StockMovement
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.conftest import Program
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CompanySettings
from stocksense.core.api.handling import Handled
from stocksense.core.programs import ShortWay, is_of_program

pytestmark = pytest.mark.django_db(transaction=True)
OWN = {"X-Request-ID", "RateLimit", "Vary"}
"""Headers that differ from answer to answer; pages also vary by language."""


@pytest.fixture
def program() -> Program:
    program = Program()
    program.user = UserFactory(role=Role.PLANNER)
    program.login(program.user)
    return program


@pytest.mark.parametrize("by_tls", [True, False])
@pytest.mark.parametrize("path", ["items", "items/{pk}", "items/999999", "nowhere"])
def test_both_ways_give_the_same_answer_with_the_same_protection(program, settings, path, by_tls):
    settings.SECURE_HSTS_SECONDS = 3600
    path = path.format(pk=Item.objects.create(sku="A").pk)
    page = Client()
    page.force_login(program.user)
    by_session, by_token = page.get(f"/api/v1/{path}", secure=by_tls), program.get(path, secure=by_tls)
    assert by_session.status_code == by_token.status_code
    if by_token.status_code == 200:
        assert by_session.json() == by_token.json()
    protecting = {"X-Frame-Options", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy",
                  "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy",
                  "Content-Length"}  # fmt: skip
    assert protecting | ({"Strict-Transport-Security"} if by_tls else set()) <= by_token.headers.keys()
    for name in (by_session.headers.keys() | by_token.headers.keys()) - OWN - {"Content-Length", "Content-Language"}:
        assert by_session.get(name) == by_token.get(name), name
    assert "origin" in by_token["Vary"].lower().split(", ")


def test_an_answer_without_a_body_gets_the_same_headers_and_no_more(program):
    Item.objects.create(sku="A")
    page = Client()
    page.force_login(program.user)
    etag = program.get("items")["ETag"]
    by_session = page.get("/api/v1/items", headers={"If-None-Match": etag})
    by_token = program.get("items", **{"If-None-Match": etag})
    assert by_session.status_code == by_token.status_code == 304
    assert {*by_token.headers} == {*by_session.headers} - {"Content-Language"}
    assert by_token["Vary"].lower().split(", ").count("origin") == 1


def test_plain_http_is_sent_to_tls(program, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = program.get("items")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/api/v1/items")
    assert program.get("items", secure=True).status_code == 200


def test_an_address_that_needs_no_tls_opens_no_other(program, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, [r"^api/v1/locations$"]
    way = ShortWay(lambda _: HttpResponse(status=301))
    statuses = [way(RequestFactory().get(f"/api/v1/{path}")).status_code for path in ("locations", "items")]
    assert statuses[1] == 301


def test_a_page_of_another_site_is_told_whether_it_may_read(program, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example.com"]
    assert program.get("items", Origin="https://shop.example.com")["Access-Control-Allow-Origin"] == (
        "https://shop.example.com"
    )
    assert "Access-Control-Allow-Origin" not in program.get("items", Origin="https://evil.example.com")
    assert "Access-Control-Allow-Origin" not in program.get("items")


def test_an_address_with_a_number_leads_where_the_whole_table_of_addresses_leads():
    way, found = ShortWay(lambda _: None), 0
    for pattern in _patterns(get_resolver().url_patterns):
        for number in ("1", "7", "123456789012345678", "0", "07", "1234567890123456789"):
            path = "/" + re.sub(r"\(\?P<\w+>[^)]*\)+", number, pattern).replace("^", "").removesuffix(r"\Z")
            request = RequestFactory().get(path)
            try:
                wanted = resolve(path)
            except Resolver404:
                with pytest.raises(Resolver404):
                    way.resolve_request(request)
                continue
            match = way.resolve_request(request)
            names = ("func", "args", "kwargs", "view_name", "route", "namespaces", "captured_kwargs")
            assert [getattr(match, name) for name in names] == [getattr(wanted, name) for name in names], path
            found += bool(wanted.kwargs)
    assert found > 100


def _patterns(patterns, before=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, before + str(pattern.pattern))
        elif before.startswith("api/v1/"):
            yield before + str(pattern.pattern)


@pytest.mark.parametrize("path", ["items", "nowhere"])
def test_a_host_that_is_not_ours_is_refused(program, settings, path):
    settings.ALLOWED_HOSTS = ["stock.example.com"]
    answer = program.get(path, Host="evil.example.com")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_who_comes_with_a_session_and_who_signs_in_go_the_whole_way(rf, settings):
    assert is_of_program(rf.get("/api/v1/items"))
    assert not is_of_program(rf.get("/api/v1/auth/login"))
    assert not is_of_program(rf.get("/admin/"))
    request = rf.get("/api/v1/items")
    request.META["HTTP_COOKIE"] = "other=x"
    assert is_of_program(request)
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
    assert not is_of_program(request)
    assert not is_of_program(rf.get("/api/v1/items", HTTP_ORIGIN="https://shop.example.com"))


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


@pytest.mark.parametrize("path", ["items/{pk}", "items?page_size=37"])
def test_what_a_request_was_made_of_goes_with_it(program, monkeypatch, path):
    path = path.format(pk=Item.objects.create(sku="A").pk)
    usual, made = Handled.dispatch, []

    def noted(view, request, *given, **named):
        answer = usual(view, request, *given, **named)
        made.extend([weakref.ref(view), weakref.ref(view.request)])
        return answer

    monkeypatch.setattr(Handled, "dispatch", noted)
    gc.disable()
    try:
        assert program.get(path).status_code == 200
        assert [found() for found in made] == [None, None]
    finally:
        gc.enable()
