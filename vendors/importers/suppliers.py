"""Suppliers, what they offer and at which price from which quantity on."""

from datetime import date
from typing import Final

import polars as pl

from inventory.importers.references import CALENDAR, ITEM, LOCATION
from inventory.services import item_locations
from stocksense.ingestion import columns as c
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.columns import Reference
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import Target, Value, merge, target_of
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage
from vendors.models import PriceBreak, Supplier, SupplierItem

SUPPLIER: Final = Reference("suppliers", "vendors_supplier")
FIRST_DAY: Final = date(2000, 1, 1)
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

_ITEMS_OF_SUPPLIERS = """
SELECT term.item_id, term.location_id FROM vendors_supplieritem term
JOIN import_suppliers_merge s ON s.target_id = term.supplier_id WHERE s.action = 'changed'
"""
_IN_FORCE = "(t.valid_to IS NULL OR t.valid_to >= %(today)s)"
_TERM_STAGED = """
SELECT 1 FROM import_supplier_items s
WHERE s.supplier_id = t.supplier_id AND s.sku_id = t.item_id AND s.valid_from = t.valid_from
  AND s.location_id IS NOT DISTINCT FROM t.location_id AND (s.location IS NULL) = (t.location_id IS NULL)
"""
_TERMS_PRESENT = f"SELECT count(*) FROM vendors_supplieritem t WHERE {_IN_FORCE}"
_NOTE_GONE_TERMS = f"""
CREATE TEMP TABLE import_supplier_items_gone AS
SELECT t.id, t.item_id, t.location_id, t.valid_from FROM vendors_supplieritem t
WHERE {_IN_FORCE} AND NOT EXISTS ({_TERM_STAGED})
"""
_END_TERMS = """
UPDATE vendors_supplieritem t SET valid_to = %(today)s::date - 1, updated_at = now()
FROM import_supplier_items_gone g WHERE g.id = t.id AND g.valid_from < %(today)s
"""
_DROP_FUTURE_BREAKS = """
DELETE FROM vendors_pricebreak b USING import_supplier_items_gone g
WHERE g.id = b.supplier_item_id AND g.valid_from >= %(today)s
"""
_DROP_FUTURE_TERMS = """
DELETE FROM vendors_supplieritem t USING import_supplier_items_gone g WHERE g.id = t.id AND g.valid_from >= %(today)s
"""
_REVIVE_TERMS = """
UPDATE vendors_supplieritem t SET valid_to = NULL, updated_at = now()
FROM import_supplier_items_merge s
WHERE s.target_id = t.id AND s.valid_to IS NULL AND t.valid_to < %(today)s
"""


class SuppliersImporter(Importer):
    """Companies that goods are bought from."""

    kind = "suppliers"
    help = "Companies that goods are bought from."
    columns = (
        c.code("code", "Code of the supplier.", key=True, required=True),
        c.text("name", "Name that people see."),
        c.text(
            "email", "Where orders are sent.", max_length=254, pattern=_EMAIL, pattern_help="is not an e-mail address"
        ),
        c.currency("currency", "The company's unless given."),
        c.money("order_cost", "Cost of placing one order, company currency."),
        c.money("min_order_value", "Smallest value of an order, supplier's currency."),
        c.decimal("truck_volume_m3", "What one truck carries, cubic metres.", digits=14, decimals=3, above=0),
        c.decimal("truck_weight_kg", "What one truck carries, kilograms.", digits=14, decimals=3, above=0),
        c.code("calendar", "Days on which the supplier works.", reference=CALENDAR),
    )
    export_sql = (
        "SELECT t.code, t.name, t.email, t.currency, t.order_cost, t.min_order_value, t.truck_volume_m3,"
        " t.truck_weight_kg, k.code FROM vendors_supplier t"
        " LEFT JOIN company_calendar k ON k.id = t.calendar_id ORDER BY t.code"
    )

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        counts = merge(stage, target_of(Supplier, self.columns, stage.given))
        item_locations.note_changes(_ITEMS_OF_SUPPLIERS)
        return counts


