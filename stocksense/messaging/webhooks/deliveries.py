"""The life of a delivery: claimed by a worker, sent, and tried again with growing pauses until taken or dead."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from stocksense.accounts.models import User
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed
from stocksense.messaging.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks.sending import Answer

AT_ONCE = 4
"""Messages under way to one endpoint; to one that is failing (a slow one, perhaps) a single one."""
LEASE = timedelta(seconds=60)
"""After which a message whose worker was killed is sent again; far beyond the deadline of a POST."""
MOST_ATTEMPTS = 12
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 6 * 3600.0
"""Pauses triple from ten seconds to six hours: twelve attempts in about a day and a quarter."""
JITTER = 0.2
PAUSED_AFTER = timedelta(days=2)
"""An endpoint that has taken nothing for so long is left alone until somebody looks at it."""
KEPT = timedelta(days=30)
GONE = 410

_DUE = """
WITH busy AS (
    SELECT endpoint_id, count(*) AS number FROM messaging_webhookdelivery
    WHERE state = 'waiting' AND leased_until > %(now)s GROUP BY endpoint_id
), ranked AS (
    SELECT delivery.id, delivery.endpoint_id,
           CASE WHEN endpoint.failing_since IS NULL THEN %(at_once)s ELSE 1 END AS at_once, row_number() OVER (
               PARTITION BY delivery.endpoint_id ORDER BY delivery.next_attempt_at, delivery.id) AS place
    FROM messaging_webhookdelivery delivery JOIN messaging_webhookendpoint endpoint ON endpoint.id = endpoint_id
    WHERE delivery.state = 'waiting' AND delivery.next_attempt_at <= %(now)s
      AND (delivery.leased_until IS NULL OR delivery.leased_until <= %(now)s)
      AND endpoint.is_active AND endpoint.paused_at IS NULL
)
SELECT ranked.id FROM ranked LEFT JOIN busy USING (endpoint_id)
WHERE place <= at_once - coalesce(busy.number, 0) ORDER BY place, ranked.id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Claim:
    """The right to send one message now: what came of it is recorded for this attempt only."""

    delivery_id: int
    attempt: int
    endpoint: WebhookEndpoint
    message_id: str
    body: str


def claim(*, most: int) -> list[Claim]:
    """Take messages that are due, fairly over endpoints, for `LEASE`."""
    now = clock.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_DUE, {"now": now, "at_once": AT_ONCE, "most": most})
            ids = [pk for (pk,) in cursor.fetchall()]
        rows = list(
            WebhookDelivery.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk__in=ids, state=DeliveryState.WAITING)
            .select_related("endpoint")
            .order_by("pk")
        )
        rows = [row for row in rows if row.leased_until is None or row.leased_until <= now]
        for row in rows:
            row.attempts, row.leased_until = row.attempts + 1, now + LEASE
        WebhookDelivery.objects.bulk_update(rows, ["attempts", "leased_until"])
    return [Claim(row.pk, row.attempts, row.endpoint, row.message_id, row.body) for row in rows]


def record(claimed: Claim, answer: Answer) -> None:
    """Write what came of an attempt. Nothing where another worker has the message by now, or it was replayed."""
    now = clock.now()
    with transaction.atomic():
        row = (
            WebhookDelivery.objects.select_for_update(of=("self",))
            .filter(pk=claimed.delivery_id, attempts=claimed.attempt, state=DeliveryState.WAITING)
            .first()
        )
        if row is None or row.leased_until is None:
            return
        row.leased_until = None
        row.last_status, row.last_error, row.last_seconds = answer.status, answer.error, answer.seconds
        if answer.is_taken:
            row.state, row.delivered_at = DeliveryState.DELIVERED, now
        elif row.attempts >= MOST_ATTEMPTS:
            row.state = DeliveryState.DEAD
        else:
            row.next_attempt_at = now + timedelta(seconds=pause(row.attempts, answer.retry_after))
        row.save()
        _note(claimed.endpoint.pk, answer)


def pause(attempts: int, retry_after: float | None = None) -> float:
    """Seconds until the next attempt after so many: three times the last pause, give or take a fifth.

    What the receiver asks for counts where it is longer.
    """
    planned = min(LONGEST_PAUSE, FIRST_PAUSE * 3.0 ** (attempts - 1))
    spread = planned * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads load; nothing secret)
    return max(spread, min(retry_after or 0.0, LONGEST_PAUSE))


def _note(endpoint_id: int, answer: Answer) -> None:
    """Keep track of how long an endpoint has been failing; leave it alone where that is too long, or it is gone."""
    now = clock.now()
    rows = WebhookEndpoint.objects.filter(pk=endpoint_id)
    if answer.is_taken:
        rows.filter(failing_since__isnull=False).update(failing_since=None)
        return
    rows.filter(failing_since__isnull=True).update(failing_since=now)
    open_rows = rows.filter(paused_at__isnull=True)
    if answer.status == GONE:
        open_rows.update(paused_at=now, pause_reason="The receiver answers 410: it wants no more messages.")
    else:
        reason = f"It has taken nothing for {PAUSED_AFTER.days} days. Last: {answer.error}"
        open_rows.filter(failing_since__lte=now - PAUSED_AFTER).update(paused_at=now, pause_reason=reason[:300])


def is_any_due() -> bool:
    """Whether a message could be sent now."""
    return WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING,
        next_attempt_at__lte=clock.now(),
        endpoint__is_active=True,
        endpoint__paused_at__isnull=True,
    ).exists()


def replay(*, delivery_ids: Sequence[int], actor: User) -> int:
    """Send ended messages again, with the same message id, from the first attempt on; returns how many.

    Raises NotAllowed, InvalidInput where one does not exist, Conflict where one is still being tried.
    """
    _require(actor)
    with transaction.atomic():
        rows = list(
            WebhookDelivery.objects.select_for_update(of=("self",)).filter(pk__in=set(delivery_ids)).order_by("pk")
        )
        if not rows or len(rows) != len(set(delivery_ids)):
            raise InvalidInput("There is no such delivery.", ids=list(delivery_ids))
        waiting = [row.pk for row in rows if row.state == DeliveryState.WAITING]
        if waiting:
            raise Conflict("This message is still being tried; it will be sent by itself.", ids=waiting)
        return _send_again([row.pk for row in rows])


def replay_dead(*, endpoint_id: int, actor: User) -> int:
    """Send every dead message of an endpoint again; returns how many. Raises NotAllowed."""
    _require(actor)
    with transaction.atomic():
        rows = WebhookDelivery.objects.select_for_update(of=("self",)).filter(
            endpoint=endpoint_id, state=DeliveryState.DEAD
        )
        return _send_again(list(rows.order_by("pk").values_list("pk", flat=True)))


def _send_again(ids: Sequence[int]) -> int:
    return WebhookDelivery.objects.filter(pk__in=ids).update(
        state=DeliveryState.WAITING, attempts=0, next_attempt_at=clock.now(), leased_until=None, delivered_at=None
    )


def remove_old() -> int:
    """Remove messages that were taken longer ago than `KEPT`; returns how many. Dead ones stay to be looked at."""
    old = WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED, delivered_at__lt=clock.now() - KEPT)
    return old.delete()[0]


def _require(actor: User) -> None:
    if not actor.has_perm("messaging.change_webhookendpoint"):
        raise NotAllowed("You may not replay messages of webhooks.")
