"""The comparison of candidates: whom it samples, that it sees no future, and that no family can break it."""

from itertools import count

import numpy as np
import pytest

from forecasting.engine import families
from forecasting.engine.comparators import PathForecast
from forecasting.engine.comparison import ALL_ZERO, BLEND, FIRST_CHUNK, Comparison, Schedule, compare, schedule
from forecasting.engine.panel import Panel
from forecasting.engine.training import train
from stocksense.core.numeric import QUANTILE_GRID

SERIES, BUCKETS, HORIZON = 160, 72, 4
WHEN = Schedule(origins=(60, 64, 68), horizon=HORIZON)


def small_panel(demand: np.ndarray | None = None) -> Panel:
    """Slow and fast series, even and uneven."""
    rng = np.random.default_rng(3)
    level = np.repeat([0.3, 2.0, 9.0, 30.0], SERIES // 4)[:, None]
    drawn = rng.poisson(level, (SERIES, BUCKETS)).astype(float)
    starts = np.datetime64("2021-01-04") + 7 * np.arange(BUCKETS + HORIZON)
    return Panel.of(drawn if demand is None else demand, starts, 7)


def blend_of(panel: Panel):
    return train(panel.until(WHEN.origins[0]), horizon=HORIZON, seed=1, trees=0.0)


def compared(panel: Panel, **how) -> Comparison:
    return compare(panel, blend_of(panel), WHEN, seed=1, **{"cpu_seconds": 0.0, **how})


@pytest.fixture
def registry(monkeypatch):
    """The cheap families alone, and whatever a test registers."""
    quick = {one.name: one for one in families.families() if one.nightly}
    monkeypatch.setattr(families, "_REGISTRY", quick)


@pytest.fixture(scope="module")
def everything():
    return compared(small_panel())


def test_origins_lie_one_judged_span_apart_in_the_buckets_that_are_held_out():
    assert schedule(small_panel(), HORIZON) == WHEN
    assert schedule(small_panel().until(48), 26) == Schedule((33, 38, 43), 5)  # (a third of the history at most)
    assert schedule(Panel.of(np.ones((2, 400)), np.arange(400), 7), 26) == Schedule((361, 374, 387), 13)
    assert schedule(small_panel().until(8), HORIZON) is None


def test_every_family_the_blend_and_its_members_are_judged_beside_all_zero(everything):
    registered = {one.name for one in families.families()} - {"boosted", "blend"}
    assert set(everything.names) == registered | {BLEND, "smoothers, pooled", "own past year", ALL_ZERO}
    scores = everything.evidence["all"]["candidates"]
    assert scores[BLEND]["series"] == SERIES
    assert scores[BLEND]["scaled_pinball"] < scores["naive"]["scaled_pinball"]
    assert (scores[ALL_ZERO]["wape"], scores[ALL_ZERO]["bias"]) == (1.0, -1.0)
    assert set(scores["AutoETS"]) == {
        "series", "scaled_pinball", "wape", "bias", "rmsse", "blend", "difference", "standard_error", "clearly_better",
    }  # fmt: skip


def test_slow_families_take_as_many_chunks_as_their_share_allows(everything):
    series = {name: score["series"] for name, score in everything.evidence["all"]["candidates"].items()}
    assert (series["AutoETS"], series["MSTL"], series["naive"]) == (FIRST_CHUNK, FIRST_CHUNK, SERIES)
    segments = everything.evidence["segments"]
    assert sum(one["series"] for one in segments.values()) == SERIES
    for found in segments.values():  # (each chunk takes the segments in turn)
        assert found["candidates"]["AutoETS"]["series"] >= min(found["series"], FIRST_CHUNK // len(segments))


def test_a_share_that_one_does_not_need_goes_to_those_after_it(registry):
    def refuses(panel: Panel, horizon: int) -> np.ndarray:
        raise ValueError("not today")

    families.add(families.PooledFamily("refuses", False, refuses))
    families.add(families.PooledFamily("slow", False, families.naive))

    def series(cpu_seconds: float) -> int:
        """Of the second, by a clock that goes on by a second each time that it is looked at."""
        clock = count(0.0, 1.0)
        found = compared(small_panel(), cpu_seconds=cpu_seconds, clock=lambda: next(clock))
        return found.evidence["all"]["candidates"]["slow"]["series"]

    assert series(2.9) == FIRST_CHUNK  # (one second of two shares of 1.45 is used, which leaves 1.9)
    assert series(3.1) == 2 * FIRST_CHUNK  # (leaves 2.1: twice as many series in twice the one second)
    assert series(1000.0) == SERIES


def test_no_segment_gives_more_series_than_asked_and_the_same_ones_each_time(registry):
    panel = small_panel()
    found, again = compared(panel, most_per_segment=10), compared(panel, most_per_segment=10)
    assert np.array_equal(found.rows, again.rows)
    assert all(one["series"] <= 10 for one in found.evidence["segments"].values())
    assert found.sampled == sum(one["series"] for one in found.evidence["segments"].values()) < SERIES
    per_series = found.per_series()["scaled_pinball"]
    blend, naive = found.names.index(BLEND), found.names.index("naive")
    assert np.isfinite(per_series[:, blend]).all()  # (the blend is scored on every series)
    assert np.isfinite(per_series[: found.sampled, naive]).all()
    assert np.isnan(per_series[found.sampled :, naive]).all()


def test_scores_of_a_series_by_hand(registry):
    demand = np.tile([2.0, 6.0], (SERIES, BUCKETS // 2))
    found = compared(small_panel(demand))
    one = {name: values[0, found.names.index("naive")] for name, values in found.per_series().items()}
    assert one["wape"] == pytest.approx(0.5)  # (6 is repeated; 2 and 6 come in turn)
    assert one["bias"] == pytest.approx(0.5)
    assert one["rmsse"] == pytest.approx(np.sqrt(0.5))  # (mean of 0 and 16 over changes of 4)
    zero = {name: values[0, found.names.index(ALL_ZERO)] for name, values in found.per_series().items()}
    assert zero["scaled_pinball"] == pytest.approx(
        np.mean([0.5, 0.8, 0.9, 0.95, 0.99])
    )  # (4 a bucket, by changes of 4)


def test_series_of_which_nothing_is_known_any_more_take_no_score_from_the_others(registry):
    demand = np.tile([2.0, 6.0], (SERIES, BUCKETS // 2))
    in_stock = np.ones(demand.shape, dtype=bool)
    in_stock[: SERIES // 2, WHEN.origins[0] :] = False
    panel = Panel.of(demand, small_panel().starts, 7, in_stock=in_stock)
    naive = compared(panel).evidence["all"]["candidates"]["naive"]
    assert (naive["series"], naive["wape"], naive["bias"]) == (SERIES // 2, 0.5, 0.5)
    assert naive["scaled_pinball"] > 0


def test_what_comes_after_an_origin_changes_no_forecast_from_it(registry):
    """Demand after the second origin is made ten times as much: errors at the first stay, to the last digit."""
    panel = small_panel()
    later = panel.demand.copy()
    later[:, WHEN.origins[1] :] *= 10
    one, two = compared(panel), compared(small_panel(later))
    assert np.array_equal(one.rows, two.rows)
    assert np.array_equal(one.segment, two.segment)
    for before, after in zip(one.tried, two.tried, strict=True):
        assert np.array_equal(before.loss[:, 0], after.loss[:, 0], equal_nan=True), before.name
        assert not np.array_equal(before.loss[:, 2], after.loss[:, 2], equal_nan=True)


class Perfect:
    """Knows that demand alternates, and breaks on the series that it is told to."""

    name, nightly = "perfect", True

    def __init__(self, breaks_at: float = -1.0) -> None:
        self.breaks_at = breaks_at

    def forecast(self, panel: Panel, *, horizon: int, seed: int) -> PathForecast:
        if (panel.demand[:, 0] == self.breaks_at).any():
            raise KeyError("no such thing")
        mean = np.tile(panel.demand[:, -2:], horizon // 2)
        return PathForecast(mean, np.repeat(mean[:, :, None], len(QUANTILE_GRID), axis=2))


def alternating() -> Panel:
    size = np.arange(1.0, SERIES + 1)[:, None]
    return small_panel(size * np.tile([1.0, 3.0], BUCKETS // 2))


def test_a_registered_family_joins_and_is_said_to_be_clearly_better(registry):
    families.register(Perfect)
    evidence = compared(alternating()).evidence
    assert evidence["all"]["candidates"]["perfect"]["scaled_pinball"] == 0.0
    assert "perfect" in evidence["all"]["clearly_better"]
    assert all("perfect" in one["clearly_better"] for one in evidence["segments"].values() if one["series"] >= 30)
    assert "did clearly better than the blend: 100.0 % less loss on the same 160 series" in evidence["all"]["reason"]
    assert not evidence["failures"]


def test_a_series_that_a_family_fails_on_is_judged_by_the_smoothers_and_said(registry):
    families.add(Perfect(breaks_at=7.0))
    found = compared(alternating())
    assert found.evidence["failures"] == {"perfect": {"series": 1, "error": "KeyError: 'no such thing'"}}
    losses = found.per_series()["scaled_pinball"]
    row = int(np.flatnonzero(found.rows == 6)[0])
    perfect, smoothers = (losses[:, found.names.index(name)] for name in ("perfect", "smoothers"))
    assert (perfect[np.arange(SERIES) != row] == 0.0).all()
    assert perfect[row] == pytest.approx(smoothers[row], rel=0.2)  # (its spread is pooled from it alone)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda n, h: PathForecast(np.zeros((n, h + 1)), np.zeros((n, h + 1, 11))), "another shape"),
        (lambda n, h: PathForecast(np.full((n, h), np.nan), np.zeros((n, h, 11))), "no numbers"),
        (lambda n, h: PathForecast(np.full((n, h), -1.0), np.zeros((n, h, 11))), "below zero"),
        (lambda n, h: PathForecast(np.zeros((n, h)), np.tile(np.arange(11.0)[::-1], (n, h, 1))), "quantiles that fall"),
    ],
)
def test_a_family_that_breaks_its_promise_is_given_up_after_one_chunk(answer, says, registry):
    class Broken:
        name, nightly = "broken", False

        def forecast(self, panel: Panel, *, horizon: int, seed: int) -> PathForecast:
            return answer(len(panel), horizon)

    families.register(Broken)
    found = compared(small_panel(), cpu_seconds=1e9)
    failure = found.evidence["failures"]["broken"]
    assert failure["series"] == FIRST_CHUNK
    assert says in failure["error"]
    assert found.evidence["all"]["candidates"]["broken"]["series"] == FIRST_CHUNK


def test_progress_is_told_between_chunks_and_may_stop_it(registry):
    families.add(families.PooledFamily("slow", False, families.naive))

    class Stop(Exception):
        pass

    told = []

    def progress(message: str) -> None:
        told.append(message)
        if message.startswith("slow: 12"):
            raise Stop

    with pytest.raises(Stop):
        compared(small_panel(), cpu_seconds=1e9, progress=progress)
    assert told[-2:] == ["slow: 0 of 160 series", "slow: 12 of 160 series"]


def test_where_nothing_was_ever_sold_there_is_nothing_to_compare():
    found = compared(small_panel(np.full((SERIES, BUCKETS), np.nan)))
    assert (found.rows.size, found.names, found.evidence) == (0, (), {})
