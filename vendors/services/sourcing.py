"""Where each item-location is replenished from: the one resolver of lanes and supplier terms.

Candidates are ranked together by priority, then landed cost per stock unit in company currency, then code. A
lane counts where its origin carries the item; a lane for one item replaces the lane for all items between the
same two locations; terms without a location count only where no lane covers the item-location.
"""

from datetime import date
from typing import TYPE_CHECKING

from stocksense.company import services as company
from stocksense.company.models import CompanySettings
from stocksense.core.database.copy import read_frame

if TYPE_CHECKING:
    import polars

SOURCE_NONE, SOURCE_SUPPLIER, SOURCE_LANE = 0, 1, 2

_LANES = """
SELECT DISTINCT ON (lane.origin_id, il.id)
       il.item_id, il.location_id, 2 AS source_kind, lane.id AS source_id, lane.origin_id, NULL::bigint AS supplier_id,
       origin.code AS source_code, lane.priority, lane.lead_time_days::float8, lane.lead_time_sd_days::float8,
       lane.min_quantity::float8 AS min_quantity,
       coalesce(lane.order_multiple, power(10, -item.uom_decimals))::float8 AS multiple,
       coalesce(item.unit_cost, 0)::float8 AS unit_cost, coalesce(lane.cost_per_unit, 0)::float8 AS freight,
       coalesce(lane.cost_per_shipment, 0)::float8 AS order_cost, lane.calendar_id AS ship_calendar_id,
       ''::text AS currency
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
       supplier.code AS source_code, term.priority, term.lead_time_days::float8, term.lead_time_sd_days::float8,
       (term.moq * term.units_per_order_uom)::float8 AS min_quantity,
       (coalesce(
           term.order_multiple,
           CASE WHEN term.order_uom IN ('', item.uom) THEN power(10, -item.uom_decimals) ELSE 1 END
       ) * term.units_per_order_uom)::float8 AS multiple,
       coalesce(term.unit_price / term.units_per_order_uom, item.unit_cost, 0)::float8 AS unit_cost,
       0::float8 AS freight,
       supplier.order_cost::float8 AS order_cost, supplier.calendar_id AS ship_calendar_id,
       CASE WHEN term.unit_price IS NULL THEN '' ELSE supplier.currency END::text AS currency,
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


def resolve_sources(nodes: "polars.DataFrame", *, day: date) -> "polars.DataFrame":
    """The chosen source of each node, in the order of `nodes` (see `inventory.services.nodes`).

    Columns: source_kind (0 none, 1 supplier, 2 lane), source_id (lane or term), origin_id, supplier_id, origin_node
    (-1 unless a lane), lead_time_days, lead_time_sd_days, lead_time_from ('terms' or 'company default'),
    min_quantity and multiple (stock units), unit_cost (company currency per stock unit, landed), order_cost (per
    order and item: a source's cost is shared by all it supplies at a destination), ship_calendar_id.
    Raises InvalidInput where an exchange rate is missing.
    """
    import polars

    keys = ["item_id", "location_id"]
    chosen = (
        _candidates(day)
        .sort([*keys, "priority", "landed_cost", "source_code", "source_id"])
        .unique(subset=keys, keep="first", maintain_order=True)
    )
    numbers = nodes.select(
        "item_id",
        polars.col("location_id").alias("origin_id"),
        polars.col("node").cast(polars.Int64).alias("origin_node"),
    )
    joined = (
        nodes.select("node", *keys)
        .join(chosen, on=keys, how="left", maintain_order="left")
        .join(numbers, on=["item_id", "origin_id"], how="left", maintain_order="left")
    )
    return _with_defaults(joined, company.settings())


def _candidates(day: date) -> "polars.DataFrame":
    import polars

    lanes, terms = read_frame(_LANES), read_frame(_TERMS, {"day": day})
    covered = lanes.select("item_id", "location_id").unique()
    terms = polars.concat(
        [
            terms.filter(~polars.col("anywhere")),
            terms.filter(polars.col("anywhere")).join(covered, on=["item_id", "location_id"], how="anti"),
        ]
    ).drop("anywhere")
    rates = company.rates_on(day)
    currencies = terms["currency"].unique().to_list()
    rate = {currency: rates.rate(currency or "") for currency in currencies}
    terms = terms.with_columns(
        polars.col("unit_cost") * polars.col("currency").replace_strict(rate, default=1.0, return_dtype=polars.Float64)
    )
    candidates = polars.concat([lanes.select(terms.columns), terms])
    return candidates.with_columns((polars.col("unit_cost") + polars.col("freight")).alias("landed_cost"))


def _with_defaults(joined: "polars.DataFrame", settings: CompanySettings) -> "polars.DataFrame":
    import polars

    sourced = polars.col("source_kind").is_not_null()
    missing = polars.col("lead_time_days").is_null() & sourced
    sharing = polars.len().over("source_kind", "origin_id", "supplier_id", "location_id")
    return joined.with_columns(
        polars.when(missing).then(polars.lit("company default")).otherwise(polars.lit("terms")).alias("lead_time_from"),
        polars.col("source_kind").fill_null(SOURCE_NONE),
        polars.col("source_id").fill_null(0),
        polars.col("origin_node").fill_null(-1),
        polars.col("lead_time_days").fill_null(float(settings.default_lead_time_days)),
        polars.col("lead_time_sd_days").fill_null(0.0),
        polars.col("min_quantity").fill_null(0.0),
        polars.col("multiple").fill_null(0.0),
        polars.col("landed_cost").fill_null(0.0).alias("unit_cost"),
        (polars.col("order_cost").fill_null(float(settings.default_order_cost)) / sharing).alias("order_cost"),
    )
