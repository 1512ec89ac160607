"""The suite's database and reference data.

Tables are made by the owner role, once for these migrations; tests serve as the web role, as production does.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from stocksense.testing import prepared


@pytest.fixture(scope="session")
def embedded_servers() -> Any:
    """The suite's own PostgreSQL and Valkey, without durability: a crash loses only a test."""
    from stocksense import embedded

    folder = Path(os.environ["STOCKSENSE_TEST_DATA"])
    prepared.fill(folder)
    return embedded.ensure_running(folder, durable=False)


@pytest.fixture(scope="session")
def django_db_setup(embedded_servers: Any, django_db_blocker: Any) -> Iterator[None]:
    """A database of this process, migrated by the owner and served as the web role."""
    from django.core.management import call_command
    from django.db import connections
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = prepared.DATABASE
        call_command("migrate", verbosity=0, interactive=False)  # privileges and permissions follow today's models
        connections["owner"].close()
        TransactionTestCase._fixture_teardown = _truncate_as_owner  # type: ignore[attr-defined]
        yield
        for alias in connections:
            connections[alias].close()


def _connect(settings: dict[str, Any], database: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        dbname=database,
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        host=settings["OPTIONS"].get("host") or settings["HOST"],
        port=settings["PORT"] or None,
        autocommit=True,
    )


_PARTITIONS = """
SELECT child.relname FROM pg_inherits
JOIN pg_class child ON child.oid = pg_inherits.inhrelid
JOIN pg_class parent ON parent.oid = pg_inherits.inhparent
JOIN stocksense_partitioned_table ON stocksense_partitioned_table.name = parent.relname
WHERE child.relkind = 'r'
"""


def _truncate_as_owner(self: Any) -> None:
    """Empty all tables and drop their partitions after a test that committed, as the owner: the web role may not."""
    from django.apps import apps
    from django.db import connections

    from stocksense.core import setup

    settings = connections["owner"].settings_dict
    kept = {"django_content_type", "auth_permission", "django_migrations"}
    every = apps.get_models(include_auto_created=True)
    models = [model for model in every if model._meta.managed and not model._meta.proxy]
    tables = {model._meta.db_table for model in models} - kept
    with _connect(settings, settings["NAME"]) as connection:
        if used := _with_rows(connection, sorted(tables)):
            names = sql.SQL(", ").join(sql.Identifier(table) for table in used)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
        for (partition,) in connection.execute(_PARTITIONS).fetchall():
            connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(partition)))
    setup.run_hooks("default")


def _with_rows(connection: "psycopg.Connection[Any]", tables: list[str]) -> list[str]:
    """Those of `tables` that hold anything: emptying all of them costs far more than asking."""
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(table))
        for table in tables
    )
    return [name for (name,) in connection.execute(asked).fetchall()]


@pytest.fixture
def shared_folder() -> Path:
    """Published cases and a real retailer's sales, kept outside the project; the test skips where absent."""
    folder = Path(os.environ.get("STOCKSENSE_SHARED", "../shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder} (set STOCKSENSE_SHARED)")
    return folder.resolve()


@pytest.fixture(autouse=True)
def patient_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of a test live in its uncommitted transaction, where the heartbeat's own connection cannot see them."""
    from stocksense.jobs import worker

    monkeypatch.setattr(worker, "HEARTBEAT_SECONDS", 600.0)


@pytest.fixture(autouse=True)
def empty_redis() -> Iterator[None]:
    """What a test counted or remembered in Redis is gone after it; tests that did not use it pay nothing."""
    yield
    from stocksense.core import redis

    redis.forget_everything()


@pytest.fixture
def sign_in(client: Any) -> Callable[[Any], Any]:
    """A client signed in as someone."""

    def signed_in(user: Any) -> Any:
        client.force_login(user)
        return client

    return signed_in
