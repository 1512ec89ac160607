"""The access log over REST."""

from datetime import UTC, datetime, timedelta

import pytest

from stocksense.audit.models import AccessEntry
from stocksense.core.database.partitions import ensure_partitions

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def admin(api_client):
    return api_client("admin")


@pytest.fixture
def entries() -> list[AccessEntry]:
    today = datetime.now(UTC).date()
    ensure_partitions(AccessEntry, [today, today + timedelta(days=1)])
    rows = [("items-list", "GET", 200, 4), ("items-detail", "PATCH", 412, 9), ("", "GET", 404, 1)]
    return [
        AccessEntry.objects.create(
            at=NOON + timedelta(minutes=number), request_id=f"r-{number}", user_id=number or None, channel="api",
            credential="jwt", credential_id="7", route=route, method=method, status=status, duration_ms=duration,
            address="192.0.2.1",
        )
        for number, (route, method, status, duration) in enumerate(rows)
    ]  # fmt: skip


def test_an_entry_says_who_asked_what_and_how_it_went(admin, entries):
    assert admin.get(f"access-log/{entries[1].pk}").json() == {
        "id": entries[1].pk, "at": "2026-11-23T12:01:00Z", "request_id": "r-1", "user_id": 1, "credential": "jwt",
        "credential_id": "7", "channel": "api", "method": "PATCH", "route": "items-detail", "status": 412,
        "duration_ms": 9.0, "address": "192.0.2.1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [2, 1, 0]),
        ("ordering=at", [0, 1, 2]),
        ("user_id=2", [2]),
        ("request_id=r-0", [0]),
        ("route__startswith=items", [1, 0]),
        ("method__in=PATCH,POST", [1]),
        ("status__gte=400", [2, 1]),
        ("duration_ms__gt=4", [1]),
        ("at__gte=2026-11-23T12:01:00Z", [2, 1]),
        ("at__lt=2026-11-23T13:01:00%2B01:00", [0]),
        ("credential=session", []),
    ],
)
def test_the_log_is_newest_first_and_filtered(admin, entries, query, numbers):
    address = f"access-log?credential_id=7&{query}"
    assert [row["request_id"] for row in admin.rows(address)] == [f"r-{number}" for number in numbers]


def test_pages_of_the_log(admin, entries):
    first = admin.get("access-log?credential_id=7&page_size=2").json()
    second = admin.get(first["next"]).json()
    assert [row["request_id"] for row in first["results"] + second["results"]] == ["r-2", "r-1", "r-0"]
    assert second["next"] is None


@pytest.mark.parametrize("role", ["viewer", "planner", "approver", "supplier"])
def test_only_admins_read_the_log(api_client, role):
    assert api_client(role).get("access-log").status_code == 403
    assert api_client(role).get("audit").status_code == 403
