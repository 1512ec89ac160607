"""Every endpoint × {nobody, each role, two suppliers}: what each is answered stands in `matrix.txt`, line by line.

An endpoint that is not there fails, and so does any other answer. After a wanted change, write the table anew with
`STOCKSENSE_WRITE_MATRIX=1 pytest stocksense/tests/api_matrix/test_matrix.py` and read the difference: it is the change
in who may do what. `yes` means that the role was let in: what is wrong with the empty request comes after that.
"""

import os
from pathlib import Path

import pytest
from django.db import transaction

from stocksense.tests.api_matrix.routes import Endpoint, endpoints
from stocksense.tests.api_matrix.world import World

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("matrix.txt")
LET_IN = {200, 201, 202, 204, 400, 406, 409, 412, 415, 422, 428}
OPEN_TO_SUPPLIERS = ("purchase-orders", "supplier-terms", "auth")
"""What people of suppliers reach at all; within it `test_leaks` sees to it that it is their own."""


@pytest.fixture
def world() -> World:
    return World()


def _answer(world: World, caller: str, endpoint: Endpoint) -> str:
    """The status, `yes` for all of those that come after the caller was let in; nothing of it is kept."""
    pk = world.pk(getattr(endpoint.view, "model", None)) if endpoint.takes_id and _has_model(endpoint) else 0
    address, client = endpoint.at(pk), world.callers[caller]
    with transaction.atomic():
        send = client.get if endpoint.reads else lambda path: client._send(endpoint.method, path, {}, {})
        status = send(address).status_code
        transaction.set_rollback(True)
    return "yes" if status in LET_IN else str(status)


def _has_model(endpoint: Endpoint) -> bool:
    return getattr(endpoint.view, "model", None) is not None


def _table(world: World) -> list[str]:
    names = list(world.callers)
    lines = [f"{'':44}" + "".join(f"{name:>16}" for name in names)]
    for endpoint in endpoints():
        answers = [_answer(world, name, endpoint) for name in names]
        lines.append(f"{endpoint.title:44}" + "".join(f"{answer:>16}" for answer in answers))
    return [line.rstrip() for line in lines]


@pytest.mark.slow
def test_who_reaches_what(world, settings):
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "100000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "100000/min")
    found = _table(world)
    if os.environ.get("STOCKSENSE_WRITE_MATRIX"):
        TABLE.write_text("\n".join(found) + "\n")
    known = TABLE.read_text().splitlines()
    assert found == known
    assert not [line for line in found if " 500" in line or " 429" in line]


def test_nobody_is_let_in_but_to_sign_in():
    rows = [line.split() for line in TABLE.read_text().splitlines()[1:]]
    assert {name for _, name, anonymous, *_ in rows if anonymous not in ("401",)} <= {
        "auth-login", "auth-login-mfa", "auth-refresh", "auth-logout",
    }  # fmt: skip


def test_suppliers_change_nothing_and_reach_their_own_only():
    for method, name, *answers in (line.split() for line in TABLE.read_text().splitlines()[1:]):
        supplier = answers[5:]
        if not name.startswith(OPEN_TO_SUPPLIERS):
            assert set(supplier) <= {"403", "404"}, name
        elif method != "GET" and not name.startswith("auth"):
            assert set(supplier) == {"403"}, name


QUESTIONS_BY_POST = {"item-location-plans-what-if", "forecast-overrides-preview"}
"""They keep nothing."""


def test_viewers_change_nothing():
    for method, name, _, viewer, *_ in (line.split() for line in TABLE.read_text().splitlines()[1:]):
        if method != "GET" and not name.startswith("auth") and name not in QUESTIONS_BY_POST:
            assert viewer in {"403", "404"}, name
