from datetime import date, timedelta

from planning.admin.chart import Arrival, ChartInput, Expected, Sold, draw, nice_ticks

TODAY = date(2026, 3, 2)


def plot(given: ChartInput):
    return draw(given, width=258, height=288, days_back=14, days_ahead=6)


def test_ticks_are_round_and_cover_the_highest_value():
    assert nice_ticks(37) == [0, 10, 20, 30, 40]
    assert nice_ticks(100) == [0, 25, 50, 75, 100]
    assert nice_ticks(0.7) == [0, 0.2, 0.4, 0.6000000000000001, 0.8]
    assert nice_ticks(0) == [0, 1]


def test_today_splits_the_axis_by_days():
    assert plot(ChartInput(today=TODAY)).today == 46 + 14 / 20 * 200


def test_a_bar_stands_on_the_axis_and_is_as_high_as_its_quantity():
    chart = plot(ChartInput(today=TODAY, sold=[Sold(TODAY - timedelta(days=14), 7, 20, sold_out=True)]))
    bar = chart.demand.bars[0]
    assert (bar.x, bar.width) == (46, 56)
    assert (bar.y, bar.y + bar.height) == (22, 112)
    assert (bar.sold_out, bar.label) == (True, "16 Feb 2026: 20, sold out")


def test_buckets_outside_the_window_are_left_out():
    chart = plot(ChartInput(today=TODAY, sold=[Sold(TODAY - timedelta(days=21), 7, 500)]))
    assert chart.demand.bars == []
    assert [tick.label for tick in chart.demand.ticks] == ["0", "1"]


def test_the_fan_nests_its_intervals():
    expected = Expected(TODAY, 2, 10, half=(8, 12), most=(4, 16), nearly_all=(0, 20))
    chart = plot(ChartInput(today=TODAY, expected=[expected]))
    assert chart.demand.areas == [
        ("fan-95", "196,112 196,22"),
        ("fan-80", "196,94 196,40"),
        ("fan-50", "196,76 196,58"),
    ]
    assert chart.demand.lines == [("mean", "196,67")]


def test_stock_runs_daily_from_today_and_arrivals_sit_on_the_axis():
    given = ChartInput(
        today=TODAY,
        stock=[40, 20],
        stock_low=[40, 10],
        stock_high=[40, 30],
        reorder_point=[20, 20],
        arrivals=[
            Arrival(TODAY + timedelta(days=3), 24, True, "24 pcs"),
            Arrival(TODAY + timedelta(days=9), 1, True, ""),
        ],
    )
    stock = plot(given).stock
    assert (stock.top, stock.bottom) == (152, 262)
    assert stock.lines == [
        ("order-up-to", ""),
        ("reorder-point", "186,207 196,207"),
        ("stock", "186,152 196,207"),
    ]
    assert stock.areas == [("stock-band", "186,152 196,234.5 196,179.5 186,152")]
    assert [(marker.x, marker.y) for marker in stock.markers] == [(216, 262)]


def test_an_empty_chart_has_axes_and_nothing_else():
    chart = plot(ChartInput(today=TODAY))
    assert chart.stock.lines == [("order-up-to", ""), ("reorder-point", ""), ("stock", "")]
    assert chart.dates != []
