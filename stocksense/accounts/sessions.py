"""Sessions of pages: kept in the database, read from the cache, and good without the cache too.

Django's own `cached_db` answers 500 while the cache is away: it reads the database, then fails to fill the cache.
"""

import logging
from typing import Any

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django_redis.exceptions import ConnectionInterrupted

from stocksense.core import redis

AWAY = (ConnectionInterrupted, *redis.UNREACHABLE)
logger = logging.getLogger(__name__)


COPY_SECONDS = 60
"""How long the cache's copy of a session is good: the most by which a session outlasts its end where the cache was
away and did not hear of it."""


class _BriefCopies:
    """The cache, in which copies of sessions live for a minute and not as long as the session."""

    def __init__(self, cache: Any) -> None:
        self._kept = cache

    def set(self, key: str, value: Any, timeout: int) -> None:
        """Keep a copy."""
        self._kept.set(key, value, min(timeout, COPY_SECONDS))

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)


class SessionStore(cached_db.SessionStore):
    """A session by the cache where that answers, by the database where it does not."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._cache: Any = _BriefCopies(self._cache)

    def load(self) -> dict[str, object]:
        """The session's data; empty where there is none."""
        try:
            return dict(super().load())
        except AWAY:
            return dict(DatabaseStore.load(self))

    def delete(self, session_key: str | None = None) -> None:
        """End the session. Its copy in a cache that is away ends with the cache, or within `COPY_SECONDS`."""
        try:
            super().delete(session_key)
        except AWAY as error:
            logger.warning("a session ended while the cache was away: %s", error)
