"""One limiter for sign-in and API: at most so many calls in any span of time, counted exactly, whoever asks at once.

`take` counts a call against several limits in one step: all of them, or none where one is exhausted. It runs as one
Lua script in Redis; while Redis does not answer the same is counted in PostgreSQL under row locks. Where neither
answers the database's error is raised: the request could not be served anyway, and nobody gets through uncounted.
Counts are not carried over when Redis fails or comes back: at worst a failing Redis allows each limit twice.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from stocksense.accounts.limits import database_store, redis_store
from stocksense.core import redis


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any `seconds`, for whatever `key` names. `policy` is its name in the answers' headers."""

    key: str
    calls: int
    seconds: int
    policy: str = "default"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands: calls left now, and seconds until one more is free than now."""

    limit: Limit
    remaining: int
    reset_seconds: float


@dataclass(frozen=True, slots=True)
class Taken:
    """The outcome of `take`. `member` names this call in its buckets, for `give_back`."""

    allowed: bool
    standings: tuple[Standing, ...]
    member: str
    in_redis: bool

    @property
    def retry_after(self) -> int:
        """Whole seconds after which all limits have room again; 0 where the call was allowed."""
        if self.allowed:
            return 0
        return max(1, *(ceil(standing.reset_seconds) for standing in self.standings if not standing.remaining))


@lru_cache(maxsize=256)
def parse_rate(text: str) -> tuple[int, int]:
    """(calls, seconds) of a rate such as '20/min', '5/300s' or '10/h'. Raises ValueError for anything else."""
    calls, _, span = text.strip().partition("/")
    digits = span.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
    try:
        seconds = int(digits or 1) * unit[span[len(digits) :]]
        count = int(calls)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{text!r} is no rate, such as 20/min or 5/300s") from error
    if count < 1 or seconds < 1:
        raise ValueError(f"{text!r} allows nothing")
    return count, seconds


def bucket(*parts: object) -> str:
    """A bucket's key: what it is about in clear, who it is about as a digest (no address or e-mail is kept)."""
    first, *others = (str(part) for part in parts)
    return f"{first}:{hashlib.sha256('|'.join(others).encode()).hexdigest()[:40]}"


def take(limits: Sequence[Limit]) -> Taken:
    """Count one call against all of `limits`, or against none where one is exhausted."""
    asked = as_asked(limits)
    in_redis = True
    try:
        allowed, states, member = redis_store.take(asked)
    except redis.UNREACHABLE:
        in_redis = False
        allowed, states, member = database_store.take(asked)
    return taken(limits, allowed, states, member, in_redis=in_redis)


def as_asked(limits: Sequence[Limit]) -> list[redis_store.Asked]:
    """The limits as their stores read them."""
    return [(limit.key, limit.calls, limit.seconds) for limit in limits]


def taken(
    limits: Sequence[Limit], allowed: bool, states: Sequence[redis_store.State], member: str, *, in_redis: bool
) -> Taken:
    """The outcome of a call that a store has counted."""
    standings = tuple(Standing(limit, *state) for limit, state in zip(limits, states, strict=True))
    return Taken(allowed, standings, member, in_redis)


def give_back(taken: Taken) -> None:
    """Take a counted call back, as if it had not been made (a sign-in that succeeded)."""
    if not taken.allowed:
        return
    keys = [standing.limit.key for standing in taken.standings]
    if not taken.in_redis:
        database_store.give_back(keys, taken.member)
        return
    with suppress(*redis.UNREACHABLE):  # a success counted as a failure: the limit is a little tighter
        redis_store.give_back(keys, taken.member)


def clear(keys: Sequence[str]) -> None:
    """Forget all calls counted in these buckets."""
    with suppress(*redis.UNREACHABLE):
        redis_store.clear(keys)
    database_store.clear(keys)
