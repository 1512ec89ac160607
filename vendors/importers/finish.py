"""What is said about the data as a whole when all files are merged."""

from django.db.backends.utils import CursorWrapper

from stocksense.ingestion.importers import ImportContext

SOURCE_KINDS = frozenset({"items", "locations", "item_locations", "lanes", "supplier_items", "stock", "demand"})

_WITHOUT_SOURCE = """
SELECT i.sku, l.code, count(*) OVER ()
FROM inventory_itemlocation il
JOIN inventory_item i ON i.id = il.item_id
JOIN inventory_location l ON l.id = il.location_id
WHERE i.status <> 'ended' AND il.method <> 'none'
  AND coalesce(il.active_to, %(today)s) >= %(today)s AND coalesce(i.active_to, %(today)s) >= %(today)s
  AND NOT EXISTS (
    SELECT 1 FROM inventory_lane lane
    WHERE lane.destination_id = il.location_id AND lane.is_active
      AND (lane.item_id IS NULL OR lane.item_id = il.item_id)
  )
  AND NOT EXISTS (
    SELECT 1 FROM vendors_supplieritem term
    WHERE term.item_id = il.item_id AND (term.location_id IS NULL OR term.location_id = il.location_id)
      AND coalesce(term.valid_to, %(today)s) >= %(today)s
  )
ORDER BY i.sku, l.code LIMIT 5
"""


def warn_of_missing_sources(context: ImportContext, cursor: CursorWrapper) -> None:
    """Warn of planned item-locations that nothing can be ordered or moved to."""
    if context.quiet or not SOURCE_KINDS & set(context.kinds):
        return
    cursor.execute(_WITHOUT_SOURCE, {"today": context.today})
    rows = cursor.fetchall()
    if rows:
        total = rows[0][2]
        examples = ", ".join(f"{sku} at {location}" for sku, location, _ in rows)
        more = " and others" if total > len(rows) else ""
        context.warnings.append(
            f"{total} item-locations have no source, neither a lane nor a supplier's term: {examples}{more}. "
            "Nothing can be ordered for them."
        )
