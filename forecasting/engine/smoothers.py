"""Four cheap level smoothers; their mean is the level forecast."""

from typing import Any, Final

import numpy as np

from forecasting.engine.libraries import statsforecast_models
from forecasting.engine.series import SHORTEST_HISTORY
from stocksense.core.numeric import FloatArray

WINDOW_DAYS: Final = 182
WEEKLY_SMOOTHING: Final = 0.1


class LevelSmoother:
    """Mean of SES, IMAPA, TSB and a half-year moving average, all from statsforecast's own implementations.

    Every member forecasts a constant, so one number per series says it all. Smoothing constants are those of
    .1 per week carried to the bucket length, 1 − .9^(days/7), so that the memory in days is the same on any grain.
    Build one per batch: construction imports statsforecast, calls do not.
    Sources: Brown (1959), SES; Petropoulos & Kourentzes (2015), IMAPA; Teunter, Syntetos & Babai (2011), TSB.
    """

    def __init__(self, bucket_days: int) -> None:
        models = statsforecast_models()
        smoothing = 1.0 - (1.0 - WEEKLY_SMOOTHING) ** (bucket_days / 7.0)
        self.window = max(1, round(WINDOW_DAYS / bucket_days))
        self.members: tuple[Any, ...] = (
            models.SimpleExponentialSmoothing(smoothing), models.IMAPA(), models.TSB(smoothing, smoothing)
        )  # fmt: skip

    def level(self, demand: FloatArray) -> float:
        """Expected units per bucket after `demand` [t] (finite, not negative).

        The plain mean when there are fewer than 8 buckets, 0 when there are none.
        """
        if demand.size == 0 or not demand.any():
            return 0.0
        if demand.size < SHORTEST_HISTORY:
            return float(demand.mean())
        average = float(demand[-self.window :].mean())
        levels = [float(member.forecast(y=demand, h=1)["mean"][0]) for member in self.members]
        level = (sum(levels) + average) / (len(levels) + 1)
        return level if np.isfinite(level) and level >= 0.0 else average
