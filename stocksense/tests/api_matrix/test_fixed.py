"""Reads whose SQL is kept show byte for byte what the query itself shows, for every resource and every form of it."""

from typing import Any

import pytest

from stocksense.core.api import fixed
from stocksense.core.api.views import Detailed, Listed
from stocksense.tests.api_matrix.routes import Endpoint, endpoints
from stocksense.tests.api_matrix.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings) -> World:
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "100000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "100000/min")
    return World()


def _addresses(endpoint: Endpoint, world: World) -> list[str]:
    view = endpoint.view
    forms = [f"expand={name}" for name in (*view.row.expandable, *view.row.children)]
    forms += [f"fields={','.join(reversed(view.row.columns()))}"]
    if endpoint.action == "retrieve":
        return [endpoint.at(world.pk(view.model)), *(f"{endpoint.at(world.pk(view.model))}?{form}" for form in forms)]
    orders = [f"ordering={sign}{name}&page_size=1" for name in view.ordering_fields for sign in ("", "-")]
    return [endpoint.path, *(f"{endpoint.path}?{form}" for form in (*forms, *orders))]


def _reads() -> list[Endpoint]:
    found = [("list", Listed), ("retrieve", Detailed)]
    return [
        one for one in endpoints()
        if (one.action, True) in [(action, issubclass(one.view, base)) for action, base in found]
        and one.view.is_same_for_all()
    ]  # fmt: skip


def _shown(answer: Any) -> bytes | int:
    """What is shown; only the status of refusals, which bear the id of their request."""
    return answer.content if answer.status_code == 200 else answer.status_code


def test_kept_statements_show_what_the_query_shows(world, monkeypatch):
    kept, usual, real = {}, {}, fixed._compiled
    caller = world.callers["admin"]
    addresses = [address for endpoint in _reads() for address in _addresses(endpoint, world)]
    used = []
    monkeypatch.setattr(fixed, "_compiled", lambda *key: used.append(sql := real(*key)) or sql)
    for address in addresses:
        kept[address] = _shown(caller.get(address))
    monkeypatch.setattr(fixed, "_compiled", lambda *key: None)
    for address in addresses:
        usual[address] = _shown(caller.get(address))
    assert kept == usual
    assert len([shown for shown in kept.values() if isinstance(shown, bytes)]) > 100
    assert len([sql for sql in used if sql]) > 100
