"""Two years of weekly demand: level, trend, season, promotions, noise, stock-outs and returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from stocksense.company.demo.assortment import Assortment
from stocksense.company.demo.catalogue import Item
from stocksense.company.demo.network import DEPOTS, PLACES
from stocksense.company.demo.promotions import WEEKS, Promotion
from stocksense.core.numeric import BoolArray, FloatArray

AHEAD = 4
STOCK_OUT_STARTS_PER_WEEK = 0.008
KEPT_ZERO_SHARE = 0.3
WHOLESALE_DISCOUNT = 0.78
YEARLY_PRICE_RISE = 1.03


@dataclass(frozen=True)
class Demand:
    """What was sold, and what an average coming week will need."""

    frame: pl.DataFrame
    """The rows of `demand`."""
    coming: FloatArray
    """Expected own demand per week over the next weeks, one per item-location, promotions apart."""


def build_demand(
    seed: int, items: Sequence[Item], assortment: Assortment, promotions: Sequence[Promotion], first_week: date
) -> Demand:
    """Rows for the 104 weeks from `first_week`; a week without a row had no sales."""
    rng = np.random.default_rng([seed, 8])
    expected = _expected(rng, items, assortment, first_week)
    lift, price_factor = _promotion_effects(assortment, promotions)
    promoted = lift != 1.0
    selling = expected[:, :WEEKS] > 0
    sold = _draw(rng, items, assortment, expected[:, :WEEKS] * lift)
    short = _stock_outs(rng, assortment, selling)
    sold = np.where(short, np.floor(sold * rng.uniform(0, 0.7, sold.shape)), sold)
    returned = _returns(rng, items, assortment, sold)
    price = np.round(_price(items, assortment, first_week)[:, :WEEKS] * price_factor, 2)
    kept = selling & ((sold > 0) | short | (rng.random(sold.shape) < KEPT_ZERO_SHARE))
    series, week = np.nonzero(kept)
    frame = pl.DataFrame(
        {
            "sku": pl.Series([item.sku for item in items]).gather(assortment.item[series]),
            "location": pl.Series([place.code for place in PLACES]).gather(assortment.place[series]),
            "date": pl.Series([first_week + timedelta(weeks=count) for count in range(WEEKS)]).gather(week),
            "quantity": sold[kept],
            "returned_quantity": returned[kept],
            "price": price[kept],
            "in_stock": (~short[kept]).astype(np.int8),
            "promotion": promoted[kept].astype(np.int8),
        }
    )
    return Demand(frame, expected[:, WEEKS:].mean(axis=1))


def season_factor(season: str, week: FloatArray) -> FloatArray:
    """Factor per week; `week` as a share of the year (0: 1 January). Averages about 1."""
    cycle = 2 * np.pi * week
    december = 0.22 * np.exp(-(((week - 0.955) / 0.03) ** 2))
    shapes = {
        "flat": 0.97 + 0.05 * np.cos(cycle) + december,
        "winter": 0.97 + 0.26 * np.cos(cycle - 0.2) + december,
        "summer": 1.0 - 0.6 * np.cos(cycle - 0.25),
        "gifts": 0.3 + 5.2 * np.exp(-(((week - 0.935) / 0.045) ** 2)),
    }
    return np.asarray(shapes[season], dtype=np.float64)


def _expected(rng: np.random.Generator, items: Sequence[Item], assortment: Assortment, first_week: date) -> FloatArray:
    """Mean own demand per item-location and week, `AHEAD` weeks beyond the history; 0 outside its life."""
    weeks = np.arange(WEEKS + AHEAD)
    middle_day = first_week.timetuple().tm_yday + 2 + 7 * weeks
    year_share = np.asarray(middle_day % 365.25 / 365.25, dtype=np.float64)
    season = np.stack([season_factor(item.family.season, year_share) for item in items])[assortment.item]
    item_trend = rng.normal(0.03, 0.09, len(items))[assortment.item] + rng.normal(0, 0.04, len(assortment))
    trend = np.exp(item_trend[:, None] * (weeks - WEEKS)[None, :] / 52)
    mean = assortment.weekly_units[:, None] * season * trend
    for row, index in enumerate(assortment.item):
        starts = [day for day in (items[index].active_from, assortment.first_day[row]) if day]
        ends = [day for day in (items[index].active_to, assortment.last_day[row]) if day]
        if starts:
            age = weeks - (max(starts) - first_week).days // 7
            mean[row] *= np.where(age < 0, 0, np.minimum(1, 0.35 + age / 10))
        if ends:
            mean[row, (min(ends) - first_week).days // 7 + 1 :] = 0
    return mean


def _promotion_effects(assortment: Assortment, promotions: Sequence[Promotion]) -> tuple[FloatArray, FloatArray]:
    lift = np.ones((len(assortment), WEEKS))
    price_factor = np.ones((len(assortment), WEEKS))
    rows_of_item = [np.flatnonzero(assortment.item == index) for index in range(int(assortment.item.max()) + 1)]
    for promotion in promotions:
        if promotion.first_week >= WEEKS:
            continue
        rows = rows_of_item[promotion.item]
        if promotion.place is not None:
            rows = rows[assortment.place[rows] == promotion.place]
        span = slice(promotion.first_week, promotion.first_week + promotion.weeks)
        strength = np.where(assortment.wholesale[rows], 0.3, 1.0)
        lift[rows, span] = (1 + (promotion.lift - 1) * strength)[:, None]
        price_factor[rows, span] = promotion.price_factor
    return lift, price_factor


def _draw(rng: np.random.Generator, items: Sequence[Item], assortment: Assortment, mean: FloatArray) -> FloatArray:
    """Sales around the mean: gamma-Poisson, lumpy where wholesale or intermittent, in steps of the unit."""
    lumpy = np.array([item.family.intermittent for item in items])[assortment.item] | assortment.wholesale
    shape = np.where(lumpy, 2.5, rng.uniform(6, 18, len(assortment)))[:, None]
    ordering = np.where(assortment.wholesale, 0.55, np.where(lumpy, 0.45, 1.0))[:, None]
    active = rng.random(mean.shape) < ordering
    intensity = mean / ordering * rng.gamma(shape, 1 / shape, mean.shape) * active
    decimals = np.array([item.family.uom_decimals for item in items])[assortment.item]
    sold = rng.poisson(intensity).astype(np.float64)
    for places in np.unique(decimals[decimals > 0]):
        rows = decimals == places
        sold[rows] = np.round(intensity[rows], int(places))
    return sold


def _stock_outs(rng: np.random.Generator, assortment: Assortment, selling: BoolArray) -> BoolArray:
    starts = rng.random(selling.shape) < STOCK_OUT_STARTS_PER_WEEK
    starts[assortment.place < DEPOTS] = False
    second = rng.random(selling.shape) < 0.45
    result = starts.copy()
    result[:, 1:] |= starts[:, :-1] & second[:, 1:]
    stock_outs: BoolArray = result & selling
    return stock_outs


def _returns(rng: np.random.Generator, items: Sequence[Item], assortment: Assortment, sold: FloatArray) -> FloatArray:
    returnable = np.array([item.family.category.startswith(("Equipment", "Gifts")) for item in items])
    chance = np.where(returnable[assortment.item], 0.03, 0.0)[:, None]
    return rng.binomial(sold.astype(np.int64), chance).astype(np.float64)


def _price(items: Sequence[Item], assortment: Assortment, first_week: date) -> FloatArray:
    """Regular price per item-location and week: raised every January, lower to wholesale customers."""
    weeks = [first_week + timedelta(weeks=count) for count in range(WEEKS + AHEAD)]
    years_back = np.array([weeks[-AHEAD - 1].year - week.year for week in weeks])
    now = np.array([item.unit_price for item in items])[assortment.item]
    now = now * np.where(assortment.wholesale, WHOLESALE_DISCOUNT, 1.0)
    return np.asarray(now[:, None] / YEARLY_PRICE_RISE ** np.maximum(years_back, 0)[None, :], dtype=np.float64)
