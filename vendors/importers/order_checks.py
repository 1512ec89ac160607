"""SQL checks of staged open orders: rows of one order must agree with each other and with our own order."""

_NAME = "s.external_number"
_SAME_ORDER = "PARTITION BY s.kind, s.source_system, s.external_number ORDER BY s.line"
_VALID = "NOT s.rejected AND NOT s.repeated"

_ENDS_DIFFER = f"""
SELECT line, name, value, 'Order ' || external_number || ' names another ' || name || ' on line ' || first_line
       || '; an order has one. Give each its own external_number.'
FROM (
    SELECT s.line, s.external_number, v.name, v.value, v.id,
           first_value(v.id) OVER same_order AS first_id, first_value(s.line) OVER same_order AS first_line
    FROM import_open_orders s
    CROSS JOIN LATERAL (VALUES
        ('supplier', s.supplier, CASE WHEN s.kind = 'purchase' THEN s.supplier_id END),
        ('origin', s.origin, CASE WHEN s.kind = 'transfer' THEN s.origin_id END),
        ('destination', s.destination, CASE WHEN s.kind <> 'sales' THEN s.destination_id END)
    ) AS v (name, value, id)
    WHERE {_VALID} AND v.id IS NOT NULL
    WINDOW same_order AS (PARTITION BY v.name, s.kind, s.source_system, s.external_number ORDER BY s.line)
) AS compared
WHERE id <> first_id
"""
_ITEMS_DIFFER = f"""
SELECT line, 'sku', sku, 'Line ' || line_number || ' of order ' || external_number || ' is about another sku on line '
       || first_line || ' of the file; an order line has one.'
FROM (
    SELECT s.line, s.sku, s.line_number, s.external_number, s.sku_id, first_value(s.sku_id) OVER same_line AS first_sku,
           first_value(s.line) OVER same_line AS first_line
    FROM import_open_orders s WHERE {_VALID} AND s.kind <> 'sales'
    WINDOW same_line AS (PARTITION BY s.kind, s.source_system, s.external_number, s.line_number ORDER BY s.line)
) AS compared
WHERE sku_id <> first_sku
"""
_OWN_ORDER_DIFFERS = f"""
SELECT s.line, 'our_number', s.our_number, CASE
    WHEN o.external_number <> '' THEN 'Our order ' || o.number || ' is known as ' || o.external_number || ' already.'
    ELSE 'Our order ' || o.number || ' has another supplier, origin or destination.' END
FROM import_open_orders s
JOIN (
    SELECT 'purchase' AS kind, number, source_system, external_number, supplier_id AS end_id, destination_id
    FROM vendors_purchaseorder
    UNION ALL
    SELECT 'transfer', number, source_system, external_number, origin_id, destination_id FROM inventory_transferorder
) AS o ON o.kind = s.kind AND o.number = s.our_number
WHERE {_VALID} AND (o.source_system, o.external_number) <> (s.source_system, s.external_number)
  AND (o.external_number <> '' OR o.destination_id <> s.destination_id
       OR o.end_id <> CASE s.kind WHEN 'purchase' THEN s.supplier_id ELSE s.origin_id END)
"""
_CLAIMED_TWICE = f"""
SELECT line, 'our_number', our_number, 'Our order ' || our_number || ' is claimed by ' || first_number || ' already.'
FROM (
    SELECT s.line, s.our_number, s.external_number, first_value(s.external_number) OVER same_number AS first_number,
           s.source_system, first_value(s.source_system) OVER same_number AS first_system
    FROM import_open_orders s WHERE {_VALID} AND s.our_number IS NOT NULL AND s.kind <> 'sales'
    WINDOW same_number AS (PARTITION BY s.kind, s.our_number ORDER BY s.line)
) AS claimed
WHERE (source_system, external_number) <> (first_system, first_number)
"""

CHECKS = (_ENDS_DIFFER, _ITEMS_DIFFER, _OWN_ORDER_DIFFERS, _CLAIMED_TWICE)

UNKNOWN_NUMBERS = f"""
SELECT count(*) FROM import_open_orders s
WHERE {_VALID} AND s.our_number IS NOT NULL AND s.kind <> 'sales'
  AND NOT EXISTS (SELECT 1 FROM vendors_purchaseorder o WHERE s.kind = 'purchase' AND o.number = s.our_number)
  AND NOT EXISTS (SELECT 1 FROM inventory_transferorder o WHERE s.kind = 'transfer' AND o.number = s.our_number)
  AND NOT EXISTS (
    SELECT 1 FROM vendors_purchaseorder o
    WHERE s.kind = 'purchase' AND o.source_system = s.source_system AND o.external_number = s.external_number)
  AND NOT EXISTS (
    SELECT 1 FROM inventory_transferorder o
    WHERE s.kind = 'transfer' AND o.source_system = s.source_system AND o.external_number = s.external_number)
"""

PAIRS = f"""
SELECT s.sku_id AS item_id, v.location_id FROM import_open_orders s
CROSS JOIN LATERAL (VALUES (s.origin_id), (s.destination_id)) AS v (location_id)
WHERE {_VALID} AND v.location_id IS NOT NULL
"""

EXPORT_SQL = """
SELECT 'purchase', o.source_system, o.external_number, l.number, t.number, o.number, s.code, NULL, d.code, i.sku,
       t.quantity, t.received_quantity, o.ordered_on, t.requested_on, t.promised_on, o.state
FROM vendors_purchaseorder o JOIN vendors_purchaseorderline l ON l.order_id = o.id
JOIN vendors_purchaseorderschedule t ON t.line_id = l.id JOIN vendors_supplier s ON s.id = o.supplier_id
JOIN inventory_location d ON d.id = o.destination_id JOIN inventory_item i ON i.id = l.item_id
WHERE o.external_number <> '' AND NOT t.is_closed AND o.state NOT IN ('received', 'closed', 'cancelled')
UNION ALL
SELECT 'transfer', o.source_system, o.external_number, l.number, t.number, o.number, NULL, s.code, d.code, i.sku,
       t.quantity, t.received_quantity, o.ordered_on, t.requested_on, t.promised_on, o.state
FROM inventory_transferorder o JOIN inventory_transferorderline l ON l.order_id = o.id
JOIN inventory_transferorderschedule t ON t.line_id = l.id JOIN inventory_location s ON s.id = o.origin_id
JOIN inventory_location d ON d.id = o.destination_id JOIN inventory_item i ON i.id = l.item_id
WHERE o.external_number <> '' AND NOT t.is_closed AND o.state NOT IN ('received', 'cancelled')
UNION ALL
SELECT 'sales', t.source_system, t.external_number, t.line, t.schedule, NULL, NULL, s.code, NULL, i.sku,
       t.quantity, t.delivered_quantity, t.ordered_on, t.requested_on, t.promised_on, 'open'
FROM inventory_salesorderline t JOIN inventory_location s ON s.id = t.location_id
JOIN inventory_item i ON i.id = t.item_id WHERE t.is_open
ORDER BY 1, 2, 3, 4, 5
"""

NOT_ECHOED = f"""
SELECT o.number FROM vendors_purchaseorder o
WHERE o.state IN ('sent', 'acknowledged') AND o.external_number = '' AND o.ordered_on < %(today)s
  AND NOT EXISTS (SELECT 1 FROM import_open_orders s WHERE {_VALID} AND s.kind = 'purchase' AND s.our_number = o.number)
ORDER BY o.ordered_on, o.id
"""
"""Purchase orders of ours that another system should know by now and did not name: sent, or lost on the way."""
