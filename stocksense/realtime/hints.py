"""Telling open pages that something changed. A hint carries no state and may be lost."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def job_group(job_id: int) -> str:
    """The group of pages that show a job."""
    return f"job.{job_id}"


def planning_group(scenario_id: int) -> str:
    """The group of pages that show a scenario's plan: told of new plans and of decisions."""
    return f"planning.{scenario_id}"


def publish_after_commit(group: str) -> None:
    """Hint `group` once the running transaction is committed (at once without one)."""
    transaction.on_commit(lambda: _publish(group))


def _publish(group: str) -> None:
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group, {"type": "changed"})
    except (RedisError, OSError) as error:
        logger.warning("open pages were not told about %s: %s", group, error)
