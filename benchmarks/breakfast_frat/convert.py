"""Convert the Breakfast at the Frat sales into an import folder.

    python -m benchmarks.breakfast_frat.convert OUT [--source DIR] [--stores N] [--items N]

Sales, prices, promotions, stores and products are real; supply is assumed, each figure in `assumptions.toml`.
The data belongs to dunnhumby and is for research and teaching: neither it nor what is converted from it is shipped.
"""

import argparse
import os
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.breakfast_frat.supply import SupplyChain, Tables
from stocksense.company.demo.files import write_frame, write_rows

ASSUMPTIONS = Path(__file__).with_name("assumptions.toml")
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Source:
    """The data as published, cut to the wanted stores and items; `week` is the first day (a Thursday)."""

    sales: pl.DataFrame
    stores: pl.DataFrame
    products: pl.DataFrame

    @property
    def last_week(self) -> date:
        week = self.sales["week"].max()
        assert isinstance(week, date)
        return week


def default_source() -> Path:
    return Path(os.environ.get("STOCKSENSE_SHARED", "../shared")) / "data" / "breakfast_frat"


def read_source(folder: Path, stores: int | None = None, items: int | None = None) -> Source:
    """Read the three files; `stores` and `items` keep that many, spread evenly over the sorted codes."""
    text = {"store_id": pl.String, "upc": pl.String}
    sales = pl.read_csv(folder / "sales.csv.gz", schema_overrides=text)
    sales = sales.filter(
        pl.col("store_id").is_in(_slice(sales["store_id"], stores).implode()),
        pl.col("upc").is_in(_slice(sales["upc"], items).implode()),
    ).with_columns(week=pl.col("week_end_date").str.to_date() - timedelta(days=6))
    stores_frame = pl.read_csv(folder / "stores.csv", schema_overrides=text).sort("store_id")
    products = pl.read_csv(folder / "products.csv", schema_overrides=text).sort("upc")
    return Source(
        sales=sales.sort("upc", "store_id", "week"),
        stores=stores_frame.filter(pl.col("store_id").is_in(sales["store_id"].unique().implode())),
        products=products.filter(pl.col("upc").is_in(sales["upc"].unique().implode())),
    )


def _slice(codes: pl.Series, count: int | None) -> pl.Series:
    every = codes.unique().sort()
    if count is None or count >= len(every):
        return every
    return every.gather(np.linspace(0, len(every) - 1, count).round().astype(np.int64))


def convert(
    out: Path,
    source_folder: Path | None = None,
    *,
    stores: int | None = None,
    items: int | None = None,
    assumptions_file: Path = ASSUMPTIONS,
) -> dict[str, int]:
    """Write the import folder `out` and return its rows per kind of file."""
    assumptions = tomllib.loads(assumptions_file.read_text())
    source = read_source(source_folder or default_source(), stores, items)
    out.mkdir(parents=True, exist_ok=True)
    series = series_table(source, assumptions)
    frames = {"demand": demand_table(source.sales), "events": event_table(source.sales)}
    as_of = source.last_week + WEEK
    chain = SupplyChain(assumptions, source.stores, item_table(source, series, assumptions), series, as_of)
    tables: Tables = {"company": [{"key": key, "value": value} for key, value in assumptions["company"].items()]}
    tables |= chain.tables()
    rows = {kind: write_rows(out, kind, table) for kind, table in tables.items()}
    return rows | {kind: write_frame(out, kind, frame) for kind, frame in frames.items()}


def series_table(source: Source, assumptions: dict[str, Any]) -> pl.DataFrame:
    """One row per store and item: its life and its sales per week now.

    Columns: sku, location, active_from and active_to (null where still open), weekly (units).
    """
    weeks = assumptions["stock"]["rate_weeks"]
    first, last = source.sales["week"].min(), source.last_week
    delisted_before = last - WEEK * assumptions["items"]["delisted_after_weeks"]
    recent = pl.col("units").filter(pl.col("week") > last - WEEK * weeks).sum() / weeks
    return (
        source.sales.group_by(sku="upc", location="store_id")
        .agg(start=pl.col("week").min(), end=pl.col("week").max(), weekly=recent)
        .with_columns(
            location=store_code(),
            active_from=pl.when(pl.col("start") > first).then("start"),
            active_to=pl.when(pl.col("end") <= delisted_before).then(pl.col("end") + timedelta(days=6)),
        )
        .drop("start", "end")
        .sort("sku", "location")
    )


def store_code() -> pl.Expr:
    return pl.concat_str(pl.lit("ST-"), pl.col("location"))


def demand_table(sales: pl.DataFrame) -> pl.DataFrame:
    """Rows of `demand`: units sold, the price paid, and whether any promotion ran."""
    return sales.select(
        sku="upc",
        location=pl.concat_str(pl.lit("ST-"), "store_id"),
        date="week",
        quantity="units",
        price="price",
        promotion=pl.max_horizontal("feature", "display", "tpr_only"),
    )


def event_table(sales: pl.DataFrame) -> pl.DataFrame:
    """Rows of `events`: one per unbroken run of promoted weeks, kind, item and store, at its mean price."""
    kinds = {
        "feature": ("feature", "Leaflet"),
        "display": ("display", "Display"),
        "tpr_only": ("price_cut", "Price cut"),
    }
    parts = []
    for flag, (kind, label) in kinds.items():
        promoted = sales.filter(pl.col(flag) == 1)
        same = (pl.col("week").diff() == WEEK) & (pl.struct("upc", "store_id") == pl.struct("upc", "store_id").shift())
        runs = promoted.with_columns(run=(~same.fill_null(value=False)).cum_sum())
        parts.append(
            runs.group_by("run", maintain_order=True).agg(
                kind=pl.lit(kind),
                sku=pl.col("upc").first(),
                location=pl.concat_str(pl.lit("ST-"), pl.col("store_id").first()),
                start_date=pl.col("week").first(),
                end_date=pl.col("week").last() + timedelta(days=6),
                price=pl.col("price").mean().round(2),
                label=pl.lit(label),
            )
        )
    return pl.concat(parts).drop("run")


def item_table(source: Source, series: pl.DataFrame, assumptions: dict[str, Any]) -> pl.DataFrame:
    """The products with today's regular price and whether any store still sells them (columns price, on_sale)."""
    recent = source.last_week - WEEK * assumptions["items"]["price_weeks"]
    every = pl.col("base_price").fill_null(pl.col("price"))
    prices = source.sales.group_by("upc").agg(
        price=pl.coalesce(every.filter(pl.col("week") > recent).median(), every.median()).round(2)
    )
    on_sale = series.group_by(upc="sku").agg(
        on_sale=pl.col("active_to").is_null().any(), active_to=pl.col("active_to").max()
    )
    return source.products.join(prices, on="upc").join(on_sale, on="upc").sort("upc")


def main() -> None:
    parser = argparse.ArgumentParser(description="Convert the Breakfast at the Frat sales into an import folder.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--source", type=Path, default=None, help="folder with sales.csv.gz, stores.csv, products.csv")
    parser.add_argument("--stores", type=int, default=None, help="keep only that many stores")
    parser.add_argument("--items", type=int, default=None, help="keep only that many items")
    arguments = parser.parse_args()
    source = arguments.source or default_source()
    if not (source / "sales.csv.gz").is_file():
        parser.error(f"{source} has no sales.csv.gz; name the folder with --source or set STOCKSENSE_SHARED")
    rows = convert(arguments.out, source, stores=arguments.stores, items=arguments.items)
    for kind, count in rows.items():
        print(f"{kind:15} {count:9,}")


if __name__ == "__main__":
    main()
