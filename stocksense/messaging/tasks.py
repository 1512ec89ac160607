"""Delivery that beat asks for."""

from contextlib import suppress

from celery import shared_task
from kombu.exceptions import OperationalError

from stocksense.messaging import idempotency, services
from stocksense.messaging.webhooks import deliveries, dispatch


@shared_task(name="stocksense.messaging.tasks.deliver_outbox")
def deliver_outbox() -> None:
    """Deliver what waits in the outbox, and have webhooks sent where there is anything to send."""
    services.deliver_waiting()
    if deliveries.is_any_due():
        with suppress(OperationalError, OSError):  # without a broker the next round sends them
            deliver_webhooks.apply_async(retry=False, expires=60)


@shared_task(name="stocksense.messaging.tasks.deliver_webhooks")
def deliver_webhooks() -> None:
    """Send the messages to other systems that are due; nothing where another worker does."""
    dispatch.deliver_due()


@shared_task(name="stocksense.messaging.tasks.remove_delivered")
def remove_delivered() -> None:
    """Remove messages that were delivered long ago, inside and to other systems."""
    services.remove_delivered()
    deliveries.remove_old()


@shared_task(name="stocksense.messaging.tasks.remove_old_keys")
def remove_old_keys() -> None:
    """Remove the answers kept for keys that are older than a day."""
    idempotency.remove_old_keys()
