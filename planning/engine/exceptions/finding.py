"""All families together."""

from planning.engine.exceptions.dampening import settle
from planning.engine.exceptions.kinds import PlanException
from planning.engine.exceptions.minimums import minimum_quantities, minimum_values
from planning.engine.exceptions.outlook import Findings
from planning.engine.exceptions.promises import short_promises
from planning.engine.exceptions.receipts import expedites, missed_orders, overdue_receipts, past_due_releases
from planning.engine.exceptions.shortages import shortages
from planning.engine.exceptions.surplus import expiring, surpluses
from planning.engine.exceptions.unplannable import ended_with_orders, short_horizons, unplannable


def find_exceptions(findings: Findings) -> tuple[PlanException, ...]:
    """All exceptions, dearest first; ties by kind, node, day, receipt and lot. Yesterday's advice is kept where today's
    differs by no more than noise (`dampening`).
    """
    candidates = [
        *shortages(findings),
        *unplannable(findings),
        *ended_with_orders(findings),
        *overdue_receipts(findings),
        *past_due_releases(findings),
        *short_promises(findings),
        *missed_orders(findings),
        *expedites(findings),
        *surpluses(findings),
        *expiring(findings),
        *minimum_values(findings),
        *minimum_quantities(findings),
        *short_horizons(findings),
    ]
    found = settle(candidates, findings.context.plan_input)
    found.sort(key=lambda one: (-one.cost_of_inaction, one.kind, one.node, one.day, one.receipt, one.lot))
    return tuple(found)
