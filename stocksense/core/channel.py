"""Telling open WebSockets something. What is told may be lost, and never fails the caller."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def tell(group: str, message: dict[str, Any]) -> None:
    """Send `message` (with its `type`) to the sockets that joined `group`."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group, message)
    except (RedisError, OSError) as error:
        logger.warning("open pages were not told about %s: %s", group, error)
