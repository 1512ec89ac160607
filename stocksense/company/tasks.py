"""Upkeep that beat asks for."""

from celery import shared_task

from stocksense.company import retention


@shared_task(name="stocksense.company.tasks.drop_old_runs")
def drop_old_runs() -> None:
    """Let run outputs age out."""
    retention.drop_old_runs()
