"""Callers of the REST API for tests: one person per role, who sends JSON and reads the answer."""

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client


class Caller:
    """Somebody of a role with a session; each method answers Django's test response.

    With `token` they call with an access token, as programs do: a third of the queries of a session.
    """

    def __init__(self, role: str | None, *, token: bool = False) -> None:
        from stocksense.accounts.roles import Role
        from stocksense.accounts.tests.factories import UserFactory
        from stocksense.accounts.tokens.families import start_family

        make: Any = UserFactory
        self.user: Any = None if role is None else make(role=Role(role))
        self._client = Client()
        if self.user is not None and token:
            access = start_family(user=self.user, second_factor=True).access
            self._client = Client(headers={"Authorization": f"Bearer {access}"})
        elif self.user is not None:
            self._client.force_login(self.user)

    def get(self, path: str, **headers: str) -> Any:
        """GET below `/api/v1/` (or of a whole address, such as `next`)."""
        return self._client.get(_address(path), headers=headers or None)

    def results(self, path: str) -> Any:
        """The rows of a list; fails with the problem where the answer is none."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    def queries(self, path: str) -> int:
        """How many queries a second GET of this address takes: the first one loads the session."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.get(path)
        with CaptureQueriesContext(connection) as context:
            assert self.get(path).status_code == 200
        return len(context)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST a JSON body, or none."""
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH with a JSON body."""
        return self._send("patch", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        """DELETE."""
        return self._send("delete", path, None, headers)

    def current(self, path: str) -> dict[str, str]:
        """The header that says which state of an object a change is about: the one it is in now."""
        return {"If-Match": self.get(path)["ETag"]}

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        content = {"data": "" if body is None else json.dumps(body), "content_type": "application/json"}
        return getattr(self._client, method)(_address(path), headers=headers or None, **content)


class ApiClient(Caller):
    """A caller whose changes name the state as it is now, unless told another ETag (or none: None)."""

    def rows(self, path: str) -> list[dict[str, Any]]:
        """The results of a list."""
        return list(self.results(path))

    def patch(self, path: str, body: Any, *, if_match: str | None = "now", **headers: str) -> Any:
        """PATCH with a JSON body."""
        return super().patch(path, body, **self._precondition(path, if_match), **headers)

    def delete(self, path: str, *, if_match: str | None = "now", **headers: str) -> Any:
        """DELETE."""
        return super().delete(path, **self._precondition(path, if_match), **headers)

    def act(self, path: str, body: Any = None, *, if_match: str | None = "now") -> Any:
        """POST a command of an object."""
        return self.post(path, body, **self._precondition(path.rpartition("/")[0], if_match))

    def _precondition(self, path: str, if_match: str | None) -> dict[str, str]:
        if if_match is None:
            return {}
        return {"If-Match": self.get(path).headers.get("ETag", "*") if if_match == "now" else if_match}


def pointers(answer: Any) -> list[str]:
    """Where the errors of a problem document point to."""
    return [error["pointer"] for error in answer.json().get("errors", [])]


def _address(path: str) -> str:
    return path if path.startswith(("/", "http")) else f"/api/v1/{path}"


@pytest.fixture
def caller(db: None) -> type[Caller]:
    """`caller("planner")`: a new person of that role who calls the API."""
    return Caller


@pytest.fixture
def api_client(db: None) -> Callable[[str | None], ApiClient]:
    """Callers by role, made once each (None: nobody): `api_client("planner").get("items")`."""
    return functools.cache(ApiClient)
