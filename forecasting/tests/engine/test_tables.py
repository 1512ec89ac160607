"""Reading demand, future knowledge and attributes from plain files."""

from pathlib import Path

import numpy as np
import pytest

from forecasting.engine.tables import TableError, read_demand


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def read(folder: Path, text: str, freq: str = "D", label: str | None = None, **files: Path):
    return read_demand(write(folder, "demand.csv", text), freq=freq, label=label, ahead=2, **files)


def test_missing_buckets_are_zero_from_the_first_sale_to_the_last_date_of_the_file(tmp_path):
    table = read(tmp_path, "series_id,date,quantity\na,2024-01-01,0\na,2024-01-02,3\nb,2024-01-05,1\na,2024-01-04,2\n")
    assert table.series_ids == ("a", "b")
    assert table.panel.demand[0, 1:].tolist() == [3.0, 0.0, 2.0, 0.0]
    assert np.isnan(table.panel.demand[0, 0])
    assert np.isnan(table.panel.demand[1, :4]).all()
    assert table.panel.demand[1, 4] == 1.0
    assert [str(day) for day in table.labels[-2:]] == ["2024-01-06", "2024-01-07"]


def test_duplicate_rows_are_an_error_that_names_the_first(tmp_path):
    with pytest.raises(TableError, match=r"1 duplicate rows, the first for series a on 2024-01-02"):
        read(tmp_path, "series_id,date,quantity\na,2024-01-02,3\na,2024-01-02,4\n")


