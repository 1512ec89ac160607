"""Programs and people for tests of access."""

import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from stocksense.accounts.keys import usage

PASSWORD = "a long pass phrase"
_ADDRESSES = itertools.count(1)


@pytest.fixture(autouse=True)
def nothing_noted():
    """Keys used by an earlier test are not taken for those of this one."""
    usage._noted.clear()


@pytest.fixture
def no_redis(settings):
    """Nobody at Redis' address."""
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"


@pytest.fixture(params=["redis", "no redis"])
def either_redis(request):
    """Each test with Redis and without."""
    if request.param == "no redis":
        request.getfixturevalue("no_redis")
    return request.param


def in_parallel(call: Callable[[int], object], times: int) -> list:
    """Results of `call(0..times)`, all let go at one instant, each on a database connection of its own."""
    gate = threading.Barrier(times)

    def run(number: int) -> object:
        gate.wait(timeout=60)
        try:
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


class Program:
    """A program that calls the API from an address of its own."""

    def __init__(self, address: str | None = None) -> None:
        self.address = address or f"198.51.100.{next(_ADDRESSES) % 250 + 1}"
        self.tokens: dict = {}
        self.bearer = ""

    def call(
        self,
        method: str,
        path: str,
        body: dict | None = None,
        bearer: str | None = None,
        secure: bool = False,
        **headers,
    ):
        """The answer of `/api/v1/<path>`, by TLS where `secure`."""
        token = self.bearer if bearer is None else bearer
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return Client(REMOTE_ADDR=self.address, raise_request_exception=False).generic(
            method, f"/api/v1/{path}", b"" if body is None else json.dumps(body).encode(),
            content_type="application/json", headers=headers, secure=secure,
        )  # fmt: skip

    def get(self, path: str, **options):
        """GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: dict | None = None, **options):
        """POST."""
        return self.call("POST", path, body if body is not None else {}, **options)

    def login(self, user, password: str = PASSWORD):
        """Signs in and keeps the tokens; the answer."""
        answer = self.post("auth/login", {"email": user.email, "password": password}, bearer="")
        if answer.status_code == 200:
            self.keep(answer)
        return answer

    def keep(self, answer) -> None:
        """Use these tokens from now on."""
        self.tokens = answer.json()
        self.bearer = self.tokens["access"]


@pytest.fixture
def program() -> Program:
    """A program at an address of its own."""
    return Program()
