"""How long the database lets a process wait, work on a statement and leave a transaction alone."""

import importlib
import os

import environ
import pytest
from django.db import OperationalError, connection, transaction

from stocksense.core.database.busy import is_busy
from stocksense.settings import env


def test_web_processes_wait_short_and_others_long(monkeypatch):
    monkeypatch.setenv("DATABASE_TIME_LIMITS", "requests")
    assert env.time_limits() == (
        "-c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
    )
    monkeypatch.delenv("DATABASE_TIME_LIMITS")
    assert env.time_limits() == (
        "-c lock_timeout=600s -c statement_timeout=0s -c idle_in_transaction_session_timeout=900s"
    )
    assert {options["OPTIONS"]["options"] for options in env.databases(connection_options={}).values()} == {
        env.time_limits()
    }
    monkeypatch.setenv("DATABASE_TIME_LIMITS", "none")
    assert "options" not in env.databases(connection_options={})["default"]["OPTIONS"]
    monkeypatch.setenv("DATABASE_TIME_LIMITS", "soon")
    with pytest.raises(environ.ImproperlyConfigured, match="choose requests, background or none"):
        env.time_limits()


def test_what_the_address_says_of_limits_stands(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@host/db?options=-c%20lock_timeout%3D3s")
    found = env.databases(connection_options={"application_name": "stocksense"})["default"]["OPTIONS"]
    assert found == {"options": "-c lock_timeout=3s", "application_name": "stocksense"}


@pytest.mark.parametrize("entry", ["wsgi", "asgi"])
def test_both_web_entries_ask_for_the_limits_of_requests(monkeypatch, entry):
    monkeypatch.setenv("DATABASE_TIME_LIMITS", "")
    monkeypatch.delenv("DATABASE_TIME_LIMITS")
    importlib.reload(importlib.import_module(f"stocksense.{entry}"))
    assert os.environ["DATABASE_TIME_LIMITS"] == "requests"


@pytest.mark.django_db
def test_the_suites_connections_give_up_on_locks():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("1min",)


@pytest.mark.django_db
def test_a_statement_that_is_stopped_is_told_as_busy():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5ms'")
        with pytest.raises(OperationalError) as told, transaction.atomic():
            cursor.execute("SELECT pg_sleep(2)")
    assert is_busy(told.value)
    assert not is_busy(OperationalError("host is down"))
    assert not is_busy(None)
