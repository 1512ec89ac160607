"""Nobody sets by a request what its body does not have: every other field is refused by name, and nothing changes.

Made from the serializers: each body is sent all fields of the resource's row and of its model that are not its own,
and those that decide over rights; objects inside bodies likewise.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from stocksense.audit.services import reads
from stocksense.audit.tests.rows import make
from stocksense.core.api import commands
from stocksense.tests.api_matrix.routes import Endpoint, endpoints
from stocksense.tests.api_matrix.world import World

pytestmark = pytest.mark.django_db

RIGHTS = (
    "id", "pk", "is_superuser", "is_staff", "password", "groups", "user_permissions", "permissions", "token_version",
    "owner_id", "created_by", "actor", "approved_by", "secret", "secret_hash", "state", "role",
)  # fmt: skip
"""Names that would raise somebody, or say that somebody else did it."""


@pytest.fixture
def world(settings) -> World:
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, "100000/min")
    settings.API_SCOPE_LIMITS = dict.fromkeys(settings.API_SCOPE_LIMITS, "100000/min")
    return World()


def _body(endpoint: Endpoint) -> type[serializers.Serializer[Any]] | None:
    """The serializer of the endpoint's body; None where it reads none."""
    found = commands.of(endpoint.view, endpoint.action) or endpoint.view.described.get(endpoint.action)
    if found:
        return found.body
    names = {"create": "create_body", "partial_update": "change_body"}
    return getattr(endpoint.view, names.get(endpoint.action, ""), None)


def _writes() -> list[Endpoint]:
    return [
        one for one in endpoints()
        if not one.reads and hasattr(one.view, "model") and one.action not in {"batch", "destroy"}
    ]  # fmt: skip


def _foreign(endpoint: Endpoint, body: serializers.Serializer[Any]) -> set[str]:
    """Names that the body must refuse."""
    view = endpoint.view
    columns = {field.name for field in view.model._meta.concrete_fields}
    known = {*view.row.columns(), *columns, *RIGHTS}
    return {name for name in known if name not in body.fields or body.fields[name].read_only}


def _inside(body: serializers.Serializer[Any]) -> Iterator[tuple[str, Any, str]]:
    """(field, value with a name that it does not have, pointer to that name)."""
    for name, field in body.fields.items():
        if isinstance(field, serializers.ListSerializer) and isinstance(field.child, serializers.Serializer):
            yield name, [{"is_superuser": True}], f"/{name}/0/is_superuser"
        elif isinstance(field, serializers.Serializer):
            yield name, {"is_superuser": True}, f"/{name}/is_superuser"


def _newest_change() -> int:
    return reads.changes(reads.Query(), size=1)[0].number


def test_every_body_refuses_what_it_does_not_have(world):
    caller = world.callers["admin"]
    tried = set()
    for endpoint in _writes():
        kind = _body(endpoint)
        pk = world.pk(endpoint.view.model) or make(endpoint.view.model).pk
        before = _newest_change()
        if kind is None:
            answer = caller._send(endpoint.method, endpoint.at(pk), {"is_superuser": True}, {"If-Match": "*"})
            assert answer.status_code == 400, (endpoint.title, answer.content)
        else:
            inside = list(_inside(kind()))
            wanted = {f"/{name}" for name in _foreign(endpoint, kind())} | {pointer for _, _, pointer in inside}
            sent = dict.fromkeys(_foreign(endpoint, kind()), "taken") | {name: value for name, value, _ in inside}
            answer = caller._send(endpoint.method, endpoint.at(pk), sent, {"If-Match": "*"})
            assert answer.status_code == 400, (endpoint.title, answer.content)
            told = {error["pointer"] for error in answer.json()["errors"]}
            assert wanted <= told, (endpoint.title, wanted - told)
            tried.add(endpoint.title)
        assert _newest_change() == before, endpoint.title
    assert {"POST items-list", "PATCH users-detail", "POST api-keys-list", "PATCH purchase-orders-detail"} <= tried
    assert len(tried) >= 55
