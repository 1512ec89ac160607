"""Where each item-location is replenished from: the one resolver of lanes and supplier terms.

Candidates are ranked together by priority, then landed cost per stock unit in company currency, then code. A
lane counts where its origin carries the item; a lane for one item replaces the lane for all items between the
same two locations; terms without a location count only where no lane covers the item-location. Suppliers whose
terms of the first priority name a share take each order together.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from stocksense.company import services as company
from stocksense.company.models import CompanySettings
from stocksense.company.services import RateTable
from stocksense.core.database.copy import read_frame
from stocksense.core.numeric import IntArray

if TYPE_CHECKING:
    import polars

SOURCE_NONE, SOURCE_SUPPLIER, SOURCE_LANE = 0, 1, 2

_LANES = """
SELECT DISTINCT ON (lane.origin_id, il.id)
       il.item_id, il.location_id, 2 AS source_kind, lane.id AS source_id, lane.origin_id, NULL::bigint AS supplier_id,
       origin.code AS source_code, lane.priority, NULL::float8 AS share,
       lane.lead_time_days::float8, lane.lead_time_sd_days::float8,
       lane.min_quantity::float8 AS min_quantity,
       coalesce(lane.order_multiple, power(10, -item.uom_decimals))::float8 AS multiple, item.uom_decimals,
       coalesce(item.unit_cost, 0)::float8 AS unit_cost, coalesce(lane.cost_per_unit, 0)::float8 AS freight,
       coalesce(lane.cost_per_shipment, 0)::float8 AS order_cost, 0::float8 AS min_order_value,
       lane.calendar_id AS ship_calendar_id, ''::text AS currency, ''::text AS supplier_currency
FROM inventory_lane lane
JOIN inventory_itemlocation il
  ON il.location_id = lane.destination_id AND (lane.item_id IS NULL OR lane.item_id = il.item_id)
JOIN inventory_itemlocation carried ON carried.location_id = lane.origin_id AND carried.item_id = il.item_id
JOIN inventory_location origin ON origin.id = lane.origin_id
JOIN inventory_item item ON item.id = il.item_id
WHERE lane.is_active
ORDER BY lane.origin_id, il.id, lane.item_id NULLS LAST
"""

_TERMS = """
SELECT il.item_id, il.location_id, 1 AS source_kind, term.id AS source_id, NULL::bigint AS origin_id, term.supplier_id,
       supplier.code AS source_code, term.priority, term.share::float8,
       term.lead_time_days::float8, term.lead_time_sd_days::float8,
       (term.moq * term.units_per_order_uom)::float8 AS min_quantity,
       (coalesce(
           term.order_multiple,
           CASE WHEN term.order_uom IN ('', item.uom) THEN power(10, -item.uom_decimals) ELSE 1 END
       ) * term.units_per_order_uom)::float8 AS multiple, item.uom_decimals,
       coalesce(term.unit_price / term.units_per_order_uom, item.unit_cost, 0)::float8 AS unit_cost,
       0::float8 AS freight,
       supplier.order_cost::float8 AS order_cost, coalesce(supplier.min_order_value, 0)::float8 AS min_order_value,
       supplier.calendar_id AS ship_calendar_id,
       CASE WHEN term.unit_price IS NULL THEN '' ELSE supplier.currency END::text AS currency,
       CASE WHEN supplier.min_order_value IS NULL THEN '' ELSE supplier.currency END::text AS supplier_currency,
       term.location_id IS NULL AS anywhere
FROM (
    SELECT DISTINCT ON (supplier_id, item_id, location_id) * FROM vendors_supplieritem
    WHERE valid_from <= %(day)s AND (valid_to IS NULL OR valid_to >= %(day)s)
    ORDER BY supplier_id, item_id, location_id, valid_from DESC
) term
JOIN vendors_supplier supplier ON supplier.id = term.supplier_id AND supplier.is_active
JOIN inventory_item item ON item.id = term.item_id
JOIN inventory_itemlocation il
  ON il.item_id = term.item_id AND (term.location_id IS NULL OR term.location_id = il.location_id)
"""

_BREAKS = """
SELECT step.supplier_item_id AS source_id, (step.min_quantity * term.units_per_order_uom)::float8 AS min_quantity,
       (step.unit_price / term.units_per_order_uom)::float8 AS unit_cost, supplier.currency
