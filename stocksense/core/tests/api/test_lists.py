"""Lists: pages that belong together, and files."""

import csv
import io
from base64 import urlsafe_b64encode

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Category, Item
from stocksense.core.api import exports

pytestmark = [pytest.mark.django_db, pytest.mark.urls("stocksense.core.tests.api.shop")]
SHELVES = "/api/v1/shelves"
TEXTS = ("=1+1", "+1", "-1", "@x", "\tx", "'=1", "plain", 'comma, "quote"\nline', "ä")


@pytest.fixture
def shelves() -> list[Category]:
    parent = Category.objects.create(path="A", name="Top")
    return [parent, *(Category.objects.create(path=f"A/{n}", name=text, parent=parent) for n, text in enumerate(TEXTS))]


def everything(client, address):
    seen = []
    while address:
        page = client.get(address).json()
        seen += page["results"]
        address = page["next"]
    return seen


@pytest.mark.parametrize("ordering", ["path", "-path", "name", "-name,path", "parent", "-parent,name", "name,-parent"])
@pytest.mark.parametrize("shown", ["", "&fields=id", "&expand=parent", "&expand=items&fields=name"])
def test_every_row_once_in_every_ordering(admin, shelves, ordering, shown):
    rows = everything(admin, f"{SHELVES}?page_size=3&ordering={ordering}{shown}")
    whole = admin.get(f"{SHELVES}?page_size=100&ordering={ordering}{shown}").json()["results"]
    assert rows == whole
    assert len(rows) == len(shelves)


def test_a_cursor_belongs_to_its_list(admin, shelves):
    cursor = admin.get(f"{SHELVES}?page_size=2").json()["next"].rpartition("cursor=")[2]
    assert admin.get(f"{SHELVES}?page_size=5&fields=id&cursor={cursor}").status_code == 200
    forged = urlsafe_b64encode(b"123456789" + b'["A",1]').rstrip(b"=").decode()
    other = [f"ordering=-path&cursor={cursor}", f"name=x&cursor={cursor}", f"search=x&cursor={cursor}"]
    wrong = ["x", "%F0%9F%92%A9", cursor[:-2], cursor + "AA", forged, "A" * 5000, "="]
    for query in (*other, *(f"cursor={one}" for one in wrong)):
        answer = admin.get(f"{SHELVES}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/cursor"), query


@pytest.mark.parametrize("query", ["", "&expand=parent", "&expand=items", "&fields=id", "&ordering=-name"])
def test_a_page_costs_as_many_queries_however_long(admin, shelves, query):
    counted = []
    for size in (3, 10):
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(f"{SHELVES}?page_size={size}{query}").status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]


def read_csv(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))


@pytest.mark.parametrize("asked", [{"headers": {"Accept": "text/csv"}}, {"data": {"format": "csv"}}])
def test_all_rows_as_csv_that_no_spreadsheet_computes(admin, shelves, asked):
    answer = admin.get(f"{SHELVES}", **asked)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="shelves-20')
    header, *rows = read_csv(answer)
    assert header == ["id", "path", "name", "parent"]
    assert [row[2] for row in rows] == [
        "Top", "'=1+1", "'+1", "'-1", "'@x", "'\tx", "''=1", "plain", 'comma, "quote"\nline', "ä",
    ]  # fmt: skip
    assert rows[0][3] == ""


def test_all_rows_as_a_workbook(admin, shelves):
    answer = admin.get(f"{SHELVES}?fields=id,name&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("id", "name")
    assert rows[2] == (shelves[1].pk, "'=1+1")
    assert sheet["B3"].data_type == "s"
    assert len(rows) == 1 + len(shelves)


def test_filters_fields_and_related_rows_hold_for_files_too(admin, shelves):
    header, *rows = read_csv(admin.get(f"{SHELVES}?parent=A&fields=path,parent&expand=parent&name=plain&format=csv"))
    assert header == ["path", "parent.id", "parent.path", "parent.name", "parent.parent"]
    assert rows == [["A/6", str(shelves[0].pk), "A", "Top", ""]]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("format=pdf", "/format"),
        ("format=csv&page_size=3", "/page_size"),
        ("format=csv&cursor=x", "/cursor"),
        ("format=csv&expand=items", "/expand"),
        ("format=csv&colour=red", "/colour"),
    ],
)
def test_what_a_file_cannot_be(admin, shelves, query, pointer):
    answer = admin.get(f"{SHELVES}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_too_long_for_a_file_is_a_problem_and_no_half_file(admin, shelves, monkeypatch, form):
    monkeypatch.setattr(exports, "MOST_ROWS", dict.fromkeys(exports.TYPES, len(shelves)))
    assert admin.get(f"{SHELVES}?format={form}").status_code == 200
    Category.objects.create(path="Z")
    answer = admin.get(f"{SHELVES}?format={form}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "too_many_rows"


def test_numbers_keep_their_digits_in_a_workbook(tmp_path):
    from decimal import Decimal

    file = io.BytesIO()
    values = [Decimal("12.500"), Decimal("12345678901234.123456"), 2**60, float("nan"), True, None, {"a": "=1"}]
    exports._write_xlsx(file, ["v"], [{"v": value} for value in values])
    column = [row[0] for row in openpyxl.load_workbook(file).active.iter_rows(values_only=True)]
    assert column == ["v", 12.5, "12345678901234.123456", str(2**60), "nan", True, None, '{"a":"=1"}'][: len(column)]


def test_the_file_is_read_in_parts(admin, monkeypatch):
    monkeypatch.setattr(exports, "_CHUNK", 10)
    Item.objects.all().delete()
    Category.objects.bulk_create(Category(path=f"{n:04}") for n in range(95))
    with CaptureQueriesContext(connection):
        _, *rows = read_csv(admin.get(f"{SHELVES}?format=csv&fields=path"))
    assert [row[0] for row in rows] == [f"{n:04}" for n in range(95)]
