"""What is exported of the current forecast run."""

from forecasting.models import ForecastScope
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core.numeric import QUANTILE_GRID
from stocksense.ingestion import columns as c
from stocksense.ingestion import exporters
from stocksense.ingestion.exporters import Query, RunExporter


def quantile_name(probability: float) -> str:
    """Name of a quantile's column: q025 for 0.025, q50 for 0.5."""
    return "q" + f"{probability:.3f}".removeprefix("0.").removesuffix("0").ljust(2, "0")


QUANTILE_NAMES = tuple(quantile_name(float(probability)) for probability in QUANTILE_GRID)

_FORECASTS = """
SELECT i.sku, l.code, f.first_date + ((bucket.number - 1) * run.bucket_days)::int, bucket.mean, {quantiles}
FROM forecasting_forecast f
JOIN forecasting_forecastrun run ON run.id = f.run_id
JOIN inventory_item i ON i.id = f.item_id
JOIN inventory_location l ON l.id = f.location_id
CROSS JOIN LATERAL unnest(f.mean, {slices}) WITH ORDINALITY AS bucket (mean, {names}, number)
WHERE f.run_id = %(run)s AND f.run_date = %(run_date)s AND f.scope = %(scope)s
ORDER BY i.sku, l.code, bucket.number
"""


def forecasts(pointer: CurrentRun) -> Query:
    """The forecast of demand at each location, a row per bucket."""
    sql = _FORECASTS.format(
        names=", ".join(QUANTILE_NAMES),
        quantiles=", ".join(f"bucket.{name}" for name in QUANTILE_NAMES),
        slices=", ".join(f"f.quantiles[:][{number}:{number}]" for number in range(1, len(QUANTILE_NAMES) + 1)),
    )
    return Query(sql, {"run": pointer.run_id, "run_date": pointer.run_date, "scope": ForecastScope.OWN.value})


def register() -> None:
    """Make the kinds of results of this app known."""
    exporters.register(
        RunExporter(
            kind="forecasts",
            help="Expected demand at each location per bucket, with its quantiles, in stock units.",
            run_kind=RunKind.FORECAST,
            columns=(
                c.code("sku", key=True),
                c.code("location", key=True),
                c.date("bucket_start", "First day of the bucket (a day or a week).", key=True),
                c.decimal("mean", "Expected demand.", digits=15, decimals=4),
                *(
                    c.decimal(name, f"Demand is at most this with probability {probability:g}.", digits=15, decimals=4)
                    for name, probability in zip(QUANTILE_NAMES, QUANTILE_GRID, strict=True)
                ),
            ),
            query=forecasts,
        )
    )
