"""Open orders of other systems: purchases, transfers and customers' orders; one that is absent is closed."""

import polars as pl

from inventory.importers.references import ITEM, LOCATION
from inventory.models import SalesOrderLine
from inventory.services import item_locations, transfers
from stocksense.ingestion import columns as c
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import Target, Value, merge
from stocksense.ingestion.report import Counts
from stocksense.ingestion.stage import Stage
from vendors.importers import order_checks
from vendors.importers.order_merge import PURCHASE, TRANSFER, merge_orders
from vendors.importers.suppliers import SUPPLIER
from vendors.services import orders as purchases

NAMED = 5
"""Orders that a warning names one by one."""

DONE = ("received", "closed", "cancelled")
STATUSES = ("draft", "approved", "open", "sent", "acknowledged", "shipped", "partially_received", *DONE)
SYNONYMS = {
    "released": "sent", "placed": "sent", "ordered": "sent", "confirmed": "acknowledged", "in_transit": "shipped",
    "partial": "partially_received", "delivered": "received", "completed": "received", "complete": "received",
    "done": "received", "canceled": "cancelled",
}  # fmt: skip
PURCHASE_STATES = {"open": "sent", "shipped": "acknowledged"}
TRANSFER_STATES = {
    "open": "approved", "sent": "approved", "acknowledged": "approved", "partially_received": "shipped",
    "closed": "received",
}  # fmt: skip

_SYSTEMS = (
    "(NOT EXISTS (SELECT 1 FROM import_open_orders)"
    " OR t.source_system IN (SELECT source_system FROM import_open_orders))"
)
_SALES_PRESENT = f"SELECT count(*) FROM inventory_salesorderline t WHERE t.is_open AND {_SYSTEMS}"
_SALES_GONE = f"""
WITH gone AS (
    UPDATE inventory_salesorderline t SET is_open = false, updated_at = now()
    WHERE t.is_open AND {_SYSTEMS} AND NOT EXISTS (
        SELECT 1 FROM import_open_orders s
        WHERE s.kind = 'sales' AND s.source_system = t.source_system AND s.external_number = t.external_number
          AND s.line_number = t.line AND s.schedule = t.schedule
    ) RETURNING t.item_id, t.location_id
)
INSERT INTO import_open_orders_gone SELECT item_id, location_id FROM gone
"""


