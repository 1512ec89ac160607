"""What people of one supplier are answered never holds anything of the company's or of another supplier's.

Everything but supplier ONE's own is marked (see `world.MARK`). Ids of what is not theirs go everywhere an id or a code
can go: path, filters, ordering, expansion, fields, cursor, export and body.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from stocksense.core.api.views import Listed, Resource
from stocksense.tests.api_matrix.routes import Endpoint, endpoints
from stocksense.tests.api_matrix.world import MARK, World
from vendors.models import PurchaseOrder, Supplier

pytestmark = pytest.mark.django_db
EXPORTS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@pytest.fixture
def world(settings) -> World:
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "100000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "100000/min")
    return World()


def _content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def _clean(answer: Any, about: object) -> None:
    assert answer.status_code < 500, about
    assert MARK.encode() not in _content(answer), about


def _lists() -> list[Endpoint]:
    return [one for one in endpoints() if one.action == "list" and issubclass(one.view, Listed)]


def _questions(view: type[Resource], world: World) -> Iterator[list[tuple[str, Any]]]:
    """Every parameter of a list, with what is not the caller's as its value; parameters that may go together."""
    row = view.row
    yield [("expand", name) for name in (*row.expandable, *row.children)]
    yield [("fields", name) for name in (*row.columns(), *row.children)]
    yield [("ordering", sign + name) for name in view.ordering_fields for sign in ("", "-")]
    for value in (MARK, f"{MARK}-S", f"{MARK}-I", world.order.pk, world.order.supplier_id, world.item.pk, "true"):
        yield [(name, value) for name in view.filterset().base_filters]
    yield [("search", MARK)]


def test_paths_of_what_is_not_theirs_are_not_there(world):
    caller = world.callers["supplier"]
    for endpoint in endpoints():
        model = getattr(endpoint.view, "model", None)
        if endpoint.takes_id and endpoint.reads and model is not None:
            answer = caller.get(endpoint.at(world.pk(model)))
            assert answer.status_code in {403, 404}, endpoint.title
            _clean(answer, endpoint.title)


def test_lists_hold_nothing_of_others_whatever_is_asked(world):
    for endpoint in _lists():  # (in one test: the world takes as long to make as a list to be asked everything)
        _asked_everything(world, endpoint)


def _asked_everything(world: World, endpoint: Endpoint) -> None:
    caller = world.callers["supplier"]
    plain = caller.get(endpoint.path)
    _clean(plain, endpoint.title)
    for question in _questions(endpoint.view, world):
        # Where they are refused, all of it at once is: nothing of a question is read before.
        for asked in [question] if plain.status_code == 403 else [[one] for one in question]:
            answer = caller.get(f"{endpoint.path}?{urlencode(asked)}")
            if answer.status_code == 200:
                assert MARK not in str(answer.json()["results"]), (endpoint.title, asked)
            else:
                assert answer.status_code in {400, 403, 404}, (endpoint.title, asked)
                assert plain.status_code != 403 or answer.status_code == 403, (endpoint.title, asked)
    for media in EXPORTS:
        _clean(caller.get(endpoint.path, Accept=media), (endpoint.title, media))


def test_a_filter_tells_nothing_by_counting(world):
    """What matches only rows of others answers exactly as what matches nothing."""
    caller = world.callers["supplier"]
    for path in ("purchase-orders", "supplier-terms"):
        for name in ("number", "item"):
            hit, miss = caller.get(f"{path}?{name}={MARK}-I"), caller.get(f"{path}?{name}=never-there")
            assert (hit.status_code, hit.json().get("results")) == (miss.status_code, miss.json().get("results"))
            assert set(hit.json()) == set(miss.json())


def test_bodies_with_ids_of_others_change_nothing(world):
    caller = world.callers["supplier"]
    before = list(PurchaseOrder.objects.order_by("pk").values()), list(Supplier.objects.order_by("pk").values())
    body = {
        "id": world.order.pk, "ids": [world.order.pk], "supplier": f"{MARK}-S", "supplier_id": world.order.supplier_id,
        "item": f"{MARK}-I", "location": f"{MARK}-L", "number": "TAKEN", "state": "cancelled",
        "operations": [{"op": "update", "id": world.order.pk, "body": {"note": "taken"}}],
    }  # fmt: skip
    for endpoint in endpoints():
        if endpoint.reads or endpoint.name.startswith("auth"):
            continue
        model = getattr(endpoint.view, "model", None)
        pk = world.pk(model) if endpoint.takes_id and model is not None else 0
        answer = caller._send(endpoint.method, endpoint.at(pk), body, {"If-Match": "*"})
        assert answer.status_code in {403, 404}, endpoint.title
        _clean(answer, endpoint.title)
    assert (
        list(PurchaseOrder.objects.order_by("pk").values()), list(Supplier.objects.order_by("pk").values())
    ) == before  # fmt: skip


def test_nobody_is_told_anything(world):
    caller = world.callers["anonymous"]
    for endpoint in endpoints():
        if not endpoint.reads:
            continue
        model = getattr(endpoint.view, "model", None)
        pk = world.pk(model) if endpoint.takes_id and model is not None else 0
        answer = caller.get(endpoint.at(pk))
        assert answer.status_code == 401, endpoint.title
        assert "WWW-Authenticate" in answer.headers, endpoint.title
        _clean(answer, endpoint.title)


def test_the_marks_can_be_seen_by_those_who_may(world):
    """The test would notice a leak: a planner is answered with the marks in every list that has rows of them."""
    caller = world.callers["planner"]
    seen = {one.name for one in _lists() if MARK in str(caller.get(one.path).content)}
    assert {"items-list", "purchase-orders-list", "supplier-terms-list", "stock-balances-list", "demand-list"} <= seen
    assert {"planned-orders-list", "exceptions-list", "forecasts-list", "policies-list", "transfer-orders-list"} <= seen
