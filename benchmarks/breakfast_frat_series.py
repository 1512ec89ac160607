"""Reads the retailer's weekly sales into arrays for the forecasting benchmarks. The data stays where it is."""

import os
from pathlib import Path

import numpy as np
import polars as pl

from stocksense.core.numeric import FloatArray


def data_folder() -> Path:
    """Folder of the data set; it need not exist."""
    return Path(os.environ.get("STOCKSENSE_SHARED", "../shared")) / "data" / "breakfast_frat"


def read_series() -> list[FloatArray]:
    """One array per store and product, first sale to the last calendar week, weeks without a row as 0."""
    sales = pl.read_csv(data_folder() / "sales.csv.gz", columns=["week_end_date", "store_id", "upc", "units"],
                        schema_overrides={"store_id": pl.String, "upc": pl.String}, try_parse_dates=True)  # fmt: skip
    week = ((pl.col("week_end_date") - pl.col("week_end_date").min()).dt.total_days() // 7).alias("week")
    sales = sales.select("store_id", "upc", week, "units").sort("store_id", "upc", "week")
    last = int(sales["week"].max())  # type: ignore[arg-type]
    series = []
    for _, rows in sales.group_by(["store_id", "upc"], maintain_order=True):
        weeks = rows["week"].to_numpy()
        values = np.zeros(last - int(weeks[0]) + 1)
        values[weeks - weeks[0]] = rows["units"].to_numpy()
        series.append(values)
    return series
