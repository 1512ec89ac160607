"""Counting calls in Redis: one sorted set per limit, one script per decision."""

import secrets
from collections.abc import Sequence
from typing import Any

from stocksense.core import redis

Asked = tuple[str, int, int]
"""Bucket, calls allowed, seconds."""
State = tuple[int, float]
"""Calls left, seconds until one more is free."""

_PREFIX = "limit:"

# The server's clock counts, so all processes agree. Microseconds since 1970 fit a double without loss.
TAKE = """
local function take(first, member, at)
    -- One call against the limits of KEYS from `first` on, whose calls and seconds are ARGV from `at` on.
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local counts, free = {}, true
    for i = first, #KEYS do
        local calls, span = tonumber(ARGV[at + 2 * (i - first)]), tonumber(ARGV[at + 1 + 2 * (i - first)]) * 1000000
        redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('%.0f', now - span))
        counts[i] = redis.call('ZCARD', KEYS[i])
        if counts[i] >= calls then free = false end
    end
    local answer = {free and 1 or 0}
    for i = first, #KEYS do
        local calls, span = tonumber(ARGV[at + 2 * (i - first)]), tonumber(ARGV[at + 1 + 2 * (i - first)]) * 1000000
        if free then
            redis.call('ZADD', KEYS[i], string.format('%.0f', now), member)
            redis.call('PEXPIRE', KEYS[i], span / 1000)
            counts[i] = counts[i] + 1
        end
        local leaving = math.max(counts[i] - calls, 0)
        local oldest = redis.call('ZRANGE', KEYS[i], leaving, leaving, 'WITHSCORES')
        answer[#answer + 1] = math.max(calls - counts[i], 0)
        answer[#answer + 1] = oldest[2] and string.format('%.0f', oldest[2] + span - now) or '0'
    end
    return answer
end
"""
"""A Lua function for scripts that count a call beside something else; `outcome` reads its answer."""
_TAKE = TAKE + "return take(1, ARGV[1], 2)"

_GIVE_BACK = "for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end"


def take(asked: Sequence[Asked]) -> tuple[bool, list[State], str]:
    """(allowed, how each limit stands, the name of this call). Raises one of `redis.UNREACHABLE`."""
    member = secrets.token_hex(8)
    allowed, states = outcome(redis.run(_TAKE, keys=keys(asked), arguments=[member, *arguments(asked)]))
    return allowed, states, member


def keys(asked: Sequence[Asked]) -> list[str]:
    """What `TAKE` counts in."""
    return [_PREFIX + key for key, _, _ in asked]


def arguments(asked: Sequence[Asked]) -> list[int]:
    """Calls and seconds of each limit, as `TAKE` reads them."""
    return [number for _, calls, seconds in asked for number in (calls, seconds)]


def outcome(answer: Sequence[Any]) -> tuple[bool, list[State]]:
    """(allowed, how each limit stands) of what `TAKE` returned."""
    states = [(int(left), int(wait) / 1e6) for left, wait in zip(answer[1::2], answer[2::2], strict=True)]
    return bool(answer[0]), states


def give_back(keys: Sequence[str], member: str) -> None:
    """Forget one call. Raises one of `redis.UNREACHABLE`."""
    redis.run(_GIVE_BACK, keys=[_PREFIX + key for key in keys], arguments=[member])


def clear(keys: Sequence[str]) -> None:
    """Forget all calls in these buckets. Raises one of `redis.UNREACHABLE`."""
    redis.guarded(lambda client: client.delete(*[_PREFIX + key for key in keys]))
