"""A database of an older version is carried along where its migrations are whole, and refused where they are not."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.migrations import Migration

from stocksense.core import serving
from stocksense.core.database.replaced import missing_of_begun

LAST = ("planning", "0010_row_history")


@pytest.mark.parametrize(
    ("applied", "missing"),
    [
        ([], []),
        (["0001", "0002", "0003"], []),
        (["0001"], ["jobs.0002", "jobs.0003"]),
        (["0002", "0003"], ["jobs.0001"]),
    ],
)
def test_what_is_missing_where_some_of_the_replaced_migrations_ran(applied, missing):
    squashed = Migration("0001_squashed_0003", "jobs")
    squashed.replaces = [("jobs", "0001"), ("jobs", "0002"), ("jobs", "0003")]
    later = Migration("0004", "jobs")
    assert missing_of_begun([squashed, later], {("jobs", name) for name in applied}) == missing


def forget(*names: tuple[str, str]) -> None:
    with connections["owner"].cursor() as cursor:
        for app, name in names:
            cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])
            assert cursor.rowcount == 1


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_database_that_stopped_among_replaced_migrations_is_refused():
    forget(LAST, ("planning", "0001_squashed_0010_row_history"))
    for command in (lambda: call_command("migrate", verbosity=0), serving.tables_are_missing):
        with pytest.raises(CommandError, match=r"gone since: planning\.0010_row_history\. .* make demo-reset"):
            command()


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_database_on_which_all_replaced_migrations_ran_is_carried_along():
    forget(("planning", "0001_squashed_0010_row_history"))
    assert not serving.tables_are_missing()
