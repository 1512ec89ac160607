"""Open transfers that their origin has promised and cannot send in full."""

from collections.abc import Iterator

import numpy as np

from planning.engine.calendars import OrderDates, add_lead_time
from planning.engine.exceptions.kinds import SOURCE_SHORT, PlanException
from planning.engine.exceptions.outlook import Findings
from planning.engine.inputs import ALWAYS_OPEN, TOLERANCE
from planning.engine.shortage import shift, shortage_until
from stocksense.core.numeric import IntArray


def short_promises(findings: Findings) -> Iterator[PlanException]:
    """Open transfers whose origin lacks units that cannot arrive on the stated day; cost: their arriving later.

    The plan keeps the stated day and quantity; the message says what is there, and when the rest can leave and arrive.
    It is always given: what is promised and not there is a matter of records, whatever it costs.
    """
    context, promised = findings.context, findings.commitments
    receipts, horizon = context.plan_input.receipts, context.plan_input.horizon
    rows = np.flatnonzero((promised.uncovered > TOLERANCE) & (context.receipt_day < horizon))
    cover = promised.cover_day[rows]
    dates = _dates(findings, rows, np.maximum(cover, 0))
    late = np.where(cover < 0, horizon, np.minimum(dates.due_day, horizon))
    missed = late > context.receipt_day[rows]
    rows, late, leaves = rows[missed], late[missed], np.where(cover < 0, -1, dates.ship_day)[missed]
    node, stated, lacking = receipts.node[rows], context.receipt_day[rows], promised.uncovered[rows]
    supply = findings.outlook.supply_with
    short = shortage_until(context, supply, late, node, -shift(horizon, lacking, stated, late)).less(
        shortage_until(context, supply, late, node)
    )
    for place, row in enumerate(rows.tolist()):
        yield PlanException(
            kind=SOURCE_SHORT,
            node=int(node[place]),
            day=int(stated[place]),
            cost_of_inaction=float(short.cost[place]),
            parameters={
                "receipt": row,
                "source_node": int(receipts.origin[row]),
                "promised": float(receipts.quantity[row]),
                "covered": float(receipts.quantity[row] - lacking[place]),
                "remainder": float(lacking[place]),
                "remainder_ship_day": int(leaves[place]) if leaves[place] >= 0 else None,
                "remainder_due_day": int(late[place]) if late[place] < horizon else None,
                "expected_units_short": float(short.units[place]),
            },
            receipt=row,
        )


def _dates(findings: Findings, rows: IntArray, release: IntArray) -> OrderDates:
    """Leaving and arriving of open transfers [rows] sent on `release`: by the destination's lane from that origin, else
    by a lateral one; where there is none left, they are taken to arrive on the day they leave.
    """
    plan_input = findings.context.plan_input
    sourcing, lanes = plan_input.sourcing, plan_input.lateral_lanes
    node, origin = plan_input.receipts.node[rows], plan_input.receipts.origin[rows]
    regular = sourcing.node[node] == origin
    days = np.where(regular, sourcing.lead_time_days[node], 0)
    ships = np.where(regular, sourcing.ship_calendar[node], ALWAYS_OPEN)
    for place in np.flatnonzero(~regular).tolist():
        for lane in np.flatnonzero((lanes.origin == origin[place]) & (lanes.destination == node[place]))[:1]:
            days[place], ships[place] = lanes.lead_time_days[lane], lanes.ship_calendar[lane]
    return add_lead_time(findings.context.calendars, release, days, ships, sourcing.receive_calendar[node])
