"""Writing down what happens to credentials: a row that nobody changes, and a line in the log."""

import logging
from typing import Any

from stocksense.accounts.models import SecurityEvent, SecurityEventKind, User
from stocksense.core import clock

logger = logging.getLogger("stocksense.security")


def record(
    kind: SecurityEventKind, *, user_id: int | None = None, actor: User | None = None, address: str = "", **detail: Any
) -> None:
    """Write the event in the caller's transaction. `detail` must hold no secret."""
    SecurityEvent.objects.create(
        kind=kind,
        at=clock.now(),
        user_id=user_id,
        actor_id=actor.pk if actor else None,
        address=address or None,
        detail=detail,
    )
    logger.info("%s: user %s, actor %s, from %s %s", kind.value, user_id, actor and actor.pk, address or "-", detail)
