"""When keys were last used: noted at most once a minute for each key, written for all of them together."""

import time
from contextlib import suppress
from datetime import UTC, datetime

from django.db import connection
from django.db.models import F, Q

from stocksense.accounts.models import ApiKey
from stocksense.core import redis

_NOTES = "api-keys:used"
_MINUTE = 60.0
_noted: dict[tuple[str, int], float] = {}
_MOST_REMEMBERED = 10_000

_TAKE = """
local notes = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return notes
"""


def note(key_id: int) -> None:
    """Note that a key is used now; nothing happens where this process did so within a minute."""
    now, name = time.time(), (connection.alias, key_id)
    if now - _noted.get(name, 0.0) < _MINUTE:
        return
    if len(_noted) > _MOST_REMEMBERED:
        _noted.clear()
    _noted[name] = now
    try:
        redis.guarded(lambda client: client.hset(_NOTES, str(key_id), str(now)))
    except redis.UNREACHABLE:
        _write({key_id: now})


def write_notes() -> int:
    """Write what was noted since the last time; returns how many keys were used."""
    notes: list[bytes] = []
    with suppress(*redis.UNREACHABLE):
        notes = redis.run(_TAKE, keys=[_NOTES], arguments=[])
    found = {int(key): float(at) for key, at in zip(notes[::2], notes[1::2], strict=True)}
    for key_id, at in found.items():
        _write({key_id: at})
    return len(found)


def _write(found: dict[int, float]) -> None:
    for key_id, at in found.items():
        moment = datetime.fromtimestamp(at, tz=UTC)
        unused = Q(last_used_at=None) | Q(last_used_at__lt=moment)
        ApiKey.objects.filter(unused, pk=key_id).update(last_used_at=moment, updated_at=F("updated_at"))
