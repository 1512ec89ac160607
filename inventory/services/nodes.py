"""The item-locations as one table of columns: what every run starts from."""

from datetime import date
from typing import TYPE_CHECKING

from stocksense.core.database.copy import read_frame

if TYPE_CHECKING:
    import polars

_NODES = """
SELECT il.id AS item_location_id, il.item_id, il.location_id, item.sku, location.code AS location_code,
       location.kind AS location_kind, item.category_id, item.uom, item.uom_decimals,
       coalesce(item.unit_cost, 0)::float8 AS unit_cost, item.unit_price::float8, item.shelf_life_days::float8,
       greatest(item.active_from, il.active_from) AS active_from, least(item.active_to, il.active_to) AS active_to,
       item.status <> 'ended' AND il.method <> 'none'
           AND coalesce(greatest(item.active_from, il.active_from) <= %(horizon_end)s, true)
           AND coalesce(least(item.active_to, il.active_to) >= %(as_of)s, true) AS active,
       il.method, il.review_days::float8, array_to_string(il.order_weekdays, ' ') AS order_weekdays,
       il.min_quantity::float8, il.max_quantity::float8, il.safety_stock::float8, il.service_target::float8,
       CASE WHEN location.unmet_demand <> '' THEN location.unmet_demand
            WHEN company.unmet_demand <> '' THEN company.unmet_demand
            WHEN location.kind = 'store' THEN 'lost' ELSE 'backordered' END = 'lost' AS lost_sales,
       location.backorder_cost_per_day::float8, location.calendar_id AS receive_calendar_id,
       coalesce(state.backorders, 0)::float8 AS backorders
FROM inventory_itemlocation il
JOIN inventory_item item ON item.id = il.item_id
JOIN inventory_location location ON location.id = il.location_id
CROSS JOIN company_companysettings company
LEFT JOIN inventory_itemlocationstate state ON state.item_location_id = il.id
ORDER BY il.item_id, il.location_id
"""


def read_nodes(*, as_of: date, horizon_end: date) -> "polars.DataFrame":
    """Every item-location with its settings, sorted by (item_id, location_id); column `node` is the row number.

    `active`: planned between as_of and horizon_end. Blank settings are null: rules and defaults come later.
    """
    return read_frame(_NODES, {"as_of": as_of, "horizon_end": horizon_end}).with_row_index("node")
