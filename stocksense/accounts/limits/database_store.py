"""Counting calls in PostgreSQL, while Redis does not answer: one row per limit, decided under its lock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from stocksense.accounts.models import LimitBucket
from stocksense.core import clock

Asked = tuple[str, int, int]
State = tuple[int, float]


@transaction.atomic
def take(asked: Sequence[Asked]) -> tuple[bool, list[State], str]:
    """(allowed, how each limit stands, the name of this call), counted by the database's clock."""
    keys = sorted({key for key, _, _ in asked})
    LimitBucket.objects.bulk_create(
        [LimitBucket(key=key, expires_at=clock.now() + timedelta(minutes=1)) for key in keys], ignore_conflicts=True
    )
    rows = {row.key: row for row in LimitBucket.objects.select_for_update().filter(key__in=keys).order_by("key")}
    now = _now()
    live = {key: [hit for hit in rows[key].hits if hit > now - seconds] for key, _, seconds in asked}
    allowed = all(len(live[key]) < calls for key, calls, _ in asked)
    for key, _, seconds in asked:
        row = rows[key]
        if allowed:
            live[key].append(now)
        row.hits = live[key]
        row.expires_at = datetime.fromtimestamp(now + seconds, tz=UTC)
    LimitBucket.objects.bulk_update(rows.values(), ["hits", "expires_at"])
    return allowed, [_state(live[key], calls, seconds, now) for key, calls, seconds in asked], repr(now)


def give_back(keys: Sequence[str], member: str) -> None:
    """Forget one call."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_limitbucket SET hits = array_remove(hits, %s::float8) WHERE key = ANY(%s)",
            [float(member), list(keys)],
        )


def clear(keys: Sequence[str]) -> None:
    """Forget all calls in these buckets."""
    LimitBucket.objects.filter(key__in=keys).delete()


def remove_expired() -> int:
    """Remove buckets in which nothing counts any more; returns how many went."""
    return LimitBucket.objects.filter(expires_at__lt=clock.now()).delete()[0]


def _now() -> float:
    # After the locks are held, so that calls are counted in the order in which they are decided.
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


def _state(hits: list[float], calls: int, seconds: int, now: float) -> State:
    if not hits:
        return calls, 0.0
    leaving = hits[max(len(hits) - calls, 0)] if len(hits) >= calls else hits[0]
    return max(calls - len(hits), 0), leaving + seconds - now