class SupplierItemsImporter(Importer):
    """Terms of suppliers; one that is absent has ended."""

    kind = "supplier_items"
    help = "What suppliers offer: quantities in order units, prices in the supplier's currency per order unit."
    snapshot = True
    gone_help = "those terms would end"
    columns = (
        c.code("supplier", key=True, required=True, reference=SUPPLIER),
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", "Blank: where no lane covers the item.", key=True, reference=LOCATION),
        c.date("valid_from", "2000-01-01 unless given.", key=True),
        c.date("valid_to", "Last day; open unless given."),
        c.days("lead_time_days", "The company's default unless given."),
        c.days("lead_time_sd_days", "Standard deviation of the lead time."),
        c.code("order_uom", "Order unit; the stock unit unless given.", max_length=16),
        c.decimal(
            "units_per_order_uom", "Stock units in an order unit; 1 unless given.", digits=12, decimals=4, above=0
        ),
        c.quantity("moq", "Smallest quantity, order units."),
        c.quantity("order_multiple", "Order units.", above=0),
        c.money("unit_price", "Supplier's currency per order unit."),
        c.integer("priority", "1 is used first; 1 unless given.", minimum=1),
        c.decimal(
            "share",
            "Part of each order, where suppliers of one priority share it; above 0 and up to 1.",
            digits=5,
            decimals=4,
            above=0,
            maximum=1,
        ),
    )
    export_sql = (
        "SELECT s.code, i.sku, l.code, t.valid_from, t.valid_to, t.lead_time_days, t.lead_time_sd_days, t.order_uom,"
        " t.units_per_order_uom, t.moq, t.order_multiple, t.unit_price, t.priority, t.share FROM vendors_supplieritem t"
        " JOIN vendors_supplier s ON s.id = t.supplier_id JOIN inventory_item i ON i.id = t.item_id"
        " LEFT JOIN inventory_location l ON l.id = t.location_id"
        " ORDER BY s.code, i.sku, l.code NULLS FIRST, t.valid_from"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        frame = frame.with_columns(pl.col("valid_from").fill_null(FIRST_DAY))
        ends_early = frame["valid_to"] < frame["valid_from"]
        return frame, [Problem("valid_to", ends_early, "valid_to lies before valid_from.")]

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        today = {"today": context.today}
        stage.execute("DROP TABLE IF EXISTS pg_temp.import_supplier_items_gone")
        present = stage.rows(_TERMS_PRESENT, today)[0][0]
        stage.execute(_NOTE_GONE_TERMS, today)
        counts = merge(stage, target_of(SupplierItem, self.columns, stage.given))
        counts.present = present
        counts.gone = stage.rows("SELECT count(*) FROM import_supplier_items_gone")[0][0]
        for statement in (_END_TERMS, _DROP_FUTURE_BREAKS, _DROP_FUTURE_TERMS):
            stage.execute(statement, today)
        revived = stage.execute(_REVIVE_TERMS, today)
        if revived:
            context.warn(
                self.kind, f"{revived} terms that had ended stand in the file without valid_to: in force again."
            )
        item_locations.note_changes(
            "SELECT sku_id, location_id FROM import_supplier_items_merge WHERE action <> 'same'"
        )
        item_locations.note_changes("SELECT item_id, location_id FROM import_supplier_items_gone")
        return counts


_TERM_OF_BREAK = """
UPDATE import_price_breaks s SET term_id = t.id FROM vendors_supplieritem t
WHERE t.supplier_id = s.supplier_id AND t.item_id = s.sku_id AND t.valid_from = s.valid_from
  AND t.location_id IS NOT DISTINCT FROM s.location_id AND (s.location IS NULL) = (t.location_id IS NULL)
"""
_WITHOUT_TERM = """
SELECT s.line, 'supplier', s.supplier, 'There is no term of ' || s.supplier || ' for ' || s.sku
       || coalesce(' at ' || s.location, '') || ' from ' || s.valid_from
       || ' in supplier_items; add it or correct the row.'
FROM import_price_breaks s WHERE NOT s.rejected AND s.term_id IS NULL
"""
_BREAKS_PRESENT = "SELECT count(*) FROM vendors_pricebreak WHERE is_active"
_END_BREAKS = """
WITH gone AS (
    UPDATE vendors_pricebreak b SET is_active = false, updated_at = now()
    WHERE b.is_active AND NOT EXISTS (
        SELECT 1 FROM import_price_breaks s WHERE s.term_id = b.supplier_item_id AND s.min_quantity = b.min_quantity
    ) RETURNING b.supplier_item_id
)
INSERT INTO import_price_breaks_gone SELECT supplier_item_id FROM gone
"""
_BREAKS_TOUCHED = """
SELECT t.item_id, t.location_id FROM vendors_supplieritem t WHERE t.id IN (
    SELECT term_id FROM import_price_breaks_merge WHERE action <> 'same'
    UNION SELECT term_id FROM import_price_breaks_gone
)
"""


class PriceBreaksImporter(Importer):
    """Prices from a quantity on, of a term; one that is absent is not offered any more."""

    kind = "price_breaks"
    help = "Lower prices from a quantity on, for a term of supplier_items."
    snapshot = True
    gone_help = "those price breaks would end"
    after = ("supplier_items",)
    columns = (
        c.code("supplier", key=True, required=True, reference=SUPPLIER),
        c.code("sku", key=True, required=True, reference=ITEM, field="item_id"),
        c.code("location", "As in the term.", key=True, reference=LOCATION),
        c.date("valid_from", "As in the term.", key=True),
        c.quantity("min_quantity", "From this quantity on, order units.", key=True, required=True, above=0),
        c.money("unit_price", "Supplier's currency per order unit.", required=True),
    )
    extra_stage_columns = {"term_id": "bigint"}
    export_sql = (
        "SELECT s.code, i.sku, l.code, t.valid_from, b.min_quantity, b.unit_price FROM vendors_pricebreak b"
        " JOIN vendors_supplieritem t ON t.id = b.supplier_item_id JOIN vendors_supplier s ON s.id = t.supplier_id"
        " JOIN inventory_item i ON i.id = t.item_id LEFT JOIN inventory_location l ON l.id = t.location_id"
        " WHERE b.is_active ORDER BY s.code, i.sku, l.code NULLS FIRST, t.valid_from, b.min_quantity"
    )

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        return frame.with_columns(pl.col("valid_from").fill_null(FIRST_DAY)), []

    def check(self, stage: Stage, context: ImportContext) -> None:
        stage.execute(_TERM_OF_BREAK)
        stage.reject(_WITHOUT_TERM)

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        stage.execute("DROP TABLE IF EXISTS pg_temp.import_price_breaks_gone")
        stage.execute("CREATE TEMP TABLE import_price_breaks_gone (term_id bigint)")
        present = stage.rows(_BREAKS_PRESENT)[0][0]
        key = {"supplier_item_id": "s.term_id", "min_quantity": "s.min_quantity"}
        values = {"unit_price": Value("s.unit_price"), "is_active": Value("true")}
        shown = ("s.supplier", "s.sku", "s.location", "s.min_quantity::text")
        counts = merge(stage, Target(PriceBreak, key, values, shown_key=shown))
        counts.present = present
        counts.gone = stage.execute(_END_BREAKS)
        item_locations.note_changes(_BREAKS_TOUCHED)
        return counts
