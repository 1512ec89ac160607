"""Requests that schemathesis makes from the API's own description, sent to a live server by callers of several roles.

Half of the requests keep to the description, half break it somewhere. Where a request names an object, it mostly is one
that is there, and preconditions mostly hold: random ids and ETags would never come past the first look.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import requests
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = list(schemathesis.GenerationMode)
REAL_IDS, REAL_NAMES, TRUE_STATES = 0.85, 0.6, 0.85
PER_TURN = 10
"""Requests to one operation by one caller before the next one's turn: few, so that objects' states mix."""
SECONDS_PER_REQUEST = 60


@dataclass
class Caller:
    """Somebody whose credential may end by what they ask for; `sign_in` makes a new one."""

    name: str
    sign_in: Callable[[], Mapping[str, str]]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Failure:
    """One way in which an operation's answers are wrong, with the first request that showed it."""

    what: str
    request: str
    answer: str
    seen: int = 1


@dataclass
class Report:
    """What was sent and what came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    by_caller: Counter[str] = field(default_factory=Counter)
    succeeded: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)
    operations: int = 0

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(self.statuses.values())

    def __str__(self) -> str:
        lines = [
            f"{self.requests} requests to {self.operations} operations, of which {len(self.succeeded)} succeeded once",
            "statuses: " + ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items())),
            "callers: " + ", ".join(f"{name}: {count}" for name, count in sorted(self.by_caller.items())),
        ]
        for name, found in sorted(self.failures.items()):
            lines.append(f"\n{name} ({found.seen} times)\n{found.what}\n{found.request}\n{found.answer}")
        return "\n".join(lines)


class Fuzzer:
    """Sends requests by turns: every operation, caller and mode has the same share."""

    def __init__(
        self, *, address: str, document: Mapping[str, Any], callers: Sequence[Caller], admin: Caller, seed: int
    ) -> None:
        schema = schemathesis.openapi.from_dict(dict(document))
        schema.config.update(base_url=address)
        self._operations = [found.ok() for found in schema.get_all_operations()]
        self._address, self._callers, self._admin = address, callers, admin
        self._random = random.Random(seed)  # noqa: S311
        self._http = requests.Session()
        self._ids: dict[str, list[Any]] = {}
        self._pool: dict[str, list[Any]] = {}
        self.report = Report(operations=len(self._operations))

    def run(self, wanted: int) -> Report:
        """Send at least `wanted` requests; fewer only where operations take too few different ones."""
        for caller in (*self._callers, self._admin):
            caller.headers = caller.sign_in()
        turns = -(-wanted // len(self._operations))
        while turns > 0:
            self._learn()
            each = min(turns, PER_TURN)
            for operation in self._random.sample(self._operations, len(self._operations)):
                self._turn(operation, self._random.choice(self._callers), each)
            turns -= each
        return self.report

    def _turn(self, operation: Any, caller: Caller, requests_: int) -> None:
        for mode, share in zip(MODES, (requests_ - requests_ // 2, requests_ // 2), strict=True):
            if share:
                self._send_cases(operation, caller, mode, share)

    def _send_cases(self, operation: Any, caller: Caller, mode: Any, share: int) -> None:
        @hypothesis.seed(self._random.getrandbits(64))
        @hypothesis.settings(
            max_examples=share,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Any) -> None:
            self._send(case, caller)

        try:
            send()
        except hypothesis.errors.Unsatisfiable:
            return  # nothing about this operation can be wrong: it takes no parameter and no body

    def _send(self, case: Any, caller: Caller) -> None:
        self._make_real(case)
        try:
            answer = case.call(
                session=self._http, headers=dict(caller.headers), timeout=SECONDS_PER_REQUEST, allow_redirects=False
            )
        except (ValueError, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return  # what no client can write to the wire
        name = f"{case.operation.method.upper()} {case.operation.path}"
        self.report.statuses[answer.status_code] += 1
        self.report.by_caller[caller.name] += 1
        if answer.status_code < 400:
            self.report.succeeded.add(name)
        self._check(case, answer, name, caller)
        if answer.status_code == 401 or "/auth/" in case.operation.path:
            caller.headers = caller.sign_in()

    def _check(self, case: Any, answer: Any, name: str, caller: Caller) -> None:
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                title = f"{name}: {answer.status_code}: {getattr(failure, 'title', type(failure).__name__)}"
                if title in self.report.failures:
                    self.report.failures[title].seen += 1
                    continue
                self.report.failures[title] = Failure(
                    str(failure)[:1500], f"[{caller.name}] {case.as_curl_command()[:1500]}", answer.text[:1000]
                )

    def _make_real(self, case: Any) -> None:
        """Ids, states and names that exist, mostly."""
        ids = self._ids.get(case.operation.path.split("/")[3].split(":")[0], [])
        if ids and case.path_parameters and "id" in case.path_parameters and self._random.random() < REAL_IDS:
            case.path_parameters["id"] = self._random.choice(ids)
        if "If-Match" in (case.headers or {}) and self._random.random() < TRUE_STATES:
            case.headers["If-Match"] = "*"
        if isinstance(case.body, dict | list):
            case.body = self._with_real_names(case.body, ids)

    def _with_real_names(self, body: Any, ids: Sequence[Any]) -> Any:
        if isinstance(body, dict):
            return {key: self._real(key, self._with_real_names(value, ids), ids) for key, value in body.items()}
        if isinstance(body, list):
            return [self._with_real_names(value, ids) for value in body]
        return body

    def _real(self, key: str, value: Any, ids: Sequence[Any]) -> Any:
        if self._random.random() >= REAL_NAMES:
            return value
        if key in NAMES and isinstance(value, str | int) and self._pool.get(NAMES[key]):
            return self._random.choice(self._pool[NAMES[key]])
        if key == "id" and ids:
            return self._random.choice(ids)
        if key == "ids" and ids and isinstance(value, list):
            return self._random.sample(ids, min(len(ids), 3))
        return value

    def _learn(self) -> None:
        """The ids and codes that are there now."""
        self._ids, self._pool = {}, {}
        for operation in self._operations:
            parts = operation.path.split("/")
            if operation.method.upper() != "GET" or len(parts) != 4:
                continue
            answer = self._http.get(
                f"{self._address}{operation.path}", headers=dict(self._admin.headers), timeout=SECONDS_PER_REQUEST
            )
            if answer.status_code != 200:
                continue
            rows = answer.json().get("results", [])
            self._ids[parts[3]] = [row["id"] for row in rows if "id" in row]
            for name in ("sku", "code", "name"):
                if found := [row[name] for row in rows if row.get(name)]:
                    self._pool.setdefault(parts[3], found)


NAMES = {
    "item": "items",
    "sku": "items",
    "successor": "items",
    "category": "categories",
    "parent": "categories",
    "location": "locations",
    "origin": "locations",
    "destination": "locations",
    "supplier": "suppliers",
    "scenario": "scenarios",
    "calendar": "calendars",
}
"""Fields of bodies that name another object → the resource it belongs to."""
