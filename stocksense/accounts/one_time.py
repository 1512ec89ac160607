"""Tokens that are used once and soon: random, stored as digests, used up by the statement that finds them."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction

from stocksense.accounts.models import OneTimeKind, OneTimeToken
from stocksense.core import clock


def issue(kind: OneTimeKind, *, user_id: int, lifetime: timedelta, attempts: int = 1, **data: Any) -> str:
    """A new token. What it stands for is kept with it, in the database."""
    text = secrets.token_urlsafe(32)
    OneTimeToken.objects.create(
        kind=kind,
        digest=_digest(text),
        user_id=user_id,
        data=data,
        attempts_left=attempts,
        expires_at=clock.now() + lifetime,
    )
    return text


def redeem(kind: OneTimeKind, text: str) -> tuple[int, dict[str, Any]] | None:
    """(user id, data) of a token, which is used up by that; None where there is none that is good.

    One DELETE … RETURNING: of many at once the database lets one have the row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_onetimetoken WHERE kind = %s AND digest = %s AND expires_at > %s"
            " RETURNING user_id, data::text",
            [kind, _digest(text), clock.now()],
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], orjson.loads(row[1]))


def use_code(kind: OneTimeKind, *, user_id: int, code: str, lifetime: timedelta) -> bool:
    """Note that this user used this code; False where it was noted before and not yet forgotten."""
    try:
        with transaction.atomic():
            OneTimeToken.objects.create(
                kind=kind, digest=_digest(f"{user_id}|{code}"), user_id=user_id, expires_at=clock.now() + lifetime
            )
    except IntegrityError:
        return False
    return True


def find_locked(kind: OneTimeKind, text: str) -> OneTimeToken | None:
    """The row of a token that is good, locked for the caller's transaction."""
    rows = OneTimeToken.objects.select_for_update(of=("self",))
    return rows.filter(kind=kind, digest=_digest(text), expires_at__gt=clock.now()).first()


def remove_expired() -> int:
    """Remove what is past its time; returns how many went."""
    return OneTimeToken.objects.filter(expires_at__lt=clock.now()).delete()[0]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