class OpenOrdersImporter(Importer):
    """Orders under way elsewhere; quantities are in stock units."""

    kind = "open_orders"
    help = "Purchase, transfer and customers' orders that are open, in stock units."
    snapshot = True
    gone_help = "those orders would be closed"
    after = ("supplier_items", "item_locations", "stock")
    columns = (
        c.choice("kind", ("purchase", "transfer", "sales"), "Sales are customers' orders.", key=True, required=True),
        c.code("source_system", "System that the order is kept in.", key=True),
        c.code("external_number", "Number of the order there.", key=True, required=True),
        c.code("line", "Number of its line.", key=True, required=True, max_length=32, stage_as="line_number"),
        c.code("schedule", "Number of the delivery; 1 unless given.", key=True, max_length=32),
        c.code("our_number", "Number of the order here, where it was made here.", max_length=32),
        c.code("supplier", "Of a purchase.", reference=SUPPLIER),
        c.code("origin", "Of a transfer; the location that serves a sales order.", reference=LOCATION),
        c.code("destination", "Of a purchase or transfer.", reference=LOCATION),
        c.code("sku", required=True, reference=ITEM),
        c.quantity("quantity", "Ordered, what was received included.", required=True, above=0),
        c.quantity("received_quantity", "Received (sales: delivered) until now."),
        c.date("ordered_on", "Day of the order."),
        c.date("requested_on", "Day for which it was asked."),
        c.date("promised_on", "Day that was promised; counts before requested_on."),
        c.choice("status", STATUSES, "sent, approved (transfer) or open (sales) unless given.", synonyms=SYNONYMS),
    )
    extra_stage_columns = {"state": "text", "done": "boolean"}
    export_sql = order_checks.EXPORT_SQL

    def key_columns(self) -> list[str]:
        return ["kind", "source_system", "external_number", "line_number", "schedule"]

    def derive(self, frame: pl.DataFrame, context: ImportContext) -> tuple[pl.DataFrame, list[Problem]]:
        purchase, transfer, sales = (frame["kind"] == kind for kind in ("purchase", "transfer", "sales"))
        problems = [
            _needed(frame, "supplier", purchase, "a purchase"),
            _needed(frame, "destination", purchase | transfer, "a purchase or transfer"),
            _needed(frame, "origin", transfer | sales, "a transfer or sales order"),
            Problem(
                "destination",
                transfer & (frame["origin"] == frame["destination"]),
                "A transfer cannot end where it begins.",
            ),
        ]
        state = (
            pl.when(pl.col("kind") == "purchase").then(pl.col("status").replace(PURCHASE_STATES))
            .when(pl.col("kind") == "transfer").then(pl.col("status").replace(TRANSFER_STATES))
            .otherwise(pl.col("status"))
        )  # fmt: skip
        done = pl.col("status").is_in(list(DONE)) | ((pl.col("kind") == "sales") & (pl.col("status") == "shipped"))
        frame = frame.with_columns(
            pl.col("source_system").fill_null(""),
            pl.col("schedule").fill_null("1"),
            state.alias("state"),
            done.fill_null(False).alias("done"),
        )
        return frame, problems

    def check(self, stage: Stage, context: ImportContext) -> None:
        for statement in order_checks.CHECKS:
            stage.reject(statement)
        unknown = stage.rows(order_checks.UNKNOWN_NUMBERS)[0][0]
        if unknown:
            context.warn(
                self.kind, f"{unknown} rows name an our_number that is not known here; taken as orders of their own."
            )

        unheard = [number for (number,) in stage.rows(order_checks.NOT_ECHOED, {"today": context.today})]
        if unheard:
            named = ", ".join(unheard[:NAMED]) + (" …" if len(unheard) > NAMED else "")
            context.warn(
                self.kind,
                f"The file does not name {len(unheard)} of our orders that were sent before today ({named}). "
                "They still count as supply: see whether they arrived, and cancel those that did not.",
            )

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        stage.execute("DROP TABLE IF EXISTS pg_temp.import_open_orders_gone")
        stage.execute("CREATE TEMP TABLE import_open_orders_gone (item_id bigint, location_id bigint)")
        item_locations.ensure(order_checks.PAIRS)
        sales_present = stage.rows(_SALES_PRESENT)[0][0]
        purchase_counts, purchase_ids = merge_orders(stage, PURCHASE, context.today)
        transfer_counts, transfer_ids = merge_orders(stage, TRANSFER, context.today)
        counts = merge(stage, _sales_target(stage), where="s.kind = 'sales'", keep="_sales")
        counts.present, counts.gone = sales_present, stage.execute(_SALES_GONE)
        item_locations.note_changes("SELECT sku_id, origin_id FROM import_open_orders_sales WHERE action <> 'same'")
        item_locations.note_changes("SELECT item_id, location_id FROM import_open_orders_gone")
        purchases.refresh_supply(purchase_ids)
        transfers.refresh_supply(transfer_ids)
        purchase_counts.add(transfer_counts)
        purchase_counts.add(counts)
        context.as_of[self.kind] = context.today
        return purchase_counts


def _needed(frame: pl.DataFrame, name: str, where: pl.Series, what: str) -> Problem:
    return Problem(name, where & frame[name].is_null(), f"{name} is missing; {what} needs it.")


def _sales_target(stage: Stage) -> Target:
    key = {
        "source_system": "s.source_system",
        "external_number": "s.external_number",
        "line": "s.line_number",
        "schedule": "s.schedule",
    }
    values = {
        "location_id": Value("s.origin_id"),
        "item_id": Value("s.sku_id"),
        "quantity": Value("s.quantity"),
        "delivered_quantity": Value("s.received_quantity"),
        "ordered_on": Value("s.ordered_on"),
        "requested_on": Value("s.requested_on"),
        "promised_on": Value("s.promised_on"),
        "is_open": Value("NOT s.done"),
    }
    return Target(SalesOrderLine, key, values, shown_key=("s.external_number", "s.line_number"))
