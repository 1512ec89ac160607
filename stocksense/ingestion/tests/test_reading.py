"""However a file was written: encodings, delimiters, number and date styles, workbooks."""

import gzip
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.models import Item
from stocksense.company.models import ExchangeRate
from stocksense.ingestion.dialect import DateOrder, NumberStyle, plain_number, read_date
from stocksense.ingestion.tests.conftest import counts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_usual_encoding_is_read(folder, encoding):
    folder.write("items", "sku,name", "00417,Thé glacé", encoding=encoding)
    report = folder.ok()
    assert Item.objects.get().name == "Thé glacé"
    assert bool(report.of("items").warnings) is (encoding == "cp1252")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_read_and_leading_zeros_stay(folder, mark):
    folder.write("items", mark.join(["sku", "name", "unit_cost"]), mark.join(["00417", "Coffee", "4.5"]))
    folder.ok()
    assert list(Item.objects.values_list("sku", "unit_cost")) == [("00417", Decimal("4.5"))]


def test_header_names_may_differ_in_case_and_spaces(folder):
    folder.write("items", " SKU ,Unit Cost,**Name**", "A,3,Coffee")
    folder.ok()
    assert list(Item.objects.values_list("sku", "unit_cost", "name")) == [("A", Decimal(3), "Coffee")]


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(folder):
    folder.write(
        "items",
        "sku,name,unit_cost",
        'A,"Tea, 5"" box\nlarge",1',
        "B,Plain,2",
        "C,Broken,x",
        *(f"D{n},,1" for n in range(30)),
    )
    report = folder.ok()
    assert Item.objects.get(sku="A").name == 'Tea, 5" box\nlarge'
    assert [(reject.line, reject.column, reject.value) for reject in report.of("items").rejects] == [
        (5, "unit_cost", "x")
    ]


def test_an_inch_sign_inside_a_cell_is_just_a_sign(folder):
    folder.write("items", "sku,name", 'A,Pipe 5" long', "B,Other")
    folder.ok()
    assert list(Item.objects.order_by("sku").values_list("name", flat=True)) == ['Pipe 5" long', "Other"]


def test_a_row_with_too_many_cells_is_rejected(folder):
    folder.write(
        "exchange_rates",
        "currency,valid_from,rate",
        "GBP,2025-01-01,1,17",
        *(f"USD,2025-01-{n:02},0.9" for n in range(1, 30)),
    )
    report = folder.ok()
    assert report.of("exchange_rates").rejects[0].line == 2
    assert "more cells than the header" in report.of("exchange_rates").rejects[0].reason


@pytest.mark.parametrize(
    ("mark", "written", "value"),
    [
        (";", "1234,5", "1234.5"),
        (";", "1.234,50", "1234.5"),
        (",", '"1,234.50"', "1234.5"),
        (",", "1 234.5", "1234.5"),
        (",", "1e3", "1000"),
        (";", "0,125", "0.125"),
        (",", "1.500", "1.5"),
        (";", "1,500", "1.5"),
    ],
)
def test_numbers_are_read_as_the_file_writes_them(folder, mark, written, value):
    folder.write("items", f"sku{mark}unit_cost", f"A{mark}{written}")
    folder.ok()
    assert Item.objects.get().unit_cost == Decimal(value)


def test_one_clear_value_decides_for_the_whole_file(folder):
    folder.write("items", "sku;unit_cost;unit_price", "A;1.500;2,5")
    folder.ok()
    assert Item.objects.values_list("unit_cost", "unit_price").get() == (Decimal(1500), Decimal("2.5"))


def test_a_number_that_can_be_two_is_refused_with_a_sentence(folder):
    folder.write("items", "sku,unit_cost", 'A,"1,500"')
    report = folder.run()
    assert report.refused
    assert "items.csv: numbers such as 1,500 can be read with a decimal comma or with thousands" in report.reason
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-12-31", date(2025, 12, 31)),
        ("2025-12-31T23:59:59Z", date(2025, 12, 31)),
        ("2025-12-31 00:00", date(2025, 12, 31)),
        ("20251231", date(2025, 12, 31)),
        ("2025/12/31", date(2025, 12, 31)),
        ("31.12.2025", date(2025, 12, 31)),
        ("3.4.2025", date(2025, 4, 3)),
        ("31/12/2025", date(2025, 12, 31)),
        ("12/31/2025", date(2025, 12, 31)),
    ],
)
def test_dates_are_read_as_the_file_writes_them(folder, written, day):
    folder.write("exchange_rates", "currency,valid_from,rate", f"GBP,{written},1.17")
    folder.ok()
    assert ExchangeRate.objects.get().valid_from == day


def test_one_clear_date_decides_for_the_whole_file(folder):
    folder.write("exchange_rates", "currency,valid_from,rate", "GBP,03/04/2025,1.1", "GBP,03/31/2025,1.2")
    folder.ok()
    assert sorted(ExchangeRate.objects.values_list("valid_from", flat=True)) == [date(2025, 3, 4), date(2025, 3, 31)]


def test_dates_that_can_be_two_are_refused_with_a_sentence(folder):
    folder.write("exchange_rates", "currency,valid_from,rate", "GBP,03/04/2025,1.1")
    report = folder.run()
    assert report.refused
    assert "dates such as 03/04/2025 can be read day first or month first" in report.reason


def test_a_gzipped_file_is_read(folder):
    (folder.folder / "items.csv.gz").write_bytes(gzip.compress(b"sku\nA\nB\n"))
    assert counts(folder.ok(), "items") == (2, 0, 0, 0, 0)


