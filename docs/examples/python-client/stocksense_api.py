"""What a program that lives with the API needs beside the generated calls: signing in, patience, and whole lists.

from stocksense_api import connect, every, value
from stocksense_client.api.items import items_list

with connect("https://stocksense.example", api_key="ssk_…") as client:
    for item in every(items_list.sync_detailed, client, status="active"):
        print(item.sku)
"""

import random
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
from stocksense_client import Client
from stocksense_client.models import Problem
from stocksense_client.types import UNSET, Response

Answer = TypeVar("Answer")
AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Refused(Exception):
    """The API said no. `problem` says what is wrong, field by field where it is about fields."""

    def __init__(self, status: int, problem: Problem | None) -> None:
        super().__init__(f"{status}: {problem.detail if problem else 'no explanation'}")
        self.status, self.problem = status, problem


class Patient(httpx.BaseTransport):
    """Sends requests again that were refused for now (429, 503) or lost, as long as that cannot do anything twice.

    Every POST gets an Idempotency-Key, the same one for each attempt. Requests with If-Match are safe to repeat after
    429 and 503, which say that nothing was done; after a lost answer they are not, and the error is raised.
    """

    def __init__(self, inner: httpx.BaseTransport, *, attempts: int = 5, longest_wait: float = 60.0) -> None:
        self._inner, self._attempts, self._longest_wait = inner, attempts, longest_wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The last answer. Raises httpx.TransportError where no answer came."""
        request.read()  # kept in memory, so that it can be sent again
        if request.method == "POST" and "/auth/" not in request.url.path:
            request.headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        for attempt in range(1, self._attempts):
            try:
                answer = self._inner.handle_request(request)
            except httpx.TransportError:
                if request.method not in SAFE and "Idempotency-Key" not in request.headers:
                    raise
                time.sleep(self._wait(attempt, None))
                continue
            wait = self._wait(attempt, answer.headers.get("Retry-After"))
            if answer.status_code not in AGAIN or wait > self._longest_wait:
                return answer
            answer.close()
            time.sleep(wait)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    @staticmethod
    def _wait(attempt: int, told: str | None) -> float:
        """Seconds as the server says, else ever longer; a little more by chance, so that not all come back at once."""
        if told is None:
            return random.uniform(0.5, 1.0) * 2.0 ** (attempt - 1)  # noqa: S311
        if told.isdecimal():
            return float(told) + random.uniform(0.0, 0.25)  # noqa: S311
        until: float = parsedate_to_datetime(told).timestamp()
        return max(0.0, until - time.time())


class Remembering(httpx.BaseTransport):
    """Asks of what it has already whether it changed: an unchanged list or object is not sent again.

    Keeps the newest `most` answers of one program's sign-in; give each sign-in one of its own. What the caller asks by
    its own If-None-Match it answers for itself.
    """

    def __init__(self, inner: httpx.BaseTransport, *, most: int = 256) -> None:
        self._inner, self._most = inner, most
        self._kept: OrderedDict[tuple[str, str], httpx.Response] = OrderedDict()
        self._turn = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; of what did not change, the one that was kept."""
        if request.method != "GET" or "If-None-Match" in request.headers:
            return self._inner.handle_request(request)
        name = str(request.url), request.headers.get("Accept", "")
        with self._turn:
            kept = self._kept.get(name)
        if kept is not None:
            request.headers["If-None-Match"] = kept.headers["ETag"]
        try:
            answer = self._inner.handle_request(request)
        finally:
            request.headers.pop("If-None-Match", None)  # the sign-in may send the same request once more
        if kept is not None and answer.status_code == HTTPStatus.NOT_MODIFIED:
            answer.close()
            return _copy(kept)
        if answer.status_code != HTTPStatus.OK or "ETag" not in answer.headers or not _is_json(answer):
            return answer
        answer.read()
        with self._turn:
            self._kept[name] = _copy(answer)
            self._kept.move_to_end(name)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return _copy(answer)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _copy(answer: httpx.Response) -> httpx.Response:
    told = [(name, value) for name, value in answer.headers.multi_items() if name not in _OF_THE_WIRE]
    return httpx.Response(answer.status_code, headers=told, content=answer.content)


