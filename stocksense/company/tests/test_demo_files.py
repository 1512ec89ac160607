"""The demo company's import folder, and the small example in the documentation."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from stocksense.company.demo import DemoSummary, write_demo_company
from stocksense.company.demo.files import COLUMNS, cell, write_rows
from stocksense.company.tests import import_folder
from stocksense.company.tests.import_folder import Folder

LAST_DATE = date(2026, 11, 22)
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "small-company"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    return write_demo_company(tmp_path_factory.mktemp("demo"), seed=1, last_date=LAST_DATE)


@pytest.fixture(scope="module")
def tables(demo: DemoSummary) -> Folder:
    return import_folder.read_folder(demo.folder)


def numbers(tables: Folder, kind: str, *names: str) -> pl.DataFrame:
    return tables[kind].with_columns(pl.col(names).cast(pl.Float64).fill_null(0))


def test_the_demo_folder_is_consistent(tables: Folder) -> None:
    import_folder.assert_consistent(tables, week_starts_on=0)


def test_the_summary_counts_what_was_written(demo: DemoSummary, tables: Folder) -> None:
    assert demo.rows == {kind: tables[kind].height for kind in COLUMNS}
    assert demo.rows["locations"] == 14
    assert demo.rows["suppliers"] == 5
    assert 195 <= demo.rows["items"] <= 220
    assert 1_500 <= demo.rows["item_locations"] <= 2_000
    assert 145_000 <= demo.rows["demand"] <= 180_000
    assert "generated" in demo.name


def test_the_same_seed_gives_the_same_bytes(demo: DemoSummary, tmp_path: Path) -> None:
    write_demo_company(tmp_path / "again", seed=1, last_date=LAST_DATE)
    write_demo_company(tmp_path / "other", seed=2, last_date=LAST_DATE)
    for kind in COLUMNS:
        assert (tmp_path / "again" / f"{kind}.csv").read_bytes() == (demo.folder / f"{kind}.csv").read_bytes()
    assert (tmp_path / "other" / "demand.csv").read_bytes() != (demo.folder / "demand.csv").read_bytes()


@pytest.mark.parametrize("seed", [3, 4])
def test_any_seed_gives_a_consistent_folder(seed: int, tmp_path: Path) -> None:
    write_demo_company(tmp_path, seed=seed, last_date=date(2027, 3, 3))
    import_folder.assert_consistent(import_folder.read_folder(tmp_path), week_starts_on=0)


@pytest.mark.parametrize(
    ("last_date", "last_week"),
    [
        (date(2026, 11, 22), date(2026, 11, 16)),  # a Sunday closes its week
        (date(2026, 11, 21), date(2026, 11, 9)),
        (date(2026, 11, 16), date(2026, 11, 9)),
    ],
)
def test_demand_ends_with_the_last_closed_week(last_date: date, last_week: date, tmp_path: Path) -> None:
    summary = write_demo_company(tmp_path, last_date=last_date)
    dates = import_folder.read_folder(tmp_path)["demand"]["date"]
    assert (summary.last_week, dates.max()) == (last_week, last_week.isoformat())
    assert (summary.last_week - summary.first_week).days == 103 * 7
    assert dates.min() == summary.first_week.isoformat()


def test_every_item_sells_above_its_cost(tables: Folder) -> None:
    items = numbers(tables, "items", "unit_price", "unit_cost")
    assert (items["unit_price"] > items["unit_cost"]).all()


def test_no_sales_outside_an_item_s_life(tables: Folder) -> None:
    sales = tables["demand"].join(tables["items"].select("sku", "active_from", "active_to"), on="sku")
    assert sales.filter((pl.col("date") < pl.col("active_from")) | (pl.col("date") > pl.col("active_to"))).is_empty()


def test_reservations_and_backorders_are_the_open_sales(tables: Folder) -> None:
    stock = numbers(tables, "stock", "allocated", "backorders", "on_hand")
    assert (stock["allocated"] <= stock["on_hand"]).all()
    reserved = stock.group_by("sku", "location").agg(wanted=(pl.col("allocated") + pl.col("backorders")).sum().round(3))
    sales = numbers(tables, "open_orders", "quantity").filter(pl.col("kind") == "sales")
    ordered = sales.select("sku", pl.col("origin").alias("location"), pl.col("quantity").alias("wanted"))
    assert set(reserved.filter(pl.col("wanted") > 0).rows()) == set(ordered.rows())


def test_the_first_plan_has_something_to_say(tables: Folder) -> None:
    stock = numbers(tables, "stock", "on_hand").group_by("sku", "location").agg(pl.col("on_hand").sum())
    empty = stock.filter(pl.col("on_hand") == 0).height / stock.height
    assert 0.02 < empty < 0.12
    orders = numbers(tables, "open_orders", "quantity", "received_quantity")
    overdue = orders.filter((pl.col("kind") == "purchase") & (pl.col("requested_on") < LAST_DATE.isoformat()))
    assert overdue.height >= 10
    partly = orders.filter(pl.col("received_quantity") > 0)
    assert partly.height >= 3
    assert (partly["received_quantity"] < partly["quantity"]).all()
    assert orders.filter(pl.col("schedule") == "2").height >= 3
    assert tables["events"].filter(pl.col("start_date") > LAST_DATE.isoformat()).height >= 10
    assert {"0", "1"} == set(tables["demand"]["in_stock"])


def test_a_few_items_have_no_source(tables: Folder) -> None:
    planned = set(tables["items"].filter(pl.col("status") != "ended")["sku"])
    assert 1 <= len(planned - set(tables["supplier_items"]["sku"])) <= 5


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"items has no column \['colour'\]"):
        write_rows(tmp_path, "items", [{"sku": "A", "colour": "red"}])


@pytest.mark.parametrize(
    ("value", "text"), [(1.50, "1.5"), (0.00004, "0.00004"), (-0.0, "0"), (True, "1"), (None, None), (12, "12")]
)
def test_cells_are_plain_text(value: float | None, text: str | None) -> None:
    assert cell(value) == text


def test_the_small_example_is_consistent_and_uses_every_column() -> None:
    tables = import_folder.read_folder(EXAMPLE)
    import_folder.assert_consistent(tables, week_starts_on=0)
    for kind, columns in COLUMNS.items():
        for column in columns:
            assert tables[kind][column].drop_nulls().len() > 0, (kind, column)
    assert set(tables["stock"]["as_of"]) == {"2026-11-16"}
    assert (tables["demand"]["date"].min(), tables["demand"]["date"].max()) == ("2026-05-18", "2026-11-09")
    test_no_sales_outside_an_item_s_life(tables)
    test_reservations_and_backorders_are_the_open_sales(tables)