def test_a_broken_gzip_is_refused(folder):
    (folder.folder / "items.csv.gz").write_bytes(gzip.compress(b"sku\nA\nB\n" * 100)[:-9])
    assert "items.csv.gz cannot be read" in folder.run().reason


def test_lines_parted_by_carriage_returns_alone_are_read(folder):
    (folder.folder / "items.csv").write_bytes(b'sku,name\rA,Coffee\rB,"Tea, green"\r')
    assert counts(folder.ok(), "items") == (2, 0, 0, 0, 0)


def test_a_quotation_mark_left_open_is_refused_instead_of_swallowing_rows(folder):
    folder.write("items", "sku,name", "A,Coffee", 'B,"Tea', "C,Cocoa", "D,Water")
    report = folder.run()
    assert report.refused
    assert report.reason == "items.csv: the quotation mark in the row of line 3 is left open."


@pytest.mark.parametrize("name", ["items.csv.gz", "items.xlsx"])
def test_a_file_damaged_in_the_middle_is_refused(folder, name):
    rows = "".join(f"{number * 7919},{number}\n" for number in range(5000)).encode()
    buffer = io.BytesIO()
    if name.endswith(".gz"):
        buffer.write(gzip.compress(b"sku,name\n" + rows))
    else:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", rows)
    data = buffer.getvalue()
    damaged = data[:300] + bytes(255 - value for value in data[300:600]) + data[600:]
    (folder.folder / name).write_bytes(damaged)
    report = folder.run()
    assert report.refused
    assert report.reason.startswith(f"{name} ")


@pytest.mark.parametrize("row", ["\x00X,Coffee,1", "X,Cof\x00fee,1", "X,Coffee,1\x00"])
def test_a_character_that_cannot_be_stored_rejects_its_row_and_can_be_reported(folder, row):
    folder.write("items", "sku,name,unit_cost,no\x00te", row, *(f"A{number},Tea,1" for number in range(30)))
    report = folder.ok()
    assert counts(report, "items") == (30, 0, 0, 0, 1)
    assert "\u2400" in report.of("items").rejects[0].value
    assert report.of("items").warnings == ("Unknown columns are not used: no\u2400te.",)


def test_a_workbook_is_read(folder):
    book = openpyxl.Workbook()
    book.active.append(["sku", "name", "unit_cost", "active_from"])
    book.active.append(["00417", "Coffee", 4.25, datetime(2025, 3, 1)])  # noqa: DTZ001 - as in a workbook
    book.save(folder.folder / "items.xlsx")
    folder.ok()
    assert Item.objects.values_list("sku", "name", "unit_cost", "active_from").get() == (
        "00417", "Coffee", Decimal("4.25"), date(2025, 3, 1),
    )  # fmt: skip


def test_a_workbook_that_unpacks_to_too_much_is_refused(folder):
    with (
        zipfile.ZipFile(folder.folder / "items.xlsx", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(301):
            part.write(b"0" * 1024 * 1024)
    assert "items.xlsx unpacks to more than 300 MB" in folder.run().reason


def test_a_workbook_with_a_stray_cell_far_out_is_refused(folder):
    book = openpyxl.Workbook()
    book.active["A1"] = "sku"
    book.active["XFD1048576"] = "x"
    book.save(folder.folder / "items.xlsx")
    assert "delete stray cells far out" in folder.run().reason


def test_what_is_no_workbook_is_refused(folder):
    folder.write("items", "sku", "A", name="items.xlsx")
    assert "items.xlsx is not a workbook that can be read" in folder.run().reason


def test_two_files_of_a_kind_and_missing_or_doubled_columns_are_refused(folder):
    folder.write("items", "name", "Coffee")
    assert "items.csv has no column sku" in folder.run().reason
    folder.write("items", "sku,SKU", "A,B")
    assert "two columns called sku" in folder.run().reason


def test_unknown_files_and_columns_are_warned_of(folder):
    folder.write("items", "sku,colour", "A,red")
    folder.write("itmes", "sku", "B")
    report = folder.ok()
    assert report.warnings == ("itmes.csv is not used: its name is none of the known kinds.",)
    assert report.of("items").warnings == ("Unknown columns are not used: colour.",)


def test_the_line_numbers_hold_across_blank_lines(folder):
    folder.write("items", "sku,unit_cost", "A,1", "", ",,", "B,-1", *(f"C{n},1" for n in range(30)))
    assert [reject.line for reject in folder.ok().of("items").rejects] == [5]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_a_number_survives_each_style(number):
    plain = f"{number:f}"
    comma = f"{number:,.3f}".replace(",", " ").replace(".", ",")
    frame = pl.DataFrame({"plain": [plain], "comma": [comma], "thousands": [f"{number:,.3f}"]})
    read = frame.select(
        plain_number(pl.col("plain"), NumberStyle.PLAIN),
        plain_number(pl.col("comma"), NumberStyle.COMMA),
        plain_number(pl.col("thousands"), NumberStyle.POINT),
    ).row(0)
    assert [Decimal(text) for text in read] == [number] * 3


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_date_survives_each_style(day):
    assert read_date(f"{day.year:04}{day:%m%d}", DateOrder.DAY_FIRST) == day
    assert read_date(f"{day:%d/%m/}{day.year:04}", DateOrder.DAY_FIRST) == day
    assert read_date(f"{day:%m/%d/}{day.year:04}", DateOrder.MONTH_FIRST) == day
