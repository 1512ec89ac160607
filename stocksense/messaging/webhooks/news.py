"""Telling other systems: news is written with the change that makes it true, and handed to endpoints after commit."""

from typing import Any
from uuid import uuid4

import orjson

from stocksense.core import clock
from stocksense.messaging import services
from stocksense.messaging.models import News, WebhookDelivery, WebhookEndpoint

TOPIC = "webhooks"
MOST_BYTES = 256 * 1024
"""A message is a summary with a link; receivers read the rest through the API."""


def announce(news: News, data: dict[str, Any]) -> None:
    """Write news in the caller's transaction, for the endpoints that want to hear of it.

    Nothing is written where there are none. Raises ValueError for a message that is too large to send.
    """
    if not WebhookEndpoint.objects.filter(is_active=True, topics__contains=[news.value]).exists():
        return
    services.publish(topic=TOPIC, payload=message(news, data))


def message(news: News, data: dict[str, Any]) -> dict[str, Any]:
    """A message with its id: {id, body}, where body is what is sent to the letter: {type, timestamp, data}.

    Raises ValueError where it is too large to send.
    """
    content = {"type": news.value, "timestamp": clock.now(), "data": data}
    body = orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    if len(body) > MOST_BYTES:
        raise ValueError(f"news of {len(body)} bytes is too large to send")
    return {"id": f"msg_{uuid4().hex}", "news": news.value, "body": body.decode()}


def hand_to_endpoints(payload: dict[str, Any]) -> None:
    """Make one delivery for each endpoint that wants this news; handing it over twice makes no second one."""
    endpoints = WebhookEndpoint.objects.filter(is_active=True, topics__contains=[payload["news"]])
    WebhookDelivery.objects.bulk_create(
        (
            WebhookDelivery(endpoint_id=endpoint, message_id=payload["id"], topic=payload["news"], body=payload["body"])
            for endpoint in endpoints.values_list("pk", flat=True)
        ),
        ignore_conflicts=True,
    )
