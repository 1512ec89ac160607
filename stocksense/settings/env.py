"""The only reader of the process environment. Every setting that a deployment may change is named here."""

from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

ENGINE = "stocksense.core.database.backend"

env = environ.Env()


def data_folder() -> Path:
    """Folder of the embedded servers and of uploaded files; one folder is one company."""
    return Path(env.str("STOCKSENSE_DATA", default=str(BASE_DIR / ".stocksense"))).expanduser().resolve()


def uses_embedded_database() -> bool:
    """True where no database server is named, so that the pip-installed PostgreSQL serves this folder."""
    return not env.str("DATABASE_URL", default="")


def uses_embedded_redis() -> bool:
    """True where no Redis is named, so that the pip-installed Valkey serves this folder."""
    return not env.str("REDIS_URL", default="")


def database_urls() -> dict[str, str]:
    """Connection URLs by Django alias: `default` serves, `owner` migrates, `portal` serves suppliers.

    With one URL only, all three aliases use it (a deployment whose host gives one role).
    """
    if uses_embedded_database():
        from stocksense import embedded

        places = embedded.endpoints(data_folder())
        return {
            "default": places.database_url,
            "owner": places.database_owner_url,
            "portal": places.database_portal_url,
        }
    url = env.str("DATABASE_URL")
    return {
        "default": url,
        "owner": env.str("DATABASE_OWNER_URL", default="") or url,
        "portal": env.str("DATABASE_PORTAL_URL", default="") or url,
    }


LONGEST = {
    "requests": {"lock_timeout": 10, "statement_timeout": 60, "idle_in_transaction_session_timeout": 60},
    "background": {"lock_timeout": 600, "statement_timeout": 0, "idle_in_transaction_session_timeout": 900},
}
"""Seconds that PostgreSQL lets a process wait for a lock, work on one statement, and leave a transaction alone (0: as
long as it takes). Who waits longer is refused, clearly and with nothing changed, instead of hanging; who leaves a
transaction open holds up others no longer than that. Web processes ask for the first, all others work by the second.
"""


def time_limits() -> str:
    """The limits of this process (DATABASE_TIME_LIMITS: requests, background or none) as options of a connection."""
    kind = env.str("DATABASE_TIME_LIMITS", default="background")
    if kind == "none":
        return ""
    if kind not in LONGEST:
        raise environ.ImproperlyConfigured(
            f"DATABASE_TIME_LIMITS is {kind!r}: choose requests, background or none (for poolers without options)."
        )
    return " ".join(f"-c {name}={seconds}s" for name, seconds in LONGEST[kind].items())


def databases(*, connection_options: dict[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    """Django's DATABASES for the three roles; `connection_options` add to those the URL carries."""
    configured = {}
    limits = time_limits()
    if limits:
        connection_options = {"options": limits, **connection_options}
    for alias, url in database_urls().items():
        parsed = environ.Env.db_url_config(url)
        given = parsed.get("OPTIONS", {})
        parsed["OPTIONS"] = {**given, **connection_options, **{k: given[k] for k in given if k == "options"}}
        configured[alias] = {**parsed, **settings, "ENGINE": ENGINE}
    return configured


def redis_urls() -> tuple[str, str]:
    """(URL for redis-py, URL for Celery's broker) of the Redis that carries hints, cache and the task queue."""
    if uses_embedded_redis():
        from stocksense import embedded

        places = embedded.endpoints(data_folder())
        return places.redis_url, places.celery_broker_url
    url = env.str("REDIS_URL")
    return url, env.str("CELERY_BROKER_URL", default="") or url
