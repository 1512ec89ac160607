"""Sending what is due: one dispatcher at a time, many messages at once, no endpoint holding the others."""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC

from django.db import connection
from standardwebhooks import Webhook

from stocksense.core import clock
from stocksense.core.errors import DomainError
from stocksense.messaging.webhooks import addresses, deliveries, sealing, sending
from stocksense.messaging.webhooks.addresses import Rules
from stocksense.messaging.webhooks.deliveries import Claim
from stocksense.messaging.webhooks.sending import Answer

THREADS = 24
LONGEST_RUN = 20.0
"""Seconds in which a dispatcher takes new messages; the next one goes on from there."""
USER_AGENT = "StockSense-Webhooks/1"
_LOCK = 0x57E6_0001


def deliver_due(*, longest: float = LONGEST_RUN) -> int:
    """Send every message that is due; returns how many attempts were made. Nothing where another dispatcher works.

    The database is used by the calling thread alone; the others only wait for receivers.
    """
    with _alone() as alone:
        return _deliver(time.monotonic() + longest) if alone else 0


def _deliver(ends: float) -> int:
    allowed, made = addresses.rules(), 0
    under_way: dict[Future[Answer], Claim] = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as threads:
        while True:
            free = THREADS - len(under_way)
            claims = deliveries.claim(most=free) if free and time.monotonic() < ends else []
            for claimed in claims:
                under_way[threads.submit(send, claimed, allowed)] = claimed
            made += len(claims)
            if not under_way:
                return made
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                deliveries.record(under_way.pop(future), future.result())


def send(claimed: Claim, allowed: Rules) -> Answer:
    """One attempt, signed with every secret of the endpoint that is live."""
    try:
        headers = signed(claimed)
    except DomainError as error:
        return Answer(None, error.message, 0.0)
    return sending.post(claimed.endpoint.url, claimed.body.encode(), headers, allowed=allowed)


def signed(claimed: Claim) -> dict[str, str]:
    """The headers of Standard Webhooks. Raises CannotOpen where a secret cannot be read."""
    endpoint, now = claimed.endpoint, clock.now().astimezone(UTC)
    secrets = [sealing.unseal(sealed) for sealed in (endpoint.secret, endpoint.previous_secret) if sealed]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": claimed.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(msg_id=claimed.message_id, timestamp=now, data=claimed.body) for secret in secrets
        ),
    }


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other dispatcher works on this database; held by the connection, so gone with a killed worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
