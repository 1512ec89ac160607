"""Every page × {nobody, each role}: what GET and an empty POST are answered stands in `pages.txt`, line by line.

A page that is not there fails, and so does any other answer. After a wanted change, write the table anew with
`STOCKSENSE_WRITE_MATRIX=1 pytest stocksense/tests/page_matrix` and read the difference: it is the change in who may
see and do what. Some 3,000 requests: so people are loaded once, and what decides nothing about access is left out
(rendering, and the middleware named below).
"""

import copy
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client

from stocksense.accounts import second_factor
from stocksense.accounts.models import User
from stocksense.tests.api_matrix.world import World
from stocksense.tests.page_matrix.pages import Page, pages

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("pages.txt")
CALLERS = ("anonymous", "viewer", "planner", "approver", "admin", "supplier")
DECIDES_NOTHING = (
    "stocksense.company.middleware.company_time",
    "stocksense.audit.middleware.access_log",
    "stocksense.accounts.middleware.session_activity",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "stocksense.core.programs.ContentSecurity",
)
REFUSED = {"302", "403", "405"}
CHANGING = {"add", "change", "delete"}
SHOWN_BY_POST = {"admin:jobs_job_change"}
"""The page of a job is the same by any method, and changes nothing."""


@pytest.fixture
def world() -> World:
    made = World()
    User.objects.filter(groups__name="supplier").update(is_staff=False)
    return made


@pytest.fixture
def lean(settings, world, monkeypatch):
    """Requests without what decides nothing about access."""
    assert set(DECIDES_NOTHING) <= set(settings.MIDDLEWARE)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name not in DECIDES_NOTHING]
    people = {user.pk: user for user in User.objects.all()}
    for user in people.values():
        user.get_all_permissions()

    def person(_backend: Any, pk: int) -> User:
        return copy.copy(people[pk])

    def render(response: SimpleTemplateResponse) -> SimpleTemplateResponse:
        response.content = b""
        return response

    monkeypatch.setattr(ModelBackend, "get_user", person)
    monkeypatch.setattr(SimpleTemplateResponse, "render", render)
    monkeypatch.setattr(admin.site, "each_context", lambda request: {})
    monkeypatch.setattr(second_factor, "must_enrol", lambda user, roles=None: False)


def _client(world: World, caller: str) -> Client:
    client = Client(raise_request_exception=False)
    if caller != "anonymous":
        client.force_login(world.callers[caller].user)
    return client


def _answer(client: Client, method: str, page: Page) -> str:
    cookies = copy.deepcopy(client.cookies)  # signing out takes them
    if method == "get":
        return str(client.get(page.path).status_code)
    with transaction.atomic():
        status = client.post(page.path).status_code
        transaction.set_rollback(True)
    client.cookies = cookies
    return str(status)


def _table(world: World) -> list[str]:
    clients = [_client(world, caller) for caller in CALLERS]
    lines = [f"{'':66}" + "".join(f"{caller:>10}" for caller in CALLERS)]
    for page in pages(world):
        for method in ("get",) if _only_shows(page) else ("get", "post"):
            answers = [_answer(client, method, page) for client in clients]
            lines.append(f"{method.upper():5}{page.title:61}" + "".join(f"{answer:>10}" for answer in answers))
    return lines


def _only_shows(page: Page) -> bool:
    """Pages of Django's admin that look at no method."""
    return page.title.endswith(("_history", "_changelist")) or page.title.startswith("admin:app_list")


@pytest.mark.slow
def test_who_reaches_which_page(world, lean):
    found = _table(world)
    if os.environ.get("STOCKSENSE_WRITE_MATRIX"):
        TABLE.write_text("\n".join(found) + "\n")
    assert found == TABLE.read_text().splitlines()
    assert not [line for line in found if " 500" in line]


def _rows() -> list[tuple[str, str, dict[str, str]]]:
    lines = TABLE.read_text().splitlines()
    return [(line[:5].strip(), line[5:66].strip(), dict(zip(CALLERS, line[66:].split(), strict=True)))
            for line in lines[1:]]  # fmt: skip


def test_the_admin_is_closed_to_nobody_and_to_suppliers():
    open_to_all = {"admin:login", "admin:logout"}
    for method, name, answers in _rows():
        if name.startswith("admin:") and name not in open_to_all:
            assert {answers["anonymous"], answers["supplier"]} <= REFUSED, (method, name)


def test_an_address_that_changes_something_answers_no_get():
    """What a role may POST and not GET, or may not POST at all, shows here: viewers are let into no form's POST."""
    for method, name, answers in _rows():
        kind = name.rpartition("_")[2]
        if method == "POST" and name.startswith("admin:") and kind in CHANGING and name not in SHOWN_BY_POST:
            assert answers["viewer"] in REFUSED, name
        if method == "GET" and name.startswith("admin:") and "_do " in name:
            assert set(answers.values()) == {"405"}, name


def test_the_table_would_notice_a_page_that_is_open(world, lean, monkeypatch):
    from inventory.models import Item

    monkeypatch.setattr(admin.site._registry[Item], "has_change_permission", lambda request, obj=None: True)
    page = next(page for page in pages(world) if page.title == "admin:inventory_item_change")
    assert _answer(_client(world, "viewer"), "post", page) == "200"
