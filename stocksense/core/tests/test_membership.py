"""Conditions on many ids, in one parameter."""

import pytest
from django.db import connection

from stocksense.core.database.membership import none_of, one_of
from stocksense.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs():
    return [Job.objects.create(kind="a kind", title=str(number)).pk for number in range(3)]


def found(condition):
    return sorted(Job.objects.filter(condition).values_list("pk", flat=True))


def test_rows_among_the_ids_and_the_others_are_told_apart(jobs):
    assert found(one_of("pk", [jobs[0], jobs[2], 2**40])) == [jobs[0], jobs[2]]
    assert found(none_of("pk", [jobs[0], jobs[2], 2**40])) == [jobs[1]]


def test_no_ids_are_in_no_row_and_outside_of_all(jobs):
    assert found(one_of("pk", [])) == []
    assert found(none_of("pk", [])) == jobs


def test_thousands_of_ids_are_one_parameter(jobs):
    query = Job.objects.filter(none_of("pk", range(10**9, 10**9 + 5000)))
    _, parameters = query.query.sql_with_params()
    assert len(parameters) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert query.count() == 3


@pytest.mark.parametrize("wrong", ["1}'::bigint[]) OR (1=1", "x", None])
def test_what_is_no_number_is_refused(wrong):
    with pytest.raises((ValueError, TypeError)):
        one_of("pk", [wrong])
