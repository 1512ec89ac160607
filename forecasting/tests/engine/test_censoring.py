"""What stock-outs hide: closed forms against sums over the distribution, no look ahead, and the bias that goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecasting.engine import SeriesBatch, back_test, calibrate, pool_errors
from forecasting.engine.censoring import (
    added_from_past,
    drawn_from_past,
    expected_at_least,
    unconstrain_from_past,
    unconstrain_in_hindsight,
)

WEEKS, SERIES = 130, 200


def moments(sold, mean, variance, *, whole=True):
    return tuple(float(one[0]) for one in expected_at_least(*map(np.array, ([sold], [mean], [variance], [whole]))))


def past(sales, observed):
    return unconstrain_from_past(np.array(sales, dtype=float), np.array(observed))


@pytest.mark.parametrize(
    ("variance", "counts"),
    [(2.0, stats.poisson(2)), (4.0, stats.nbinom(2, 0.5))],
    ids=["poisson", "negative binomial"],
)
@pytest.mark.parametrize("sold", [0, 1, 2, 5])
def test_whole_demand_given_that_it_was_at_least_what_was_sold(variance, counts, sold):
    units = np.arange(sold, 400)
    chance = counts.pmf(units) / counts.sf(sold - 1)
    assert moments(sold, 2.0, variance) == pytest.approx(((chance * units).sum(), (chance * units**2).sum()), rel=1e-9)


def test_demand_by_weight_is_exponential_where_its_variance_is_its_mean_squared():
    """An exponential variable does not age: E[D | D ≥ s] = s + mean, E[D² | D ≥ s] = s² + 2 s mean + 2 mean²."""
    assert moments(3.0, 2.0, 4.0, whole=False) == pytest.approx((5.0, 29.0))


def test_sales_that_the_distribution_cannot_explain_are_taken_as_they_are():
    assert moments(1e6, 2.0, 2.0) == (1e6, 1e12)


def test_a_bucket_that_nothing_was_sold_in_is_worth_the_mean_before_it():
    found = past([4, 6, 0, 8], [True, True, False, True])
    assert found.demand.tolist() == [4, 6, 5, 8]
    assert found.added.tolist() == [0, 0, 5, 0]


def test_what_is_expected_beyond_what_was_sold():
    """Two weeks of 4 and 6, then 9 until stock ran out. Variance: a third of 1 and two thirds of 5 + .25 · 25."""
    variance = 1 / 3 + 2 / 3 * 11.25
    size = 25 / (variance - 5)
    counts = stats.nbinom(size, size / (size + 5))
    units = np.arange(9, 2000)
    expected = (counts.pmf(units) * units).sum() / counts.sf(8)
    assert past([4, 6, 9], [True, True, False]).demand[2] == pytest.approx(expected, rel=1e-9)


def test_a_stock_out_before_any_other_bucket_is_worth_what_was_sold():
    assert past([3, 5], [False, True]).demand.tolist() == [3, 5]


def test_only_the_latest_26_buckets_tell_the_level():
    assert past([100, *[2] * 26, 0], [*[True] * 27, False]).demand[-1] == 2


def test_hindsight_sees_both_sides():
    sales, observed = np.array([4.0] * 13 + [0] + [8.0] * 13), np.array([True] * 13 + [False] + [True] * 13)
    assert unconstrain_in_hindsight(sales, observed).demand[13] == pytest.approx(6)
    assert unconstrain_from_past(sales, observed).demand[13] == 4


@given(
    st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=20),
)
def test_what_comes_later_changes_nothing(buckets, later):
    sales = np.array([sold for sold, _ in buckets])
    alone = past(*zip(*buckets, strict=True))
    longer = past(*zip(*(buckets + later), strict=True))
    size = sales.size
    assert np.array_equal(alone.demand, longer.demand[:size])
    assert np.array_equal(alone.drawn, longer.drawn[:size])
    assert (alone.added >= 0).all()
    assert (alone.drawn >= sales).all()


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="same length"):
        unconstrain_from_past(np.zeros(3), np.ones(2, dtype=bool))


@pytest.fixture(scope="module")
def shop():
    """200 items of steady mean demand 3 .. 40 (CV² ≥ .5) whose stock ran out in about a quarter of the weeks."""
    rng = np.random.default_rng(20261130)
    mean = rng.uniform(3, 40, SERIES)
    chance = 2 / (2 + mean)
    demand = rng.negative_binomial(2, chance[:, None], (SERIES, WEEKS)).astype(float)
    stock = np.floor(stats.nbinom(2, chance).ppf(0.75)[:, None] * rng.uniform(0.7, 1.3, (SERIES, WEEKS)))
    return mean, np.minimum(demand, stock), demand < stock


def old_fill(sales, observed):
    """What was done before: the larger of what was sold and the mean of the latest 8 observed buckets."""
    sums, before = np.concatenate(([0.0], np.cumsum(sales[observed]))), np.cumsum(observed)
    start = np.maximum(before - 8, 0)
    return np.where(observed, sales, np.maximum(sales, (sums[before] - sums[start]) / np.maximum(before - start, 1)))


def test_the_bias_of_the_level_goes(shop):
    """Relative bias of mean demand of the last two years, over all items."""
    mean, sales, observed = shop
    assert 0.2 < 1 - observed.mean() < 0.3

    def bias(fill):
        filled = [fill(*one)[26:].mean() for one in zip(sales, observed, strict=True)]
        return round(float(np.sum(filled) / mean.sum() - 1), 3)

    assert bias(lambda sold, seen: sold) == -0.179
    assert bias(old_fill) == -0.179
    assert bias(lambda sold, seen: unconstrain_from_past(sold, seen).demand) == -0.028
    assert bias(lambda sold, seen: unconstrain_from_past(sold, seen).drawn) == -0.027
    assert bias(lambda sold, seen: unconstrain_in_hindsight(sold, seen).demand) == -0.018


def test_the_forecast_is_of_demand_and_not_of_sales(shop):
    """The back-test judges by demand too: else the pooled bias takes away what was added."""
    mean, sales, observed = shop
    ratios = {}
    for flags in (None, observed.tolist()):
        test = back_test(SeriesBatch.from_series(sales.tolist(), flags), horizon=8)
        forecast = calibrate(test, pool_errors([test]))
        ratios["ignored" if flags is None else "heeded"] = round(
            float(forecast.mean.mean(axis=1).sum() / mean.sum()), 2
        )
    assert ratios == {"ignored": 0.83, "heeded": 0.98}


def test_many_histories_at_once_are_as_each_alone(shop):
    _, sales, observed = shop
    begin = np.arange(SERIES) % 40
    observed = observed | (np.arange(WEEKS) == begin[:, None])
    inside = np.arange(WEEKS) >= begin[:, None]
    together = added_from_past(sales, observed, inside)
    for row in range(0, SERIES, 20):
        span = slice(int(begin[row]), WEEKS)
        alone = unconstrain_from_past(sales[row, span], observed[row, span]).added
        assert together[row, span] == pytest.approx(alone, abs=1e-9)
        assert not together[row, : span.start].any()


def test_draws_stay_when_the_years_that_are_read_begin_later(shop):
    _, sales, observed = shop
    observed = observed | (np.arange(WEEKS) < 2)
    inside = np.ones(sales.shape, dtype=bool)
    before = drawn_from_past(sales, observed, inside)
    after = drawn_from_past(sales[:, 1:], observed[:, 1:], inside[:, 1:])
    moved = np.abs(before[:, 52:] - after[:, 51:])[~observed[:, 52:]]
    assert moved.max() <= 2  # (of up to 148: what is filled leans, ever less, on what was filled before)
    assert moved.mean() < 0.05
    assert np.unique(before[~observed] - sales[~observed]).size > 50


def test_draws_of_an_item_that_began_out_of_stock_stay_night_by_night():
    """Each night's matrix begins a bucket later; the item's own history is the same."""
    sold = np.array([10.0, 12, 9, 11, 10, 13, 20, 18, 22, 19])
    observed = np.arange(10) >= 6

    def drawn(before: int) -> list[float]:
        inside = np.arange(before + 10) >= before
        sales, seen = np.zeros((1, before + 10)), np.ones((1, before + 10), dtype=bool)
        sales[0, before:], seen[0, before:] = sold, observed
        return drawn_from_past(sales, seen, inside[None])[0, before:].tolist()

    assert drawn(3) == drawn(2) == drawn(0)
    assert drawn(0) != sold.tolist()


def test_draws_spread_over_all_that_is_possible(shop):
    """A quarter of the draws lies in each quarter of what each bucket could have been: here all weeks are alike."""
    _, sales, observed = shop
    inside = np.ones(sales.shape, dtype=bool)
    hidden = ~observed & (np.arange(WEEKS) >= 26)
    drawn = drawn_from_past(sales, observed, inside)
    mean = sales + added_from_past(sales, observed, inside)
    assert drawn[hidden].mean() == pytest.approx(mean[hidden].mean(), rel=0.02)
    by_week = np.array([(drawn - mean)[hidden[:, week], week].mean() for week in range(26, WEEKS)])
    noise = (drawn - mean)[hidden].std() / np.sqrt(hidden[:, 26:].sum(axis=0).mean())
    assert by_week.std() == pytest.approx(noise, rel=0.2)


def test_fillings_are_no_evidence_for_fillings():
    """Nine in ten weeks are marked though nothing was missed: levels do not climb beyond twice what was sold."""
    rng = np.random.default_rng(3)
    sales = rng.negative_binomial(2, 2 / (2 + 6), (100, 208)).astype(float)
    observed = rng.random(sales.shape) >= 0.9
    observed[:, 0] = True
    demand = sales + added_from_past(sales, observed, np.ones(sales.shape, dtype=bool))
    assert demand[:, -52:].mean() / sales[:, -52:].mean() < 2.4
