"""What earlier runs missed, for the next training to correct."""

from typing import Final

import numpy as np
from django.db.models import Sum

from forecasting.engine import CoverageState
from forecasting.models import ForecastAccuracy, ForecastModel, Layer, SegmentKind
from stocksense.core.numeric import QUANTILE_GRID

AHEAD: Final = 1
P95, P975, P99 = (QUANTILE_GRID.index(p) for p in (0.95, 0.975, 0.99))


def next_state(before: ForecastModel | None) -> CoverageState:
    """The state after the buckets that closed since the cutoff of the training `before` (None: nothing learned yet).

    Accuracy is kept of the .95 and .99 quantiles, so these are corrected and .975 by their mean; the others stay.
    """
    if before is None:
        return CoverageState()
    shift = np.array(before.coverage.get("shift", [0.0] * len(QUANTILE_GRID)))
    state = CoverageState(shift)
    since = ForecastAccuracy.objects.filter(
        bucket_start__gt=before.cutoff, bucket_days=before.bucket_days, lag=AHEAD, kind=SegmentKind.LEVEL,
        key="item-location", layer=Layer.STATISTICAL, below_95__isnull=False,
    ).aggregate(series=Sum("series"), below_95=Sum("below_95"), below_99=Sum("below_99"))  # fmt: skip
    judged = since["series"] or 0
    if judged == 0:
        return state
    below = np.array(QUANTILE_GRID)
    missed_95, missed_99 = since["below_95"] / judged - 0.95, since["below_99"] / judged - 0.99
    below[P95] += missed_95
    below[P975] += (missed_95 + missed_99) / 2.0
    below[P99] += missed_99
    return state.after(below, judged)
