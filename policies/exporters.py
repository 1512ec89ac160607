"""What is exported of the current policy run."""

from inventory.models import PolicyMethod
from stocksense.company.models import CurrentRun, RunKind
from stocksense.ingestion import columns as c
from stocksense.ingestion import exporters
from stocksense.ingestion.exporters import Query, RunExporter

_POLICIES = """
SELECT i.sku, l.code, p.method, p.service_target, p.reorder_point, p.order_up_to, p.safety_stock, p.order_quantity,
       p.lead_time_days, p.review_days
FROM policies_policy p
JOIN inventory_item i ON i.id = p.item_id
JOIN inventory_location l ON l.id = p.location_id
WHERE p.run_id = %(run)s AND p.run_date = %(run_date)s
ORDER BY i.sku, l.code
"""


def policies(pointer: CurrentRun) -> Query:
    """The effective levels of each item-location on the run's first day."""
    return Query(_POLICIES, {"run": pointer.run_id, "run_date": pointer.run_date})


def register() -> None:
    """Make the kinds of results of this app known."""
    exporters.register(
        RunExporter(
            kind="policies",
            help="The stock parameters in effect, in stock units and days.",
            run_kind=RunKind.POLICY,
            columns=(
                c.code("sku", key=True),
                c.code("location", key=True),
                c.choice("method", PolicyMethod.values, "How the levels were set."),
                c.decimal("service_target", "Share between 0 and 1.", digits=5, decimals=4),
                c.quantity("reorder_point", "Order when the position is at or below this at a review."),
                c.quantity("order_up_to", "Order up to this position."),
                c.quantity("safety_stock", "Reorder point less the demand expected in the protection interval."),
                c.quantity("order_quantity", "Usual size of an order."),
                c.days("lead_time_days"),
                c.days("review_days", "Days between reviews."),
            ),
            query=policies,
        )
    )
