import csv
import gzip
import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from python_calamine import CalamineWorkbook

from inventory.models import Category, Item, ItemLocation, Location
from stocksense.company.demo import write_demo_company
from stocksense.core.errors import InvalidInput
from stocksense.ingestion import exporters, exports, importers, services
from stocksense.ingestion.exporters import NothingToExport
from stocksense.ingestion.exports import FileExists

EXAMPLE = Path("docs/examples/small-company")
IMPORT_KINDS = (
    "company", "items", "locations", "item_locations", "suppliers", "supplier_items", "price_breaks", "lanes",
    "stock", "demand", "events", "calendars", "exchange_rates", "open_orders",
)  # fmt: skip

pytestmark = pytest.mark.django_db


def export_all(folder: Path, ending: str = "csv") -> dict[str, int]:
    return {kind: exports.export(kind, folder / f"{kind}.{ending}") for kind in IMPORT_KINDS}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def outcome(report):
    return {file.kind: (file.new, file.changed, file.same, file.gone, file.rejected) for file in report.files}


@pytest.fixture
def example():
    services.import_folder(folder=EXAMPLE, actor=None, strict=True)


def test_every_import_kind_can_be_exported():
    assert set(IMPORT_KINDS) <= set(exporters.kinds())


@pytest.mark.parametrize("kind", IMPORT_KINDS)
def test_an_export_has_the_columns_of_the_import_in_its_order(kind, tmp_path):
    exports.export(kind, tmp_path / "file.csv")
    header = (tmp_path / "file.csv").read_text().splitlines()[0]
    assert header == ",".join(importers.importer_of(kind).names)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "xlsx"])
def test_an_exported_example_imports_back_as_the_same(example, tmp_path, ending):
    counts = export_all(tmp_path, ending)
    report = services.import_folder(folder=tmp_path, actor=None, strict=True)
    assert not report.refused
    assert outcome(report) == {kind: (0, 0, rows, 0, 0) for kind, rows in counts.items()}
    assert counts["items"] == len(rows_of(EXAMPLE / "items.csv"))
    assert counts["open_orders"] == len(rows_of(EXAMPLE / "open_orders.csv"))


