"""Frames read by COPY keep the types of their query; arrays go to PostgreSQL and come back."""

from datetime import date

import numpy as np
import polars
import pytest
from django.db import connection

from stocksense.core.database.copy import array_text, parse_arrays, read_frame

pytestmark = pytest.mark.django_db


def test_each_type_of_the_query_has_its_column_type():
    frame = read_frame(
        "SELECT 1::smallint AS small, 2::bigint AS big, 1.25::numeric AS money, 0.5::real AS share,"
        " date '2026-11-16' AS day, true AS yes, 'x'::text AS word, 'y'::varchar(5) AS code"
    )
    assert dict(frame.schema) == {
        "small": polars.Int64, "big": polars.Int64, "money": polars.Float64, "share": polars.Float64,
        "day": polars.Date, "yes": polars.Boolean, "word": polars.String, "code": polars.String,
    }  # fmt: skip
    assert frame.row(0) == (1, 2, 1.25, 0.5, date(2026, 11, 16), True, "x", "y")


def test_text_that_looks_like_a_number_stays_text():
    assert read_frame("SELECT '007' AS sku, '1e3' AS code, '2026-11-16' AS label").row(0) == (
        "007",
        "1e3",
        "2026-11-16",
    )


def test_text_keeps_its_quotes_commas_and_lines():
    assert read_frame("SELECT %(text)s::text AS name, 1 AS one", {"text": 'a "b", c\nd é'}).row(0) == (
        'a "b", c\nd é',
        1,
    )


def test_nulls_stay_null_and_empty_text_stays_empty():
    frame = read_frame(
        "SELECT NULL::text AS nothing, ''::text AS empty, NULL::bigint AS number, NULL::date AS day,"
        " NULL::boolean AS yes"
    )
    assert frame.row(0) == (None, "", None, None, None)


def test_a_single_column_of_nulls_keeps_its_rows():
    assert read_frame("SELECT nullif(n, 2) AS n FROM generate_series(1, 3) AS n")["n"].to_list() == [1, None, 3]


def test_booleans_are_booleans():
    assert read_frame("SELECT n > 1 AS large FROM generate_series(1, 2) AS n")["large"].to_list() == [False, True]


def test_frames_are_read_in_debug_mode_too(settings):
    settings.DEBUG = True
    assert read_frame("SELECT %(one)s::int AS one", {"one": 1}).row(0) == (1,)


def test_an_empty_result_has_the_same_columns():
    frame = read_frame("SELECT 1::bigint AS id, 'x'::text AS sku, true AS yes, current_date AS day WHERE false")
    assert len(frame) == 0
    assert dict(frame.schema) == {
        "id": polars.Int64, "sku": polars.String, "yes": polars.Boolean, "day": polars.Date,
    }  # fmt: skip


@pytest.mark.parametrize("values", [np.array([1.25, -3.0, 1e9]), np.array([[0.0, 0.1], [2.5, 1e-4]])])
def test_an_array_comes_back_from_postgresql_as_it_went(values):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::float8[]::text", [array_text(values)])
        (text,) = cursor.fetchone()
    assert parse_arrays([text, text]).tolist() == [values.tolist(), values.tolist()]


def test_arrays_are_rounded_as_told():
    assert array_text(np.array([1.23456, 2.0])) == "{1.2346,2.0}"
    assert array_text(np.array([[1.239], [2.0]]), decimals=2) == "{{1.24},{2.0}}"
