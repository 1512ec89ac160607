"""Answers kept for the Idempotency-Key of their request: one row each, written in the effect's own transaction."""

from datetime import timedelta
from hashlib import blake2b

import orjson

from stocksense.core import clock
from stocksense.core.api.idempotency import KeyInUse, StoredAnswer
from stocksense.core.database import attribution, prepared
from stocksense.messaging.models import IdempotencyKey

KEPT = timedelta(hours=24)

_TABLE = "messaging_idempotencykey"
_CLAIM = f"""
SELECT pg_try_advisory_xact_lock(%s::bigint), kept.fingerprint, kept.status, kept.body, kept.headers{{told}}
FROM (SELECT 1) AS one
LEFT JOIN {_TABLE} AS kept ON kept.principal = %s AND kept.key = %s AND kept.created_at > %s
"""
_KEEP = f"""
INSERT INTO {_TABLE} (principal, key, fingerprint, status, body, headers, created_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s)
ON CONFLICT (principal, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
    body = excluded.body, headers = excluded.headers, created_at = excluded.created_at
WHERE {_TABLE}.created_at <= %s RETURNING true
"""


class KeyTable:
    """The store behind `core.api.idempotency`.

    A key is held by a transaction-level advisory lock: it goes with the transaction, also when the process dies.
    Lock and look are one statement; an answer committed between them is noticed by the unique key when ours is kept.
    """

    def claim(self, *, principal: str, key: str) -> StoredAnswer | None:
        """The answer stored for the key, else None with the key held until the transaction's end.

        Raises KeyInUse where another transaction holds it.
        """
        told, values = attribution.telling()  # (what is done under the key writes, if it does anything)
        asked = [_lock(principal, key), *values, principal, key, clock.now() - KEPT]
        sql = _CLAIM.format(told=f", {told}" if told else "")
        ((held, fingerprint, status, body, headers, *_),) = prepared.rows(sql, asked)
        if status is not None:
            return StoredAnswer(bytes(fingerprint), status, bytes(body), orjson.loads(headers))
        if not held:
            raise KeyInUse
        return None

    def find(self, *, principal: str, key: str) -> StoredAnswer | None:
        """The answer stored for the key."""
        rows = IdempotencyKey.objects.filter(principal=principal, key=key, created_at__gt=clock.now() - KEPT)
        found = rows.first()
        if found is None:
            return None
        return StoredAnswer(bytes(found.fingerprint), found.status, bytes(found.body), found.headers)

    def keep(self, *, principal: str, key: str, answer: StoredAnswer) -> None:
        """Store the answer in the running transaction. Raises KeyInUse where another did so meanwhile."""
        now = clock.now()
        headers = orjson.dumps(dict(answer.headers)).decode()
        values = (principal, key, answer.fingerprint, answer.status, answer.body, headers, now)
        if not prepared.rows(_KEEP, (*values, now - KEPT)):
            raise KeyInUse


def remove_old_keys(*, at_once: int = 10_000) -> int:
    """Remove keys older than `KEPT`, in parts so that no lock is long; returns how many went."""
    removed = 0
    while True:
        old = IdempotencyKey.objects.filter(created_at__lte=clock.now() - KEPT).order_by("created_at")
        gone = IdempotencyKey.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:at_once])).delete()[0]
        removed += gone
        if gone < at_once:
            return removed


def _lock(principal: str, key: str) -> int:
    name = f"idempotency:{principal}:{key}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), signed=True)
