"""Sessions of pages: kept in the database, read from the cache, and good without the cache too.

Django's own `cached_db` answers 500 while the cache is away: it reads the database, then fails to fill the cache.
"""

import logging

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django_redis.exceptions import ConnectionInterrupted

from stocksense.core import redis

AWAY = (ConnectionInterrupted, *redis.UNREACHABLE)
logger = logging.getLogger(__name__)


class SessionStore(cached_db.SessionStore):
    """A session by the cache where that answers, by the database where it does not."""

    def load(self) -> dict[str, object]:
        """The session's data; empty where there is none."""
        try:
            return dict(super().load())
        except AWAY:
            return dict(DatabaseStore.load(self))

    def delete(self, session_key: str | None = None) -> None:
        """End the session. Its copy in a cache that is away ends with the cache, or when it expires."""
        try:
            super().delete(session_key)
        except AWAY as error:
            logger.warning("a session ended while the cache was away: %s", error)
