"""Endpoints: made, changed, paused and resumed, their secrets shown once and changed over without a gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from stocksense.accounts.models import User
from stocksense.core.errors import InvalidInput, NotAllowed
from stocksense.messaging.models import News, WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks import addresses, news, sealing

OFFERED = tuple(one for one in News if one is not News.TEST)


@dataclass(frozen=True)
class WithSecret:
    """An endpoint and its new secret, which nobody is shown again."""

    endpoint: WebhookEndpoint
    secret: str


def create_endpoint(
    *, url: str, topics: Sequence[str], actor: User, description: str = "", is_active: bool = True
) -> WithSecret:
    """Make an endpoint with a new secret. Raises NotAllowed, AddressRefused, InvalidInput for unknown topics."""
    _require(actor, "add")
    secret = sealing.new_secret()
    made = WebhookEndpoint.objects.create(
        url=_checked(url),
        topics=_known(topics),
        description=description,
        is_active=is_active,
        secret=sealing.seal(secret),
        created_by=actor,
    )
    return WithSecret(made, secret)


def change_endpoint(*, endpoint_id: int, actor: User, **changes: Any) -> WebhookEndpoint:
    """Set url, topics, description or is_active. Errors as for making one."""
    _require(actor, "change")
    with transaction.atomic():
        row = _locked(endpoint_id)
        if "url" in changes:
            row.url = _checked(changes["url"])
        if "topics" in changes:
            row.topics = _known(changes["topics"])
        row.description = changes.get("description", row.description)
        row.is_active = changes.get("is_active", row.is_active)
        row.save()
    return row


def remove_endpoint(*, endpoint_id: int, actor: User) -> None:
    """Remove an endpoint with its deliveries, those that wait too. Raises NotAllowed, InvalidInput."""
    _require(actor, "delete")
    with transaction.atomic():
        _locked(endpoint_id).delete()


def rotate_secret(*, endpoint_id: int, actor: User) -> WithSecret:
    """Give the endpoint a new secret; the present one signs beside it until `end_rotation`. Raises NotAllowed."""
    _require(actor, "change")
    secret = sealing.new_secret()
    with transaction.atomic():
        row = _locked(endpoint_id)
        row.previous_secret, row.secret = row.secret, sealing.seal(secret)
        row.save()
    return WithSecret(row, secret)


def end_rotation(*, endpoint_id: int, actor: User) -> WebhookEndpoint:
    """Stop signing with the secret of before. Raises NotAllowed."""
    _require(actor, "change")
    with transaction.atomic():
        row = _locked(endpoint_id)
        row.previous_secret = ""
        row.save()
    return row


def resume(*, endpoint_id: int, actor: User) -> WebhookEndpoint:
    """Send again what waits for a paused endpoint. Raises NotAllowed."""
    _require(actor, "change")
    with transaction.atomic():
        row = _locked(endpoint_id)
        row.paused_at, row.pause_reason, row.failing_since = None, "", None
        row.save()
    return row


def send_test(*, endpoint_id: int, actor: User) -> WebhookDelivery:
    """Have a test message delivered to this endpoint alone, whatever it wants to hear. Raises NotAllowed."""
    _require(actor, "change")
    with transaction.atomic():
        row = _locked(endpoint_id)
        made = news.message(News.TEST, {"endpoint": row.pk, "asked_by": actor.email})
        return WebhookDelivery.objects.create(endpoint=row, message_id=made["id"], topic=News.TEST, body=made["body"])


def _locked(endpoint_id: int) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=endpoint_id).first()
    if row is None:
        raise InvalidInput(f"There is no webhook {endpoint_id}.", webhook=endpoint_id)
    return row


def _require(actor: User, verb: str) -> None:
    if not actor.has_perm(f"messaging.{verb}_webhookendpoint"):
        raise NotAllowed(f"You may not {verb} webhooks.")


def _checked(url: str) -> str:
    addresses.checked_url(url, addresses.rules())
    return url


def _known(topics: Sequence[str]) -> list[str]:
    unknown = [topic for topic in topics if topic not in OFFERED]
    if unknown or not topics:
        raise InvalidInput(
            f"Choose at least one of {', '.join(OFFERED)}{'; not known: ' if unknown else ''}{', '.join(unknown)}.",
            topics=unknown,
        )
    return list(dict.fromkeys(topics))
