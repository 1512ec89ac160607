"""What pages show of the current plan: one query per question, however long the plan is."""

from planning.services.reads.exceptions import AT_RISK_KINDS, exception_totals, exceptions
from planning.services.reads.orders import (
    WorklistQuery,
    by_source,
    due_totals,
    planned_orders,
    source_totals,
)
from planning.services.reads.plan import (
    CurrentPlan,
    Key,
    Total,
    current_plan,
    cycle_under_way,
    feeds,
    planned_count,
    policies_of,
    total_of,
)

__all__ = [
    "AT_RISK_KINDS",
    "CurrentPlan",
    "Key",
    "Total",
    "WorklistQuery",
    "by_source",
    "current_plan",
    "cycle_under_way",
    "due_totals",
    "exception_totals",
    "exceptions",
    "feeds",
    "planned_count",
    "planned_orders",
    "policies_of",
    "source_totals",
    "total_of",
]
