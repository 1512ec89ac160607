"""News between parts of the system: written with the change, delivered at least once after commit."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from stocksense.core import clock
from stocksense.messaging.models import DeliveryState, OutboxMessage

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], None]
MOST_ATTEMPTS = 10
KEPT = timedelta(days=30)
_handlers: dict[str, list[Handler]] = {}


def subscribe(topic: str, handler: Handler) -> None:
    """Have `handler` called with the payload of each message of `topic`. Handlers must be idempotent."""
    _handlers.setdefault(topic, []).append(handler)


def publish(*, topic: str, payload: dict[str, Any]) -> OutboxMessage:
    """Write news in the caller's transaction."""
    return OutboxMessage.objects.create(topic=topic, payload=payload)


def remove_delivered() -> int:
    """Remove messages delivered longer ago than `KEPT`; returns how many went. Dead ones stay to be looked at."""
    old = OutboxMessage.objects.filter(state=DeliveryState.DELIVERED, delivered_at__lt=clock.now() - KEPT)
    return old.delete()[0]


def deliver_waiting(*, most: int = 500) -> int:
    """Deliver waiting messages, oldest first; returns how many were delivered.

    A failing handler keeps its message, and those of its topic behind it, waiting with growing pauses; after ten
    attempts the message is dead and logged, and the next one has its turn.
    """
    earlier = OutboxMessage.objects.filter(topic=OuterRef("topic"), pk__lt=OuterRef("pk"), state=DeliveryState.WAITING)
    delivered = 0
    for _ in range(most):
        with transaction.atomic():
            message = (
                OutboxMessage.objects.select_for_update(of=("self",), skip_locked=True)
                .filter(~Exists(earlier), state=DeliveryState.WAITING, next_attempt_at__lte=clock.now())
                .first()
            )
            if message is None:
                return delivered
            delivered += _deliver(message)
    return delivered


def _deliver(message: OutboxMessage) -> bool:
    message.attempts += 1
    try:
        with transaction.atomic():
            for handler in _handlers.get(message.topic, []):
                handler(message.payload)
    except Exception as error:
        logger.exception(
            "message %s (%s) could not be delivered, attempt %s", message.pk, message.topic, message.attempts
        )
        message.last_error = f"{type(error).__name__}: {error}"
        message.next_attempt_at = clock.now() + timedelta(seconds=min(3600, 5 * 2**message.attempts))
        if message.attempts >= MOST_ATTEMPTS:
            message.state = DeliveryState.DEAD
        message.save()
        return False
    message.state, message.delivered_at = DeliveryState.DELIVERED, clock.now()
    message.save()
    return True