FROM vendors_pricebreak step
JOIN vendors_supplieritem term ON term.id = step.supplier_item_id
JOIN vendors_supplier supplier ON supplier.id = term.supplier_id
WHERE step.is_active
"""

_KEYS = ("item_id", "location_id")


@dataclass(frozen=True)
class Sources:
    """How the nodes are replenished; quantities in stock units, money in company currency.

    chosen: one row per node, in their order. Columns: source_kind (0 none, 1 supplier, 2 lane), source_id (lane or
    term), source_code, origin_id, supplier_id, origin_node (-1 unless a lane), share (null unless suppliers share),
    lead_time_days, lead_time_sd_days, longest_lead_time_days (of all that share), lead_time_from ('terms' or 'company
    default'), min_quantity and multiple (rounded up to the unit's decimals), unit_cost (landed), order_cost (per order
    and item: a source's cost is shared by all it supplies at a destination), min_order_value (0: none),
    ship_calendar_id.
    splits: the further suppliers of nodes whose orders are shared, by node and rank, same columns; shares of a node
    with its chosen source's sum to 1.
    laterals: lanes to nodes that are not their chosen source, by node and origin, same columns with freight (money
    per unit).
    price_breaks: node, min_quantity and unit_cost of the chosen terms, by node and quantity.
    """

    chosen: "polars.DataFrame"
    splits: "polars.DataFrame"
    laterals: "polars.DataFrame"
    price_breaks: "polars.DataFrame"

    def of_nodes(self, kept: IntArray) -> "Sources":
        """The sources of the nodes with these numbers, which are numbered anew by their place in `kept`.

        The network of an item is kept whole or not at all.
        """
        import polars

        number = np.full(len(self.chosen), -1, dtype=np.int64)
        number[kept] = np.arange(len(kept))

        def renumbered(frame: "polars.DataFrame") -> "polars.DataFrame":
            frame = frame.with_columns(polars.Series("node", number[frame["node"].to_numpy()]))
            if "origin_node" in frame.columns:
                origin = frame["origin_node"].to_numpy()
                frame = frame.with_columns(
                    polars.Series("origin_node", np.where(origin >= 0, number[origin], -1), dtype=polars.Int64)
                )
            return frame.filter(polars.col("node") >= 0)

        frames = (renumbered(frame) for frame in (self.chosen[kept], self.splits, self.laterals, self.price_breaks))
        return Sources(*frames)


def resolve_sources(nodes: "polars.DataFrame", *, day: date) -> Sources:
    """The sources of `nodes` (see `inventory.services.nodes`) by the terms and lanes of `day`.

    Raises InvalidInput where an exchange rate is missing.
    """
    import polars

    settings, rates = company.settings(), company.rates_on(day)
    candidates = _with_nodes(_candidates(day, rates, settings), nodes)
    ranked = candidates.sort("node", "priority", "landed_cost", "source_code", "source_id")
    used = _shared(ranked)
    first = used.unique("node", keep="first", maintain_order=True)
    places = nodes.select(polars.col("node").cast(polars.Int64), *_KEYS)
    chosen = places.join(first.drop(*_KEYS), on="node", how="left", maintain_order="left")
    longest = used.group_by("node").agg(polars.col("lead_time_days").max().alias("longest_lead_time_days"))
    chosen = _with_defaults(chosen.join(longest, on="node", how="left", maintain_order="left"), settings)
    splits = used.filter(polars.int_range(polars.len()).over("node") > 0)
    regular = chosen.filter(polars.col("source_kind") == SOURCE_LANE).select("node", "source_kind", "source_id")
    laterals = candidates.filter(polars.col("source_kind") == SOURCE_LANE)
    laterals = laterals.join(regular, on=["node", "source_kind", "source_id"], how="anti").sort("node", "origin_node")
    return Sources(chosen, splits, laterals, _price_breaks(chosen, rates))


def _candidates(day: date, rates: RateTable, settings: CompanySettings) -> "polars.DataFrame":
    import polars

    lanes, terms = read_frame(_LANES), read_frame(_TERMS, {"day": day})
    covered = lanes.select(*_KEYS).unique()
    terms = polars.concat(
        [
            terms.filter(~polars.col("anywhere")),
            terms.filter(polars.col("anywhere")).join(covered, on=_KEYS, how="anti"),
        ]
    ).drop("anywhere")
    terms = terms.with_columns(
        _in_company_currency(terms, "unit_cost", "currency", rates),
        _in_company_currency(terms, "min_order_value", "supplier_currency", rates),
    )
    missing = polars.col("lead_time_days").is_null()
    return polars.concat([lanes.select(terms.columns), terms]).with_columns(
        (polars.col("unit_cost") + polars.col("freight")).alias("landed_cost"),
        polars.when(missing).then(polars.lit("company default")).otherwise(polars.lit("terms")).alias("lead_time_from"),
        polars.col("lead_time_days").fill_null(float(settings.default_lead_time_days)),
        _countable("min_quantity"),
        _countable("multiple"),
    )


def _countable(column: str) -> "polars.Expr":
    """Up to the decimals that the item is counted in: a third of a piece cannot be ordered."""
    import polars

    step = polars.lit(10.0).pow(polars.col("uom_decimals"))
    return (((polars.col(column).fill_null(0.0) * step) - 1e-6).ceil() / step).alias(column)


def _in_company_currency(frame: "polars.DataFrame", column: str, currency: str, rates: RateTable) -> "polars.Expr":
    import polars

    table = {code: rates.rate(code or "") for code in frame[currency].unique().to_list()}
    rate = polars.col(currency).replace_strict(table, default=1.0, return_dtype=polars.Float64)
    return (polars.col(column) * rate).alias(column)


def _with_nodes(candidates: "polars.DataFrame", nodes: "polars.DataFrame") -> "polars.DataFrame":
    """With the number of their node and of the origin's node (-1 for suppliers)."""
    import polars

    numbers = nodes.select(*_KEYS, polars.col("node").cast(polars.Int64))
    origins = numbers.rename({"location_id": "origin_id", "node": "origin_node"})
    placed = candidates.join(numbers, on=_KEYS).join(origins, on=["item_id", "origin_id"], how="left")
    return placed.with_columns(polars.col("origin_node").fill_null(-1))


def _shared(ranked: "polars.DataFrame") -> "polars.DataFrame":
    """The sources that are used, in rank order: all that share the first priority, else the first candidate alone.

    One share alone says nothing: the row is ranked as any other. A supplier with two terms takes part with the first.
    """
    import polars

    best = ranked.filter(polars.col("priority") == polars.col("priority").min().over("node"))
    sharing = best.filter(polars.col("share").is_not_null()).unique(
        ["node", "supplier_id"], keep="first", maintain_order=True
    )
    sharing = sharing.filter(polars.len().over("node") > 1)
    sharing = sharing.with_columns(polars.col("share") / polars.col("share").sum().over("node"))
    alone = best.unique("node", keep="first", maintain_order=True).join(sharing, on="node", how="anti")
    alone = alone.with_columns(polars.lit(None, dtype=polars.Float64).alias("share"))
    return polars.concat([sharing, alone]).sort("node", maintain_order=True)


def _with_defaults(chosen: "polars.DataFrame", settings: CompanySettings) -> "polars.DataFrame":
    import polars

    sharing = polars.len().over("source_kind", "origin_id", "supplier_id", "location_id")
    lead_time = float(settings.default_lead_time_days)
    return chosen.with_columns(
        polars.col("lead_time_from").fill_null("terms"),
        polars.col("source_kind").fill_null(SOURCE_NONE),
        polars.col("source_id").fill_null(0),
        polars.col("origin_node").fill_null(-1),
        polars.col("lead_time_days").fill_null(lead_time),
        polars.col("longest_lead_time_days").fill_null(lead_time),
        polars.col("lead_time_sd_days").fill_null(0.0),
        polars.col("min_quantity").fill_null(0.0),
        polars.col("multiple").fill_null(0.0),
        polars.col("min_order_value").fill_null(0.0),
        polars.col("landed_cost").fill_null(0.0).alias("unit_cost"),
        (polars.col("order_cost").fill_null(float(settings.default_order_cost)) / sharing).alias("order_cost"),
    )


def _price_breaks(chosen: "polars.DataFrame", rates: RateTable) -> "polars.DataFrame":
    import polars

    bought = chosen.filter(polars.col("source_kind") == SOURCE_SUPPLIER)
    breaks = read_frame(_BREAKS).join(bought.select("node", "source_id", "uom_decimals"), on="source_id")
    cost = _in_company_currency(breaks, "unit_cost", "currency", rates)
    return breaks.select("node", _countable("min_quantity"), cost).sort("node", "min_quantity")
