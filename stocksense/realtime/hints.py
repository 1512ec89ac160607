"""Telling open pages that something changed. A hint carries no state and may be lost."""

from django.db import transaction

from stocksense.core import channel


def job_group(job_id: int) -> str:
    """The group of pages that show a job."""
    return f"job.{job_id}"


def planning_group(scenario_id: int) -> str:
    """The group of pages that show a scenario's plan: told of new plans and of decisions."""
    return f"planning.{scenario_id}"


def publish_after_commit(group: str) -> None:
    """Hint `group` once the running transaction is committed (at once without one)."""
    transaction.on_commit(lambda: channel.tell(group, {"type": "changed"}))
