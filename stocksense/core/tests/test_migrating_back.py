"""Migrating back: tables go without a fault, and come again with all that a database needs besides them."""

import logging

import pytest
from django.core.management import call_command
from django.db import connections

from stocksense.core import setup

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "owner"])]


def asked(question: str, *values: object) -> object:
    with connections["owner"].cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("app", "table"), [("planning", "planning_planrun"), ("company", "company_scenario")])
def test_an_app_goes_back_to_nothing_and_comes_again(app, table, caplog):
    web = connections["default"].settings_dict["USER"]
    with caplog.at_level(logging.WARNING, setup.__name__):
        call_command("migrate", app, "zero", verbosity=0)
    assert "set up after the last of them" in caplog.text
    assert asked("SELECT to_regclass(%s)", table) is None
    caplog.clear()
    call_command("migrate", verbosity=0)
    assert "set up after" not in caplog.text
    assert asked("SELECT has_table_privilege(%s, %s, 'INSERT')", web, table)
    assert not asked("SELECT has_table_privilege(%s, %s, 'TRUNCATE')", web, table)
    assert asked("SELECT count(*) FROM company_scenario WHERE is_baseline") == 1
