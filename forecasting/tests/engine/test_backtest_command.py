"""The evaluation's command line: its files, its cutoffs, its errors."""

import csv
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecasting.engine import backtest

COLUMNS = ["series_id", "cutoff", "date", "mean", "q025", "q05", "q10", "q50", "q80", "q90", "q95", "q975", "q99"]


def demand_file(folder: Path, *, series: int = 12, buckets: int = 60, step: int = 1, late: int = 50) -> Path:
    rng = np.random.default_rng(4)
    path = folder / "demand.csv"
    rows = ["series_id,date,quantity"]
    for row in range(series):
        begin = late if row == 0 else 0
        for at in range(begin, buckets):
            quantity = rng.poisson(3.0) if at not in (begin, buckets - 1) else 2
            if quantity:
                rows.append(f"item {row:02},{date(2024, 1, 3) + timedelta(at * step)},{quantity}")
    path.write_text("\n".join(rows) + "\n")
    return path


def run(demand: Path, out: Path, *options: str) -> int:
    return backtest.main([str(demand), "--out", str(out), *options])


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as handle:
        return list(csv.DictReader(handle))


def test_it_writes_every_series_that_had_begun_at_each_cutoff(tmp_path, capsys):
    demand = demand_file(tmp_path)
    code = run(demand, tmp_path / "out", "--freq", "D", "--horizon", "3", "--windows", "4", "--comparators", "none")
    rows = read(tmp_path / "out" / "forecasts.csv")
    assert code == 0
    assert list(rows[0]) == COLUMNS
    assert sorted({row["cutoff"] for row in rows}) == ["2024-02-19", "2024-02-22", "2024-02-25", "2024-02-28"]
    assert [row["date"] for row in rows[:3]] == ["2024-02-20", "2024-02-21", "2024-02-22"]
    at_first = {row["series_id"] for row in rows if row["cutoff"] == "2024-02-19"}
    assert len(at_first) == 11
    assert "item 00" not in at_first
    assert len(rows) == 3 * (11 + 12 + 12 + 12)
    for row in rows:
        values = [float(row[name]) for name in COLUMNS[4:]]
        assert values == sorted(values)
        assert values[0] >= 0
    assert "all-zero" in capsys.readouterr().out


def test_the_metrics_name_the_best_single_model_and_all_zero(tmp_path):
    demand = demand_file(tmp_path, step=7)
    run(demand, tmp_path, "--freq", "W-WED", "--horizon", "2", "--windows", "2")
    rows = read(tmp_path / "metrics.csv")
    names = [row["name"] for row in rows]
    assert names[0] == "this project"
    assert names[1].startswith("best single model (")
    assert names[2] == "all-zero"
    assert {"Naive", "SES", "IMAPA", "TSB", "AutoETS", "dynamic Theta"} <= set(names)
    zero = rows[2]
    assert float(zero["wape"]) == 1.0
    assert float(zero["bias"]) == -1.0
    losses = [float(row["scaled_pinball"]) for row in rows[3:] if row["series"] == rows[0]["series"]]
    assert float(rows[1]["scaled_pinball"]) == min(losses)


def test_the_same_seed_gives_the_same_file(tmp_path):
    demand = demand_file(tmp_path)
    for name in ("one", "two"):
        run(demand, tmp_path / name, "--freq", "D", "--horizon", "3", "--windows", "1", "--comparators", "none")
    assert (tmp_path / "one" / "forecasts.csv").read_bytes() == (tmp_path / "two" / "forecasts.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--freq", "Q"], "not one of D"),
        (["--freq", "D", "--windows", "30"], "are too few"),
        (["--freq", "D", "--horizon", "0"], "at least 1"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_a_reason(tmp_path, capsys, options, message):
    demand = demand_file(tmp_path)
    assert run(demand, tmp_path / "out", *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_buckets_without_stock_are_no_demand_to_the_scores(tmp_path, capsys):
    """3 a day or 4, but half of 12 series had nothing to sell on the last two days: 24 of 36 buckets to judge by."""
    rows = ["series_id,date,quantity,in_stock"]
    for series in range(12):
        for at in range(40):
            out = series < 6 and at >= 38
            rows.append(
                f"{series},{date(2024, 1, 1) + timedelta(at)},{0 if out else 3 + at % 2},{'no' if out else 'yes'}"
            )
    (tmp_path / "demand.csv").write_text("\n".join(rows) + "\n")
    options = ("--freq", "D", "--horizon", "3", "--windows", "1", "--comparators", "none")
    assert run(tmp_path / "demand.csv", tmp_path, *options) == 0
    assert "12 of 36 buckets are left out of the scores: stock ran out in them" in capsys.readouterr().out
    mine, zero = read(tmp_path / "metrics.csv")
    assert (mine["series"], zero["wape"]) == ("12", "1.000000")
    assert abs(float(mine["bias"])) < 0.15


def test_a_quantity_that_nothing_can_be_computed_with_is_named(tmp_path, capsys):
    demand = demand_file(tmp_path)
    lines = demand.read_text().splitlines()
    lines[1] = ",".join((*lines[1].split(",")[:2], "1e200"))
    demand.write_text("\n".join(lines) + "\n")
    assert run(demand, tmp_path / "out", "--freq", "D", "--comparators", "none") == 2
    assert "1 quantities are above 1e+15, the first 1e+200 for series item 00 on 2024-02-22" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("freq", "label", "says"),
    [("W-WED", None, ""), ("W", None, ""), ("W-SUN", None, "WED, not SUN: each is taken for the last day of its week"),
     ("w-sun", "start", "first day")],
)  # fmt: skip
def test_weekly_dates_of_another_day_than_was_said_are_told(freq, label, says):
    found = backtest.weekday_note(np.array(["2024-01-03", "2024-01-10"], dtype="datetime64[D]"), freq, label)
    assert says in found
    assert bool(found) == bool(says)


def test_as_a_module_it_starts_without_warnings(tmp_path):
    found = subprocess.run(
        [sys.executable, "-W", "error", "-m", "forecasting.engine.backtest", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0
    assert "series_id" in found.stdout
    assert found.stderr == ""
