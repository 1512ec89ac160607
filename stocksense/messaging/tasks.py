"""Delivery that beat asks for."""

from celery import shared_task

from stocksense.messaging import idempotency, services


@shared_task(name="stocksense.messaging.tasks.deliver_outbox")
def deliver_outbox() -> None:
    """Deliver what waits in the outbox."""
    services.deliver_waiting()


@shared_task(name="stocksense.messaging.tasks.remove_delivered")
def remove_delivered() -> None:
    """Remove messages that were delivered long ago."""
    services.remove_delivered()


@shared_task(name="stocksense.messaging.tasks.remove_old_keys")
def remove_old_keys() -> None:
    """Remove the answers kept for keys that are older than a day."""
    idempotency.remove_old_keys()
