"""Lists asked for again are answered before Django as Django answers them, and only while everything still holds."""

import io
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from inventory.models import Category, Item
from stocksense.accounts import principals
from stocksense.accounts.api import revalidation
from stocksense.accounts.api.revalidation import Revalidation
from stocksense.accounts.keys import services as keys
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.services import people
from stocksense.accounts.tests.conftest import Program, in_parallel
from stocksense.accounts.tests.factories import UserFactory
from stocksense.accounts.tokens import claims
from stocksense.audit.services import access
from stocksense.core import clock, redis
from stocksense.core.api import unchanged

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS = "/api/v1/items"
PAGE = "https://planning.example"


class Answer(SimpleNamespace):
    """Status, headers by name in lower case, body, and whether Django was asked."""

    def same(self) -> tuple[int, dict[str, str], bytes]:
        """All that two answers to one request have in common."""
        shown = {name: value for name, value in self.headers.items() if name not in ("x-request-id", "ratelimit")}
        return self.status, shown, self.body


class Server:
    """What a WSGI server has: the application, and Django behind it."""

    def __init__(self) -> None:
        self.django = WSGIHandler()
        self._asked = SimpleNamespace(value=False)
        self._application = Revalidation(self._noted)

    def _noted(self, environment, start_response):
        environment["test.asked"].append(True)
        return self.django(environment, start_response)

    def ask(
        self, token: str, path: str = ITEMS, *, etag: str = "", method: str = "GET", django: bool = False, **headers
    ):
        """The answer; by Django alone where `django` says so."""
        path, _, query = path.partition("?")
        environment = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "testserver",
            "REMOTE_ADDR": "198.51.100.7", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": True,
            "wsgi.run_once": False, "CONTENT_LENGTH": "", "test.asked": [], **headers,
        }  # fmt: skip
        if token:
            environment["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        if etag:
            environment["HTTP_IF_NONE_MATCH"] = etag
        said: list = []
        application = self.django if django else self._application
        parts = application(environment, lambda status, headers, *_: said.extend((status, headers)))
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        named = {name.lower(): value for name, value in said[1]}
        assert len(named) == len(said[1])
        return Answer(
            status=int(said[0][:3]), headers=named, body=body, asked=django or bool(environment["test.asked"])
        )

    def etag(self, token: str, path: str = ITEMS, **headers) -> str:
        """The ETag of a list that is from now on answered before Django: it is polled until it is."""
        etag = self.ask(token, path, **headers).headers["etag"]
        answers = [self.ask(token, path, etag=etag, **headers) for _ in range(3)]
        assert [(answer.status, answer.asked) for answer in answers] == [(304, True), (304, True), (304, False)]
        return etag


@pytest.fixture(autouse=True)
def nothing_remembered():
    revalidation._notes.clear()


@pytest.fixture
def server(settings) -> Server:
    settings.CORS_ALLOWED_ORIGINS = [PAGE]
    settings.SECURE_SSL_REDIRECT = False
    tea = Category.objects.create(path="tea", name="Tea")
    Item.objects.bulk_create(Item(sku=sku, name=sku, category=tea) for sku in ("A", "B", "C"))
    return Server()


def signed_in(role: Role = Role.PLANNER) -> Program:
    program = Program()
    program.user = UserFactory(role=role)
    program.login(program.user)
    return program


@pytest.fixture
def planner() -> Program:
    return signed_in()


@pytest.fixture
def token(planner) -> str:
    return planner.bearer


def api_key(planner) -> str:
    return keys.create_key(
        owner=planner.user, name="x", permissions=["inventory.view_item"], actor=planner.user,
        expires_at=clock.now() + timedelta(days=1),
    )[1]  # fmt: skip


def left(answer: Answer) -> int:
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


ASKED = {
    "a list": (ITEMS, {}),
    "some fields in an order": (f"{ITEMS}?fields=sku,name&ordering=-sku&page_size=2", {}),
    "with a relation": (f"{ITEMS}?expand=category", {}),
    "filtered": (f"{ITEMS}?sku=A", {}),
    "found by a search": (f"{ITEMS}?search=A", {}),
    "HEAD": (ITEMS, {"method": "HEAD"}),
    "from another site's page": (ITEMS, {"HTTP_ORIGIN": PAGE}),
    "from a page of nobody's": (ITEMS, {"HTTP_ORIGIN": "https://elsewhere.example"}),
    "with an id of its own": (ITEMS, {"HTTP_X_REQUEST_ID": "r-7"}),
    "as JSON": (ITEMS, {"HTTP_ACCEPT": "application/json, text/plain;q=0.5"}),
    "by TLS": (ITEMS, {"wsgi.url_scheme": "https"}),
}


@pytest.mark.parametrize("credential", ["token", "key"])
@pytest.mark.parametrize("asked", ASKED)
def test_the_answer_is_the_one_that_django_gives(server, planner, asked, credential):
    path, headers = ASKED[asked]
    bearer = planner.bearer if credential == "token" else api_key(planner)
    etag = server.etag(bearer, path, **headers)
    ours = server.ask(bearer, path, etag=etag, **headers)
    django = server.ask(bearer, path, etag=etag, django=True, **headers)
    assert (ours.asked, django.asked) == (False, True)
    assert ours.same() == django.same()
    assert left(ours) - left(django) == 1
    assert django.headers["ratelimit"].count(";t=") == ours.headers["ratelimit"].count(";t=")
    assert ours.headers["x-request-id"] == headers.get("HTTP_X_REQUEST_ID", ours.headers["x-request-id"])
    assert len(ours.headers["x-request-id"]) == (3 if "HTTP_X_REQUEST_ID" in headers else 32)


def test_it_is_logged_and_measured_as_by_django(server, token, monkeypatch):
    etag = server.etag(token)
    rows: list = []
    monkeypatch.setattr(access.log, "add", rows.append)

    django = server.ask(token, etag=etag, django=True, HTTP_X_REQUEST_ID="same")
    route = dict(zip(access.COLUMNS, rows[0], strict=True))["route"]

    def counted() -> float:
        labels = {"route": route, "method": "GET", "status": "304"}
        return REGISTRY.get_sample_value("stocksense_request_seconds_count", labels)

    before = counted()
    ours = server.ask(token, etag=etag, HTTP_X_REQUEST_ID="same")
    assert (django.status, ours.status, ours.asked) == (304, 304, False)
    first, second = (dict(zip(access.COLUMNS, row, strict=True)) for row in rows)
    for changing in ("at", "duration_ms"):
        assert first.pop(changing) <= second.pop(changing) or changing == "duration_ms"
    assert first == second
    assert counted() == before + 1


def test_it_costs_one_query_and_one_round_trip_of_redis(server, token, monkeypatch):
    etag = server.etag(token)
    scripts: list[str] = []
    real = redis._run
    monkeypatch.setattr(redis, "_run", lambda *words: scripts.append(words[1]) or real(*words))
    with CaptureQueriesContext(connection) as asked:
        assert not server.ask(token, etag=etag).asked
    assert (len(asked.captured_queries), len(scripts)) == (1, 1)
    assert "audit_tablechange" in asked.captured_queries[0]["sql"]


@pytest.mark.parametrize(
    "other",
    [
        {"path": f"{ITEMS}?page_size=2"},
        {"method": "HEAD"},
        {"HTTP_ACCEPT": "text/csv"},
        {"HTTP_ACCEPT": "application/json"},
        {"HTTP_ORIGIN": PAGE},
        {"HTTP_HOST": "elsewhere.example"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"wsgi.url_scheme": "https"},
        {"REMOTE_ADDR": "198.51.100.8"},
        {"HTTP_X_UNKNOWN": "1"},
        {"HTTP_COOKIE": "a=b"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"CONTENT_LENGTH": "2"},
        {"method": "POST"},
    ],
    ids=str,
)
def test_another_request_is_django_s(server, token, other):
    etag = server.etag(token)
    first = server.ask(token, etag=etag, **other)
    assert first.asked
    assert (first.status, first.headers.get("etag")) == (
        (alone := server.ask(token, etag=etag, django=True, **other)).status, alone.headers.get("etag")
    )  # fmt: skip


def test_no_text_of_a_request_is_taken_for_another_of_its_texts():
    request = {"REQUEST_METHOD": "GET", "HTTP_AUTHORIZATION": "Bearer a", "HTTP_IF_NONE_MATCH": "b"}
    names = [
        revalidation._name_of({**request, **more})
        for more in (
            {"PATH_INFO": "/api/v1/items", "QUERY_STRING": "a=1"},
            {"PATH_INFO": "/api/v1/items3:a=1", "QUERY_STRING": ""},
            {"PATH_INFO": "/api/v1/items\n", "QUERY_STRING": "a=1"},
            {"PATH_INFO": "/api/v1/items", "QUERY_STRING": "", "HTTP_A": "1"},
            {"PATH_INFO": "/api/v1/items", "QUERY_STRING": "HTTP_A1"},
        )
    ]
    assert None not in names
    assert len(set(names)) == len(names)


def test_what_no_answer_rests_on_makes_no_other_request(server, token):
    etag = server.etag(token)
    for header in ("HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT", "HTTP_TRACEPARENT", "HTTP_X_REQUEST_ID"):
        answer = server.ask(token, etag=etag, **{header: "203.0.113.5"})
        assert (answer.status, answer.asked) == (304, False)


@pytest.mark.parametrize(
    "path", ["/api/v1/stock-balances", f"{ITEMS}?format=csv", "/api/v1/auth/me", "/api/v1/nowhere"]
)
def test_what_rests_on_more_than_watched_tables_is_always_django_s(server, token, path):
    etag = server.ask(token, path).headers.get("etag", 'W/"x"')
    assert all(server.ask(token, path, etag=etag).asked for _ in range(4))


def test_objects_are_always_django_s(server, token):
    path = f"{ITEMS}/{Item.objects.get(sku='A').pk}"
    etag = server.ask(token, path).headers["etag"]
    assert [server.ask(token, path, etag=etag).asked for _ in range(3)] == [True] * 3


def test_a_changed_row_is_seen_at_once(server, token):
    etag = server.etag(token)
    Item.objects.filter(sku="A").update(name="Another")
    changed = server.ask(token, etag=etag)
    assert (changed.status, changed.asked) == (200, True)
    assert b"Another" in changed.body
    assert server.ask(token, etag=etag).status == 200
    answers = [server.ask(token, etag=changed.headers["etag"]) for _ in range(2)]
    assert [(answer.status, answer.asked) for answer in answers] == [(304, True), (304, False)]


def test_a_row_reached_over_a_relation_counts_too(server, token):
    etag = server.etag(token)
    Category.objects.update(path="coffee")
    assert server.ask(token, etag=etag).status == 200


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_another_transaction_has_not_committed_changes_nothing(server, token):
    etag = server.etag(token)
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN; UPDATE inventory_item SET name = 'Later'")
        assert not server.ask(token, etag=etag).asked
        cursor.execute("COMMIT")
    assert server.ask(token, etag=etag).status == 200


def log_out(planner) -> None:
    assert planner.post("auth/logout").status_code == 204


def deactivate(planner) -> None:
    admin = UserFactory(role=Role.ADMIN)
    people.change_person(user=planner.user, role=Role.PLANNER, is_active=False, actor=admin)


def take_the_role(planner) -> None:
    assign_role(user=planner.user, role=Role.SUPPLIER)


def set_a_password(planner) -> None:
    planner.user.set_password("another long pass phrase")
    planner.user.save()
    principals.forget_now(planner.user.pk)


@pytest.mark.parametrize("end", [log_out, deactivate, take_the_role, set_a_password])
def test_an_ended_token_is_refused_at_once(server, planner, end):
    etag = server.etag(planner.bearer)
    end(planner)
    answer = server.ask(planner.bearer, etag=etag)
    assert (answer.status, answer.asked, answer.body[:1]) == (401, True, b"{")


def test_an_expired_token_is_refused(server, token, monkeypatch):
    etag = server.etag(token)
    ahead = timedelta(hours=2)

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + ahead

    monkeypatch.setattr("jwt.api_jwt.datetime", Later)
    monkeypatch.setattr(claims, "time", SimpleNamespace(time=lambda: Later.now().timestamp()))
    answer = server.ask(token, etag=etag)
    assert (answer.status, answer.asked) == (401, True)


def test_a_revoked_key_is_refused_at_once(server, planner):
    key = api_key(planner)
    etag = server.etag(key)
    keys.revoke_key(key=planner.user.api_keys.get(), actor=planner.user)
    answer = server.ask(key, etag=etag)
    assert (answer.status, answer.asked) == (401, True)


def test_a_key_s_lower_rate_counts_at_once_on_every_list(server, planner):
    text = api_key(planner)
    lists = [ITEMS, f"{ITEMS}?sku=A"]
    etags = [server.etag(text, path) for path in lists]
    keys.change_key(key=planner.user.api_keys.get(), rate_per_minute=100, actor=planner.user)
    for path, etag in zip(lists, etags, strict=True):
        assert '"key";q=100;w=60' in server.ask(text, path, etag=etag).headers["ratelimit-policy"]


def test_a_permission_taken_from_a_group_counts_at_once_and_the_call_is_counted_once(server, planner):
    etag = server.etag(planner.bearer)
    before = left(server.ask(planner.bearer, etag=etag))
    group = Group.objects.get(name=Role.PLANNER.value)
    group.permissions.remove(Permission.objects.get(codename="view_item"))
    principals.forget_now(planner.user.pk)
    assert server.ask(planner.bearer, ITEMS).status == 403  # (counted not; but the user is remembered anew)
    answer = server.ask(planner.bearer, etag=etag)
    assert (answer.status, answer.asked) == (403, True)
    assert left(server.ask(planner.bearer, "/api/v1/auth/me")) == before - 2


def test_another_token_with_the_same_etag_is_django_s(server, planner):
    etag = server.etag(planner.bearer)
    for other, status in ((signed_in(), 304), (signed_in(Role.SUPPLIER), 403)):
        answer = server.ask(other.bearer, etag=etag)
        assert (answer.status, answer.asked) == (status, True)
    assert server.ask("", etag=etag).status == 401
    assert server.ask(planner.bearer[:-2], etag=etag).status == 401


def test_of_sixty_calls_at_twenty_a_minute_exactly_twenty_succeed(server, planner, settings):
    settings.API_LIMITS = {**settings.API_LIMITS, "user": "20/min"}
    etag = server.etag(planner.bearer)  # four calls
    answers = in_parallel(lambda _: server.ask(planner.bearer, etag=etag), 60)
    assert sorted(answer.status for answer in answers) == [304] * 16 + [429] * 44
    assert {answer.asked for answer in answers if answer.status == 304} == {False}
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["content-type"] == "application/problem+json"
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_without_redis_django_answers_and_counts(server, token, settings):
    etag = server.etag(token)
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    settings.API_LIMITS = {**settings.API_LIMITS, "user": "2/min"}
    answers = [server.ask(token, etag=etag) for _ in range(3)]
    assert [(answer.status, answer.asked) for answer in answers] == [(304, True), (304, True), (429, True)]


def test_what_redis_has_forgotten_is_looked_up_and_counted_once(server, planner):
    etag = server.etag(planner.bearer)
    before = left(server.ask(planner.bearer, etag=etag))
    principals.forget_now(planner.user.pk)
    answer = server.ask(planner.bearer, etag=etag)
    assert (answer.status, answer.asked, left(answer)) == (304, True, before - 1)
    assert not server.ask(planner.bearer, etag=etag).asked


def test_a_lost_connection_is_opened_anew(server, token):
    etag = server.etag(token)
    with connection.cursor() as cursor, psycopg.connect(**connection.get_connection_params()) as other:
        cursor.execute("SELECT pg_backend_pid()")
        other.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
    answers = [server.ask(token, etag=etag) for _ in range(2)]
    assert [answer.status for answer in answers] == [304, 304]
    assert not answers[1].asked


def test_without_the_database_django_says_so(server, token, monkeypatch):
    etag = server.etag(token)

    def away(tables):
        raise OperationalError("the server is gone")

    monkeypatch.setattr(unchanged, "_state_of", [away])
    answer = server.ask(token, etag=etag)
    assert (answer.status, answer.asked, answer.headers["retry-after"]) == (503, True, "5")


def test_django_is_asked_again_after_a_minute(server, token, monkeypatch):
    etag = server.etag(token)
    now = revalidation.time.monotonic
    monkeypatch.setattr(revalidation, "time", SimpleNamespace(monotonic=lambda: now() + 61, perf_counter=now))
    answers = [server.ask(token, etag=etag) for _ in range(2)]
    assert [(answer.status, answer.asked) for answer in answers] == [(304, True), (304, False)]


def test_neither_tokens_nor_rows_are_remembered(server, token):
    server.etag(token)
    ((name, note),) = revalidation._notes._values.items()
    assert len(name) == 32
    assert token not in repr(note)
    assert note.headers is revalidation._one(tuple(note.headers))


def test_the_server_s_application_has_it_in_front():
    from stocksense import wsgi

    assert isinstance(wsgi.application, Revalidation)
