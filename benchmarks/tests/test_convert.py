"""The conversion of real grocery sales into an import folder."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from benchmarks.breakfast_frat.convert import Source, convert, default_source, event_table, series_table
from stocksense.company.tests import import_folder

THURSDAY = 3
needs_data = pytest.mark.skipif(
    not (default_source() / "sales.csv.gz").is_file(),
    reason="the Breakfast at the Frat data is not here: set STOCKSENSE_SHARED to the folder that holds data/",
)


def sales(*rows: tuple[str, str, date, float, int, int, int]) -> pl.DataFrame:
    columns = ["upc", "store_id", "week", "price", "feature", "display", "tpr_only"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_promoted_weeks_in_a_row_become_one_event() -> None:
    events = event_table(
        sales(
            ("A", "1", date(2009, 1, 8), 2.0, 1, 0, 0),
            ("A", "1", date(2009, 1, 15), 1.5, 1, 1, 0),
            ("A", "1", date(2009, 1, 29), 1.8, 0, 0, 1),
            ("A", "2", date(2009, 1, 22), 1.9, 1, 0, 0),
        )
    )
    assert events.select("kind", "sku", "location", "start_date", "end_date", "price").rows() == [
        ("feature", "A", "ST-1", date(2009, 1, 8), date(2009, 1, 21), 1.75),
        ("feature", "A", "ST-2", date(2009, 1, 22), date(2009, 1, 28), 1.9),
        ("display", "A", "ST-1", date(2009, 1, 15), date(2009, 1, 21), 1.5),
        ("price_cut", "A", "ST-1", date(2009, 1, 29), date(2009, 2, 4), 1.8),
    ]


@needs_data
def test_a_slice_is_a_consistent_folder(tmp_path: Path) -> None:
    rows = convert(tmp_path, stores=6, items=10)
    absent = set(import_folder.COLUMNS) - rows.keys()
    assert absent == {"price_breaks", "calendars", "exchange_rates"}
    for kind in absent:
        (tmp_path / f"{kind}.csv").write_text(",".join(import_folder.COLUMNS[kind]) + "\n")
    tables = import_folder.read_folder(tmp_path)
    import_folder.assert_consistent(tables, week_starts_on=THURSDAY)
    assert rows["items"] == 10
    stores = tables["locations"].filter(pl.col("kind") == "store")
    assert stores.height == 6
    assert set(tables["stock"]["as_of"]) == {"2012-01-05"}
    assert tables["demand"]["date"].min() == "2009-01-08"
    assert tables["demand"]["date"].max() == "2011-12-29"


@needs_data
def test_the_whole_has_every_series(tmp_path: Path) -> None:
    rows = convert(tmp_path / "whole")
    assert (rows["demand"], rows["items"], rows["locations"]) == (524_950, 55, 80)
    item_locations = pl.read_csv(tmp_path / "whole" / "item_locations.csv", infer_schema=False)
    assert item_locations.filter(pl.col("location").str.starts_with("ST-")).height == 3_909


@needs_data
def test_the_same_assumptions_give_the_same_bytes(tmp_path: Path) -> None:
    convert(tmp_path / "one", stores=4, items=5)
    convert(tmp_path / "two", stores=4, items=5)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_a_series_without_recent_sales_has_ended() -> None:
    weeks = [date(2009, 1, 8), date(2009, 4, 9), date(2009, 7, 9)]
    frame = pl.DataFrame({"upc": ["A", "B", "B"], "store_id": ["1"] * 3, "week": weeks, "units": [5, 8, 16]})
    assumptions = {"stock": {"rate_weeks": 8}, "items": {"delisted_after_weeks": 13}}
    series = series_table(Source(frame, pl.DataFrame(), pl.DataFrame()), assumptions)
    assert series.select("sku", "active_from", "active_to", "weekly").rows() == [
        ("A", None, date(2009, 1, 14), 0.0),
        ("B", date(2009, 4, 9), None, 2.0),
    ]