def test_returns_count_as_zero_and_are_reported(tmp_path):
    table = read(tmp_path, "series_id,date,quantity\na,2024-01-01,5\na,2024-01-02,-3\n")
    assert table.panel.demand.tolist() == [[5.0, 0.0]]
    assert table.notes == ("1 negative quantities (returns) count as 0",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series,date,quantity\na,2024-01-01,1\n", "lacks the columns series_id"),
        ("series_id,date,quantity\na,01.02.2024,1\n", "is not a date"),
        ("series_id,date,quantity\na,2024-01-01,many\n", "'many' is not a number"),
        ("series_id,date,quantity\n", "has no rows"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, text, message):
    with pytest.raises(TableError, match=message):
        read(tmp_path, text)


def test_weeks_must_share_a_weekday_and_may_be_labelled_by_their_last_day(tmp_path):
    text = "series_id,date,quantity\na,2024-01-03,1\na,2024-01-17,2\n"
    table = read(tmp_path, text, "W-WED", "end")
    assert table.panel.demand.tolist() == [[1.0, 0.0, 2.0]]
    assert str(table.panel.starts[0]) == "2023-12-28"
    assert str(table.labels[-1]) == "2024-01-31"
    with pytest.raises(TableError, match="same day of the week"):
        read(tmp_path, text + "a,2024-01-18,2\n", "W-WED")


def test_months_keep_the_label_of_the_file(tmp_path):
    ends = read(tmp_path, "series_id,date,quantity\na,2024-01-31,1\na,2024-02-29,2\n", "ME")
    assert [str(day) for day in ends.labels] == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
    starts = read(tmp_path, "series_id,date,quantity\na,2024-01-01,1\na,2024-03-01,2\n", "MS")
    assert starts.panel.demand.tolist() == [[1.0, 0.0, 2.0]]
    assert str(starts.labels[-1]) == "2024-05-01"


def test_an_unknown_frequency_is_an_error(tmp_path):
    with pytest.raises(TableError, match="not one of"):
        read(tmp_path, "series_id,date,quantity\na,2024-01-01,1\n", "QS")


def test_holidays_without_a_series_hold_for_all_and_prices_keep_their_last_value(tmp_path):
    demand = "series_id,date,quantity\na,2024-01-01,1\nb,2024-01-01,1\na,2024-01-03,2\n"
    holidays = write(tmp_path, "holidays.csv", "date,holiday\n2024-01-02,new year\n2024-01-04,feast\n")
    table = read(tmp_path, demand, future_known=holidays)
    assert table.panel.known_names == ("holiday=feast", "holiday=new year", "holiday=any")
    assert table.panel.known[1, :, 2].tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    known = (
        "series_id,date,price\na,2024-01-01,2.5\na,2024-01-03,2\na,2024-01-04,3\n"
        "b,2024-01-01,9\nb,2024-01-04,8\nb,2024-01-05,8\n"
    )
    prices = read(tmp_path, demand, future_known=write(tmp_path, "known.csv", known))
    assert prices.panel.known[:, :, 0].tolist() == [[2.5, 2.5, 2.0, 3.0, 3.0], [9.0, 9.0, 9.0, 8.0, 8.0]]


def test_a_covariate_of_the_demand_file_is_known_only_up_to_now(tmp_path):
    table = read(tmp_path, "series_id,date,quantity,price\na,2024-01-01,1,2\na,2024-01-02,1,3\n")
    assert table.panel.known.shape == (1, 4, 0)
    assert table.panel.past_names == ("price",)


def test_stock_out_marks_are_censoring_not_a_covariate(tmp_path):
    table = read(tmp_path, "series_id,date,quantity,stock_out\na,2024-01-01,1,0\na,2024-01-02,0,1\n")
    assert table.panel.in_stock.tolist() == [[True, False]]
    assert table.panel.past_names == ()


def test_attributes_are_categories_or_numbers(tmp_path):
    demand = "series_id,date,quantity\na,2024-01-01,1\nb,2024-01-01,1\nc,2024-01-01,1\nd,2024-01-01,1\n"
    attributes = write(tmp_path, "attributes.csv", "series_id,category,size\na,tea,1.5\nb,milk,2\nc,tea,\n")
    table = read(tmp_path, demand, attributes=attributes)
    assert table.panel.category_names == ()
    assert table.panel.number_names == ("size",)
    more = write(tmp_path, "attributes.csv", "series_id,category\na,tea\nb,milk\nc,tea\nd,milk\n")
    assert read(tmp_path, demand, attributes=more).panel.categories[:, 0].tolist() == [1, 0, 1, 0]


def test_a_holiday_inside_a_week_falls_into_the_week_that_ends_after_it(tmp_path):
    demand = "series_id,date,quantity\na,2024-01-03,1\na,2024-01-10,2\n"
    holidays = write(tmp_path, "holidays.csv", "date,closed\n2024-01-08,1\n2024-01-18,1\n")
    table = read(tmp_path, demand, "W-WED", "end", future_known=holidays)
    assert table.panel.known[0, :, 0].tolist() == [0.0, 1.0, 0.0, 1.0]


def test_an_implausible_quantity_is_brought_down_and_reported(tmp_path):
    rows = "".join(f"a,2024-01-{day:02},{10**9 if day == 10 else 2}\n" for day in range(1, 13))
    table = read(tmp_path, "series_id,date,quantity\n" + rows)
    assert table.panel.demand[0].tolist() == [2.0] * 12
    assert table.notes == ("1 quantities above 1,000 times the usual sale before them are brought down to it",)


def test_later_quantities_do_not_make_an_earlier_one_implausible(tmp_path):
    rows = "".join(f"a,2024-01-{day:02},{5000 if day <= 9 else 2}\n" for day in range(1, 29))
    assert read(tmp_path, "series_id,date,quantity\n" + rows).panel.demand[0, 8] == 5000.0


@pytest.mark.parametrize(
    ("name", "words"),
    [("in_stock", "yes,no,Yes,"), ("in_stock", "1,0,1,"), ("stock_out", "N,y,n,"), ("stockout", "false,True,false,")],
)
def test_stock_marks_are_words_or_numbers(tmp_path, name, words):
    rows = [f"a,2024-01-0{day},2,{word}" for day, word in enumerate(words.split(","), 1)]
    table = read(tmp_path, "\n".join([f"series_id,date,quantity,{name}", *rows]))
    assert table.panel.in_stock.tolist() == [[True, False, True, True]]
    assert table.panel.past_names == ()


def test_other_words_are_no_stock_marks(tmp_path):
    with pytest.raises(TableError, match="in_stock says yes or no; 'often' is neither"):
        read(tmp_path, "series_id,date,quantity,in_stock\na,2024-01-01,2,often\n")


def test_a_price_that_is_written_only_beside_sales_does_not_tell_where_they_were(tmp_path):
    sales = "series_id,date,quantity,price\na,2024-01-01,2,5\na,2024-01-05,1,6\na,2024-01-09,1,5\n"
    plan = write(tmp_path, "plan.csv", "series_id,date,price\na,2024-01-10,5\na,2024-01-11,5\n")
    known = read(tmp_path, sales, future_known=plan).panel.known[0, :, 0]
    assert known.tolist() == [5, 5, 5, 5, 6, 6, 6, 6, 5, 5, 5]
