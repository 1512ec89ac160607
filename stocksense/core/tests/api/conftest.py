"""People who call the shop."""

import pytest
from django.test import Client

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory


class Caller(Client):
    """A client that says JSON by itself and takes headers by keyword."""

    def send(self, method, address, body=None, **headers):
        """The answer to a JSON request; a keyword such as `if_match` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        return self.generic(
            method,
            address,
            b"" if body is None else body if isinstance(body, bytes) else _json(body),
            content_type=named.pop("content-type", "application/json"),
            headers=named,
        )


def _json(body):
    import json

    return json.dumps(body)


@pytest.fixture
def caller():
    """Make a client of somebody with a role."""

    def make(role: Role = Role.ADMIN, **fields) -> Caller:
        client = Caller(raise_request_exception=False)
        client.user = UserFactory(role=role, **fields)
        client.force_login(client.user)
        return client

    return make


@pytest.fixture
def admin(caller) -> Caller:
    """May do everything."""
    return caller(Role.ADMIN)
