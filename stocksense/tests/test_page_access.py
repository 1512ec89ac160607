"""Every page and every role: who gets in, who is asked to sign in, who is refused. The API has a matrix of its own.

The answers are kept in `page_access.txt`. A page that is not in it, or answers somebody otherwise, fails; after a
change that is meant, run `python -m pytest stocksense/tests/test_page_access.py --write-page-access`.
"""

from collections import defaultdict
from pathlib import Path

import pytest
from django.test import Client

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.testing.routes import Route, routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

KEPT = Path(__file__).parent / "page_access.txt"
COLUMNS = ("anonymous", *(role.value for role in Role), "superuser")
SAMPLES = {"content_type_id": "1", "app_label": "inventory", "object_id": "1", "url": "x", "uidb36": "1", "key": "a-b"}
METHODS = ("GET", "POST")
WORDS = {"yes": "yes", "sign in": "sign-in", "no": "-"}
HEAD = """\
Who gets in at each page, by method. Written by test_page_access.py; see there.
yes: the page answers (also 404 and 405 of a page one may open), sign-in: led to sign in, -: refused (403).
"""


def pages() -> list[Route]:
    return [route for route in routes(SAMPLES) if not route.pattern.startswith("api/")]


def answer(client: Client, method: str, route: Route) -> str:
    client.raise_request_exception = False
    response = client.generic(method, route.address, "", content_type="application/x-www-form-urlencoded")
    if response.status_code in (401, 403):
        return "no"
    target = response.headers.get("Location", "").partition("?")[0]
    if response.status_code in (301, 302, 307) and target in ("/admin/login/", "/account/sign-in/"):
        return "sign in" if "next=" in response.headers["Location"] or target == "/admin/login/" else "yes"
    assert response.status_code < 500, f"{method} {route.address}: {response.status_code}"
    return "yes"


def table(column: str) -> dict[tuple[str, str], str]:
    """The answers that one kind of person gets, by page and method."""
    if column == "anonymous":
        user = None
    elif column == "superuser":
        user = UserFactory(is_superuser=True, role=Role.VIEWER)
    else:
        user = UserFactory(role=Role(column), is_staff=column != Role.SUPPLIER)
    answers = {}
    for route in pages():
        for method in METHODS:
            client = Client()
            if user is not None:
                client.force_login(user)
            answers[route.name, method] = answer(client, method, route)
    return answers


def kept() -> dict[str, dict[tuple[str, str], str]]:
    """What `page_access.txt` says, by column."""
    lines = [line.split() for line in KEPT.read_text().splitlines()[len(HEAD.splitlines()) :] if line.strip()]
    back = {short: word for word, short in WORDS.items()}
    columns: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for name, method, *cells in lines[1:]:
        for column, cell in zip(lines[0][2:], cells, strict=True):
            columns[column][name, method] = back[cell]
    return columns


def write(columns: dict[str, dict[tuple[str, str], str]]) -> None:
    rows = [["page", "method", *COLUMNS]]
    rows += [[*key, *(WORDS[columns[column][key]] for column in COLUMNS)] for key in columns["anonymous"]]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    KEPT.write_text(HEAD + "\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("column", COLUMNS)
def test_each_page_answers_each_kind_of_person_as_written(column, request):
    found = table(column)
    if request.config.getoption("--write-page-access"):
        columns = kept() if KEPT.exists() else {name: {} for name in COLUMNS}
        columns[column] = found
        if column == COLUMNS[-1]:
            columns = {name: _RUN.get(name, found) for name in COLUMNS}
            write(columns)
        _RUN[column] = found
        return
    written = kept()[column]
    changed = {key: (written.get(key, "not written"), word) for key, word in found.items() if written.get(key) != word}
    assert changed == {}
    assert set(written) - set(found) == set()


_RUN: dict[str, dict[tuple[str, str], str]] = {}


def test_pages_of_strangers_are_few():
    """What anybody on the network reaches, spelt out."""
    open_to_all = {name for (name, method), word in kept()["anonymous"].items() if word == "yes" and method == "GET"}
    assert open_to_all == {
        "account_inactive",
        "account_login",
        "account_logout",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "health",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_login_webauthn",
        "mfa_authenticate",
        "start",
    }


def test_suppliers_open_no_page_of_the_admin():
    word_of = kept()["supplier"]
    inside = {key: word for key, word in word_of.items() if key[0].startswith("admin:")}
    assert {word for key, word in inside.items() if key[0] not in ("admin:logout", "admin:password_change")} <= {
        "no",
        "sign in",
    }