def _is_json(answer: httpx.Response) -> bool:
    kind: str = answer.headers.get("Content-Type", "")
    return kind.partition(";")[0].strip() == "application/json"


class Key(httpx.Auth):
    """An API key in each request."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the key."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class SignIn(httpx.Auth):
    """Tokens of a person: signs in when first needed, refreshes before they end, signs in again where they ended.

    A refresh token is good once, so threads take turns. `second_factor` gives a code where the account has one.
    """

    requires_response_body = True
    _EARLY = 60.0

    def __init__(self, email: str, password: str, second_factor: Callable[[], str] | None = None) -> None:
        self._email, self._password, self._second_factor = email, password, second_factor
        self._access, self._refresh, self._until = "", "", 0.0
        self._turn = threading.RLock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the access token; once more with a new one where the server no longer takes it."""
        yield from self._fresh(request, used=None)
        used = self._access
        request.headers["Authorization"] = f"Bearer {used}"
        answer = yield request
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            yield from self._fresh(request, used=used)
            request.headers["Authorization"] = f"Bearer {self._access}"
            yield request

    def _fresh(self, request: httpx.Request, *, used: str | None) -> Generator[httpx.Request, httpx.Response, None]:
        with self._turn:
            if self._access != (used or "") and time.monotonic() < self._until:
                return  # good still, or another thread was here first
            if self._refresh:
                answer = yield self._post(request, "refresh", {"refresh": self._refresh})
                if answer.status_code == HTTPStatus.OK:
                    return self._keep(answer)
            answer = yield self._post(request, "login", {"email": self._email, "password": self._password})
            if answer.status_code == HTTPStatus.ACCEPTED and self._second_factor is not None:
                body = {"challenge": answer.json()["challenge"], "code": self._second_factor()}
                answer = yield self._post(request, "login/mfa", body)
            if answer.status_code != HTTPStatus.OK:
                raise Refused(answer.status_code, _problem(answer))
            self._keep(answer)

    def _post(self, request: httpx.Request, name: str, body: dict[str, str]) -> httpx.Request:
        return httpx.Request("POST", request.url.copy_with(raw_path=f"/api/v1/auth/{name}".encode()), json=body)

    def _keep(self, answer: httpx.Response) -> None:
        told = answer.json()
        self._access, self._refresh = told["access"], told["refresh"]
        self._until = time.monotonic() + told["expires_in"] - self._EARLY


def connect(
    address: str,
    *,
    api_key: str | None = None,
    email: str = "",
    password: str = "",
    second_factor: Callable[[], str] | None = None,
    transport: httpx.BaseTransport | None = None,
    timeout: float = 30.0,
) -> Client:
    """A client for the generated calls, signed in by a key or as a person. Close it, or use it in `with`."""
    auth: httpx.Auth = Key(api_key) if api_key else SignIn(email, password, second_factor)
    line = Remembering(Patient(transport or httpx.HTTPTransport()))
    http = httpx.Client(base_url=address, auth=auth, transport=line, timeout=timeout)
    return Client(base_url=address).set_httpx_client(http)


class Lists(Protocol):
    """A generated call of a list: `items_list.sync_detailed`."""

    def __call__(self, *, client: Client, **query: Any) -> Response[Any]:
        """One page."""


def every(call: Lists, client: Client, **query: Any) -> Iterator[Any]:
    """All rows of a list, page after page, however long it is. Raises Refused."""
    while True:
        page = value(call(client=client, **query))
        yield from page.results
        if page.next_ in (None, UNSET):
            return
        # `next` also pins what must not change between pages, such as the run that the first page was of.
        asked = parse_qs(urlsplit(page.next_).query)
        query |= {"cursor": asked["cursor"][0]} | ({"run": float(asked["run"][0])} if "run" in asked else {})


def value(answer: Response[Answer | Problem | None]) -> Answer:
    """What was asked for. Raises Refused with the problem where the answer is one."""
    found = answer.parsed
    if answer.status_code >= HTTPStatus.BAD_REQUEST or found is None or isinstance(found, Problem):
        raise Refused(answer.status_code, found if isinstance(found, Problem) else None)
    return found


def _problem(answer: httpx.Response) -> Problem | None:
    if "problem+json" not in answer.headers.get("Content-Type", ""):
        return None
    return Problem.from_dict(answer.json())