def test_an_exported_example_makes_the_same_company_elsewhere(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    with transaction.atomic():
        services.import_folder(folder=EXAMPLE, actor=None, strict=True)
        export_all(before)
        transaction.set_rollback(True)
    services.import_folder(folder=before, actor=None, strict=True)
    export_all(after)
    for kind in IMPORT_KINDS:
        assert (after / f"{kind}.csv").read_text() == (before / f"{kind}.csv").read_text()


def test_a_slice_of_the_demo_company_imports_back_as_the_same(tmp_path):
    given, out = tmp_path / "given", tmp_path / "out"
    out.mkdir()
    write_demo_company(given, seed=1, last_date=date(2026, 11, 16))
    demand = rows_of(given / "demand.csv") if (given / "demand.csv").exists() else None
    slice_demand(given, demand)
    first = services.import_folder(folder=given, actor=None)
    assert not first.refused, first.reason
    counts = export_all(out)
    report = services.import_folder(folder=out, actor=None, strict=True)
    assert outcome(report) == {kind: (0, 0, rows, 0, 0) for kind, rows in counts.items()}
    assert not any(Path(out).glob(".*"))


def slice_demand(folder: Path, rows) -> None:
    """Twenty thousand rows are as good as all."""
    path = next(folder.glob("demand.csv*"))
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rt") as stream:
        lines = stream.readlines()[:20_001]
    with opened(path, "wt") as stream:
        stream.writelines(lines)


RISKY = ["=1+1", "+31 20 123", "-5 % week", "@SUM(A1)", "'=quoted", "''-twice", "'plain", "\tlisted", "\rback"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_text_that_a_spreadsheet_would_compute_is_exported_as_text_and_comes_back_as_it_was(tmp_path, ending):
    for number, name in enumerate(RISKY):
        Item.objects.create(sku=f"={number}", name=name)
    path = tmp_path / f"items.{ending}"
    exports.export("items", path)
    cells = [row["name"] for row in rows_of(path)] if ending == "csv" else names_in_workbook(path)
    assert cells == [
        "'=1+1", "'+31 20 123", "'-5 % week", "'@SUM(A1)", "''=quoted", "'''-twice", "'plain", "'\tlisted", "'\rback",
    ]  # fmt: skip
    report = services.import_folder(folder=tmp_path, actor=None, strict=True)
    assert outcome(report) == {"items": (0, 0, 9, 0, 0)}
    assert sorted(Item.objects.values_list("name", flat=True)) == sorted(RISKY)


def names_in_workbook(path: Path) -> list[str]:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [row[1] for row in rows[1:]]


def test_numbers_are_plain_and_flags_are_digits(tmp_path):
    category = Category.objects.create(name="Tea", path="Tea")
    item = Item.objects.create(sku="00417", name="Tea, 20 bags", category=category, unit_cost="4.1000")
    place = Location.objects.create(code="A")
    ItemLocation.objects.create(
        item=item, location=place, order_weekdays=[0, 3], min_quantity="12.500", service_target="0.9500"
    )
    exports.export("items", tmp_path / "items.csv")
    exports.export("item_locations", tmp_path / "item_locations.csv")
    assert (tmp_path / "items.csv").read_text().splitlines()[1] == '00417,"Tea, 20 bags",Tea,pcs,0,4.1,,,,,active,,,'
    assert (tmp_path / "item_locations.csv").read_text().splitlines()[1] == "00417,A,,,,,mon thu,12.5,,,0.95"


def test_a_workbook_keeps_leading_zeros_and_holds_numbers_and_dates(example, tmp_path):
    path = tmp_path / "items.xlsx"
    exports.export("items", path)
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("items").to_python()
    by_sku = {row[0]: row for row in rows}
    assert by_sku["00417"][5] == 4.1
    assert by_sku["DECAF-NEW"][11] == date(2026, 8, 31)


def test_numbers_too_long_for_a_workbook_are_written_as_text(tmp_path):
    Item.objects.create(sku="A", unit_cost="123456789012.3456")
    exports.export("items", tmp_path / "items.xlsx")
    report = services.import_folder(folder=tmp_path, actor=None, strict=True)
    assert outcome(report) == {"items": (0, 0, 1, 0, 0)}


def test_a_file_is_not_overwritten_unless_told(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("mine")
    with pytest.raises(FileExists, match="exists already"):
        exports.export("items", path)
    assert path.read_text() == "mine"
    assert exports.export("items", path, overwrite=True) == 0
    assert path.read_text().startswith("sku,")


def test_an_export_that_fails_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch):
    path = tmp_path / "items.csv"
    path.write_text("old")

    def fail(prepared, stream):
        stream.write(b"half a")
        raise OSError("disk full")

    monkeypatch.setattr(exports, "_write_csv", fail)
    with pytest.raises(OSError, match="disk full"):
        exports.export("items", path, overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["items.csv"]
    assert path.read_text() == "old"


def test_what_cannot_be_exported_is_said(tmp_path):
    with pytest.raises(InvalidInput, match=r"There is no kind itmes. Known kinds: .*items.*forecasts"):
        exports.export("itmes", tmp_path / "a.csv")
    with pytest.raises(InvalidInput, match=r"must end in .csv, .csv.gz or .xlsx"):
        exports.export("items", tmp_path / "a.txt")
    with pytest.raises(InvalidInput, match="There is no folder"):
        exports.export("items", tmp_path / "none" / "a.csv")
    with pytest.raises(InvalidInput, match="the same in every scenario"):
        exports.export("items", tmp_path / "a.csv", scenario="growth")
    with pytest.raises(NothingToExport, match="Scenario baseline has no plan yet"):
        exports.export("planned_orders", tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_that_would_be_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "MOST_SHEET_ROWS", 1)
    Item.objects.create(sku="A")
    Item.objects.create(sku="B")
    with pytest.raises(InvalidInput, match=r"A workbook holds 1 rows"):
        exports.export("items", tmp_path / "items.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_a_file_and_says_how_many_rows(example, tmp_path):
    said = io.StringIO()
    call_command("export_data", "lanes", str(tmp_path / "lanes.csv"), stdout=said)
    rows = len(rows_of(EXAMPLE / "lanes.csv"))
    assert said.getvalue() == f"lanes: {rows} rows in {tmp_path / 'lanes.csv'}\n"
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_data", "lanes", str(tmp_path / "lanes.csv"))
    call_command("export_data", "lanes", str(tmp_path / "lanes.csv"), "--force", stdout=said)


def test_the_command_writes_to_the_terminal(capfdbinary):
    Location.objects.create(code="A", name="Añasco")
    call_command("export_data", "locations", "-", stderr=io.StringIO())
    assert capfdbinary.readouterr().out.decode().splitlines()[1] == "A,Añasco,store,,,,,,"
