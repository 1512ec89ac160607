"""Log lines are JSON, say who asked, and hold no secrets."""

import io
import json
import logging
import logging.config

import orjson
import pytest
import structlog
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import path

from stocksense.accounts.models import User
from stocksense.core import context
from stocksense.core.logs import configuration, redaction
from stocksense.core.logs.formatting import JsonFormatter, ReadableFormatter

CANARY = "k4n4ry-Zw3r9Qx7Lm2"


@pytest.fixture
def lines():
    """What production would write, parsed; reading it fails on a line that is no JSON object."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    level, root.level = root.level, logging.DEBUG
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def logged(lines) -> str:
    found = lines()
    assert found
    return json.dumps(found)


def test_a_line_of_the_standard_library_and_one_of_structlog_have_the_same_form(lines):
    with context.acting(request_id="r-1", channel="admin"):
        logging.getLogger("a_library").warning("%s of %s", 1, 2)
        structlog.get_logger("ours").info("moved", units=3)
    first, second = lines()
    assert first.pop("at").endswith("Z")
    assert first == {
        "event": "1 of 2", "level": "warning", "logger": "a_library", "request_id": "r-1", "channel": "admin"
    }  # fmt: skip
    assert (second["event"], second["units"], second["request_id"], second["level"]) == ("moved", 3, "r-1", "info")


def test_an_error_is_one_line_with_its_traceback(lines):
    try:
        raise ValueError("line one\nline two")
    except ValueError:
        logging.getLogger("ours").exception("failed\nbadly")
    (line,) = lines()
    assert line["event"] == "failed\nbadly"
    assert "Traceback" in line["exception"]


def test_a_line_that_cannot_be_formatted_is_told_of():
    record = logging.LogRecord("ours", logging.WARNING, "", 0, "%d units", ("many",), None)
    line = json.loads(JsonFormatter().format(record))
    assert line["event"] == "log record of ours could not be formatted: TypeError"


SECRETS = [
    f"Authorization: Bearer {CANARY}",
    f"headers {{'Authorization': 'Bearer {CANARY}', 'Accept': '*/*'}}",
    f"{{'HTTP_AUTHORIZATION': 'Basic {CANARY}='}}",
    f"Cookie: sessionid={CANARY}; csrftoken={CANARY}",
    f"{{'Set-Cookie': 'sessionid={CANARY}; HttpOnly'}}",
    f"GET /api/v1/items/?token={CANARY}&page=2",
    f"/accounts/password/reset/?key=1&new_password={CANARY}",
    f"password='{CANARY} with spaces'",
    f'{{"password": "{CANARY}"}}',
    f"<QueryDict: {{'password1': ['{CANARY}'], 'email': ['a@b.c']}}>",
    f"connect to postgresql://stocksense:{CANARY}@db/stocksense failed",
    f"redis://:{CANARY}@cache:6379/0",
    f"api_key={CANARY}",
    f"X-API-Key: {CANARY}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{CANARY}.{CANARY}",
    f"argon2$argon2id$v=19$m=102400,t=2,p=8${CANARY}${CANARY}",
    f"pbkdf2_sha256$1000000${CANARY}${CANARY}",
    f"DETAIL:  Failing row contains (1, {CANARY}, null, t).",
    f"whsec_{CANARY}",
    f"SECRET_KEY={CANARY}",
    f"refresh={CANARY}",
    f"otp: {CANARY}",
    f"user 7 changed client_secret => {CANARY}",
]


@pytest.mark.parametrize("text", SECRETS)
def test_text_that_holds_a_secret_is_written_without_it(text):
    assert CANARY not in redaction.clean_text(f"before {text} after")


@pytest.mark.parametrize("text", SECRETS)
def test_so_are_arguments_tracebacks_and_bound_values(lines, text):
    logging.getLogger("x").error("seen %s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logging.getLogger("x").exception("failed")
        structlog.get_logger("x").exception("failed", body={"nested": [text]})
    assert CANARY not in logged(lines)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password1",
        "Authorization",
        "cookie",
        "HTTP_COOKIE",
        "api_key",
        "token",
        "refresh_token",
        "client_secret",
        "secret",
        "csrfmiddlewaretoken",
        "otp",
        "X-API-Key",
        "sessionid",
        "recovery_codes",
    ],
)
def test_a_field_with_the_name_of_a_secret_is_removed(lines, name):
    structlog.get_logger("x").info("form", **{"data": {name: CANARY, "email": "ada@example.com"}, name: CANARY})
    (line,) = lines()
    assert CANARY not in json.dumps(line)
    assert line["data"]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "GET /admin/inventory/item/?q=tea&page=2", "job 12 (plan) has no worker, attempt 3: sent again",
        "user 7 changed reorder_point=12 of item TEA", "passed 12 of 12; shipping pinned to Lille", "accessed: 3 rows",
        "tokens: 3 of 4", "Key lookups: 2",
    ],
)  # fmt: skip
def test_other_text_stays_as_it_is(text):
    assert redaction.clean_text(text) == text


def test_a_hostile_text_is_cleaned_in_time():
    import time

    started = time.perf_counter()
    for hostile in (
        "a=" * 50_000,
        "password" * 10_000,
        "(" * 100_000,
        "Key (" * 20_000,
        "'" * 100_000,
        "x://" * 30_000,
    ):
        redaction.clean_text(hostile)
    assert time.perf_counter() - started < 5


@pytest.mark.django_db
def test_a_failed_sign_in_writes_no_password_and_says_which_request(lines, client):
    answer = client.post(
        "/admin/login/", {"username": "ada@example.com", "password": CANARY}, HTTP_X_REQUEST_ID="r-login",
        HTTP_AUTHORIZATION=f"Bearer {CANARY}", HTTP_COOKIE=f"sessionid={CANARY}",
    )  # fmt: skip
    assert answer["X-Request-ID"] == "r-login"
    logging.getLogger("probe").info("at least one line")
    assert CANARY not in logged(lines)


def broken(request):
    secret = request.POST["password"]
    User.objects.create(email="ada@example.com", password=f"argon2$argon2id${secret}")
    raise ValueError(f"cannot use password='{secret}' or token {secret!r} in {dict(request.headers)} {request.POST}")


urlpatterns = [path("api/broken/", broken, name="broken")]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_an_error_of_a_view_is_logged_with_its_request_and_route_and_without_secrets(lines):
    answer = Client(raise_request_exception=False).post(
        f"/api/broken/?token={CANARY}", {"password": CANARY}, HTTP_AUTHORIZATION=f"Bearer {CANARY}",
        HTTP_X_REQUEST_ID="r-broken",
    )  # fmt: skip
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "r-broken")
    errors = [line for line in lines() if line["level"] == "error"]
    assert [(line["request_id"], line["route"], line["channel"]) for line in errors] == [("r-broken", "broken", "api")]
    assert "ValueError" in errors[0]["exception"]
    assert CANARY not in logged(lines)


@pytest.mark.django_db
def test_what_the_database_says_of_a_row_is_not_written(lines):
    User.objects.create(email="ada@example.com", password=f"argon2$x${CANARY}", name=CANARY)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_user SET is_staff = NULL WHERE email = 'ada@example.com'",
            )
    except IntegrityError:
        logging.getLogger("x").exception("refused")
    assert CANARY not in logged(lines)


@pytest.mark.django_db
def test_the_person_who_asks_is_named_by_number(lines, client):
    from stocksense.accounts.roles import Role
    from stocksense.accounts.tests.factories import UserFactory

    ada = UserFactory(role=Role.VIEWER)
    client.force_login(ada)
    client.post("/admin/inventory/item/999999/do/vanish/")
    refused = [line for line in lines() if line["logger"] == "django.request"]
    assert [(line["user_id"], line["route"], line["status_code"]) for line in refused] == [
        (ada.pk, "admin:inventory_item_do", 404)
    ]


def test_logging_never_asks_the_database(lines, rf):
    from django.utils.functional import SimpleLazyObject

    request = rf.get("/")
    request.user = SimpleLazyObject(lambda: pytest.fail("the user was looked up"))
    with context.using(context.Origin(request_id="r", request=request)):
        logging.getLogger("x").info("hello")
    assert "user_id" not in lines()[0]


def test_production_writes_json_through_one_handler():
    configured = configuration.settings(form="json", level="INFO")
    assert configured["formatters"] == {"line": {"()": "stocksense.core.logs.formatting.JsonFormatter"}}
    assert list(configured["handlers"]) == ["console"]
    assert django_settings.LOGGING_CONFIG == "stocksense.core.logs.configuration.configure"


def test_a_person_at_a_terminal_reads_text():
    record = logging.LogRecord("ours", logging.INFO, "", 0, "moved %s", (3,), None)
    with context.acting(request_id="r-1"):
        line = ReadableFormatter().format(record)
    assert line.endswith("info ours moved 3 request_id=r-1")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(line)
