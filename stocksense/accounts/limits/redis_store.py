"""Counting calls in Redis: one sorted set per limit, one script per decision."""

import secrets
from collections.abc import Sequence

from stocksense.core import redis

Asked = tuple[str, int, int]
"""Bucket, calls allowed, seconds."""
State = tuple[int, float]
"""Calls left, seconds until one more is free."""

_PREFIX = "limit:"

# The server's clock counts, so all processes agree. Microseconds since 1970 fit a double without loss.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local counts, free = {}, true
for i, key in ipairs(KEYS) do
    local calls, span = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1]) * 1000000
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - span))
    counts[i] = redis.call('ZCARD', key)
    if counts[i] >= calls then free = false end
end
local answer = {free and 1 or 0}
for i, key in ipairs(KEYS) do
    local calls, span = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1]) * 1000000
    if free then
        redis.call('ZADD', key, string.format('%.0f', now), ARGV[1])
        redis.call('PEXPIRE', key, span / 1000)
        counts[i] = counts[i] + 1
    end
    local leaving = math.max(counts[i] - calls, 0)
    local oldest = redis.call('ZRANGE', key, leaving, leaving, 'WITHSCORES')
    answer[#answer + 1] = math.max(calls - counts[i], 0)
    answer[#answer + 1] = oldest[2] and string.format('%.0f', oldest[2] + span - now) or '0'
end
return answer
"""

_GIVE_BACK = "for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end"


def take(asked: Sequence[Asked]) -> tuple[bool, list[State], str]:
    """(allowed, how each limit stands, the name of this call). Raises one of `redis.UNREACHABLE`."""
    member = secrets.token_hex(8)
    arguments: list[object] = [member]
    for _, calls, seconds in asked:
        arguments += [calls, seconds]
    answer = redis.run(_TAKE, keys=[_PREFIX + key for key, _, _ in asked], arguments=arguments)
    states = [(int(left), int(wait) / 1e6) for left, wait in zip(answer[1::2], answer[2::2], strict=True)]
    return bool(answer[0]), states, member


def give_back(keys: Sequence[str], member: str) -> None:
    """Forget one call. Raises one of `redis.UNREACHABLE`."""
    redis.run(_GIVE_BACK, keys=[_PREFIX + key for key in keys], arguments=[member])


def clear(keys: Sequence[str]) -> None:
    """Forget all calls in these buckets. Raises one of `redis.UNREACHABLE`."""
    redis.guarded(lambda client: client.delete(*[_PREFIX + key for key in keys]))
