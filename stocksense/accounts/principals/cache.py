"""What Redis remembers of principals, so that it never holds what was read before a change and written after it.

Filling follows the leases of memcached at Facebook (Nishtala et al. 2013, §3.2.1): a reader that misses gets a lease,
reads the database, and may write only while the lease is still its own. Forgetting takes the value and the lease away
together, after the change is committed. A reader that read before the commit has lost its lease by then; one that gets
a lease later reads what was committed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from stocksense.accounts import limits
from stocksense.accounts.limits import Limit, Taken, redis_store
from stocksense.core import redis

SECONDS = 30
"""How long a value lives: the most by which access outlasts a change whose forgetting Redis did not hear of."""
_LEASE_MILLISECONDS = 5_000

_READ = """
local value = redis.call('GET', KEYS[1])
if value then return value end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""
_ADMIT = (
    redis_store.TAKE
    + """
local value = redis.call('GET', KEYS[1])
if not value then
    if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {1} end
    return {0}
end
local first = string.match(value, '^[^\\n]*')
if string.find(first, ARGV[3], 1, true) ~= 1 or not string.find(first, ARGV[4], 1, true) then return {value} end
return {value, unpack(take(3, ARGV[1], 5))}
"""
)
_FILL = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing is remembered. Whoever holds a lease (`token` is not blank) may fill it in."""

    name: str
    token: str


def read(name: str) -> bytes | Miss:
    """The value remembered under `name`. Where Redis does not answer nothing is, and nothing may be filled in."""
    token = secrets.token_hex(8)
    try:
        found = redis.run(_READ, keys=_keys(name), arguments=[token, _LEASE_MILLISECONDS])
    except redis.UNREACHABLE:
        return Miss(name, "")
    if isinstance(found, bytes):
        return found
    return Miss(name, token if found else "")


def admit(name: str, *, start: str, part: str, counted: Sequence[Limit]) -> tuple[bytes | Miss, Taken | None]:
    """As `read`, and one call counted against `counted`, in one step and only where the value lets the caller in.

    It does where its first line begins with `start` and holds `part`. None where nothing was counted.
    """
    token = secrets.token_hex(8)
    asked = limits.as_asked(counted)
    try:
        answer = redis.run(
            _ADMIT,
            keys=[*_keys(name), *redis_store.keys(asked)],
            arguments=[token, _LEASE_MILLISECONDS, start, part, *redis_store.arguments(asked)],
        )
    except redis.UNREACHABLE:
        return Miss(name, ""), None
    found = answer[0]
    if not isinstance(found, bytes):
        return Miss(name, token if found else ""), None
    if len(answer) == 1:
        return found, None
    allowed, states = redis_store.outcome(answer[1:])
    return found, limits.taken(counted, allowed, states, token, in_redis=True)


def fill(miss: Miss, value: bytes) -> bool:
    """Remember `value`, read from the database after the miss; False where it may be outdated by now."""
    if not miss.token:
        return False
    try:
        return bool(redis.run(_FILL, keys=_keys(miss.name), arguments=[miss.token, value, SECONDS * 1000]))
    except redis.UNREACHABLE:
        return False


def forget(*names: str) -> bool:
    """Forget values and the leases on them; False where Redis did not hear of it."""
    if not names:
        return True
    keys = [key for name in names for key in _keys(name)]
    try:
        redis.guarded(lambda client: client.delete(*keys), always=True)
    except redis.UNREACHABLE:
        return False
    return True


def _keys(name: str) -> list[str]:
    return [f"principal:{name}", f"principal-lease:{name}"]
