"""Upkeep that beat asks for."""

from celery import shared_task

from stocksense.jobs import services


@shared_task(name="stocksense.jobs.tasks.requeue_lost_jobs")
def requeue_lost_jobs() -> None:
    """Send jobs without a living worker again."""
    services.requeue_lost_jobs()
