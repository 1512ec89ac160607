"""The Redis that carries what may be lost: how it is reached, and what becomes of a request when it is not.

Callers catch `UNREACHABLE` and do without. After a failure the next tries are skipped for a moment, so that requests
do not each wait for a server that does not answer; `always=True` tries even then.
"""

import hashlib
import logging
import os
import threading
import time
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

logger = logging.getLogger(__name__)

UNREACHABLE = (RedisError, OSError)
"""What a command raises where Redis does not answer."""

PAUSE_SECONDS = 1.0
_down_until: dict[str, float] = {}
_clients: list[Redis] = []
_threads = threading.local()


class RedisPaused(RedisError):
    """Redis did not answer a moment ago and is not asked now."""


@lru_cache(maxsize=8)
def _client(url: str) -> Redis:
    # One retry: a connection that a restarted server has closed is noticed only when it is used.
    client = Redis.from_url(
        url, socket_timeout=0.5, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 1), health_check_interval=0
    )
    _clients.append(client)
    return client


def run(script: str, *, keys: list[str], arguments: list[Any], always: bool = False) -> Any:
    """Run one Lua script in one round trip and return its answer. Raises one of `UNREACHABLE`."""
    return guarded(lambda client: _run(client, script, keys, arguments), always=always)


def _run(client: Redis, script: str, keys: list[str], arguments: list[Any]) -> Any:
    """By a connection of this thread: what redis-py does around each command costs twice what the command does."""
    connection = _connection(client)
    digest = _digest(script)
    for attempt in (1, 2):  # a connection that a restarted server has closed is noticed only when it is used
        try:
            try:
                connection.send_command("EVALSHA", digest, len(keys), *keys, *arguments)
                return connection.read_response()
            except NoScriptError:
                connection.send_command("EVAL", script, len(keys), *keys, *arguments)
                return connection.read_response()
        except ResponseError:  # (a whole answer)
            raise
        except BaseException as error:  # an answer that is still on its way must not be taken for the next one's
            connection.disconnect()
            if attempt == 2 or not isinstance(error, UNREACHABLE):
                raise
    raise AssertionError("unreachable")


def _connection(client: Redis) -> Any:
    known: dict[tuple[int, Redis], Any] = _threads.__dict__.setdefault("connections", {})
    name = (os.getpid(), client)
    if name not in known:  # (a child of fork must not speak on its parent's connection)
        pool = client.connection_pool
        known[name] = pool.connection_class(**{**pool.connection_kwargs, "protocol": 2})
    return known[name]


@lru_cache(maxsize=64)
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


def guarded(command: Any, *, always: bool = False) -> Any:
    """`command(client)`, unless Redis failed within the last second. Raises one of `UNREACHABLE`."""
    url = settings.REDIS_URL
    if not always and _down_until.get(url, 0.0) > time.monotonic():
        raise RedisPaused("Redis did not answer a moment ago")
    try:
        answer = command(_client(url))
    except UNREACHABLE as error:
        if url not in _down_until:
            logger.warning("Redis does not answer (%s): limits and access are checked in the database", error)
        _down_until[url] = time.monotonic() + PAUSE_SECONDS
        raise
    if _down_until and _down_until.pop(url, 0.0):
        logger.warning("Redis answers again")
    return answer


def forget_everything() -> None:
    """Empty every Redis that this process has used: for tests, which share one."""
    _down_until.clear()
    for client in _clients:
        try:
            client.flushdb()
        except UNREACHABLE:
            continue
    _down_until.clear()
