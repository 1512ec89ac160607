"""Telling open WebSockets something. What is told may be lost, and never fails the caller."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
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
    send = async_to_sync(layer.group_send)
    try:
        if _in_event_loop():  # which cannot wait for itself: the sending gets a loop in a thread of its own
            with ThreadPoolExecutor(max_workers=1) as thread:
                thread.submit(send, group, message).result()
        else:
            send(group, message)
    except (RedisError, OSError) as error:
        logger.warning("open pages were not told about %s: %s", group, error)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
