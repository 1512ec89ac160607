"""What edited quantities add to the value of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from planning.models import Decision, PlanRun


@dataclass(frozen=True)
class Edited:
    """A proposal that approving orders with another quantity; `adds`: to its value, company currency."""

    planned_order_id: int
    adds: Decimal


def edited_orders(run: PlanRun) -> list[Edited]:
    """The proposals of `run` whose quantity a word on their very need has changed, in one query.

    An edited need's quantity goes over its parts as `standing.spread` has it: each takes what it proposes, in order of
    release, the last the rest. Words on needs before the run's first, years of them, are passed by.
    """
    given: dict[str, Any] = {
        "scenario": run.scenario_id, "run": run.pk, "day": run.run_date, "from": run.first_need_on or run.as_of.min,
        "words": [Decision.EDITED.value, Decision.SNOOZED.value],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, given)
        return [Edited(pk, _adds(*numbers)) for pk, *numbers in cursor.fetchall()]


def _adds(share: Decimal, price: Decimal | None, value: Decimal) -> Decimal:
    return round(share * (price or Decimal(0)), 4) - value


def difference(found: Sequence[Edited], among: set[int]) -> Decimal:
    """What the edits of these proposals add to their value."""
    return sum((one.adds for one in found if one.planned_order_id in among), Decimal(0))


_SHARES = """
WITH edits AS (
    SELECT item_id, destination_id, origin_id, supplier_id, need_on, quantity
    FROM planning_plandecision
    WHERE scenario_id = %(scenario)s AND quantity IS NOT NULL AND decision = ANY (%(words)s) AND need_on >= %(from)s
), parts AS (
    SELECT o.id, o.quantity, o.unit_price, o.value, edits.quantity AS edited,
           coalesce(sum(o.quantity) OVER earlier, 0) AS taken,
           row_number() OVER need = count(*) OVER (PARTITION BY edits.*) AS is_last
    FROM edits
    JOIN planning_plannedorder o
      ON o.run_id = %(run)s AND o.run_date = %(day)s AND o.item_id = edits.item_id
     AND o.location_id = edits.destination_id AND o.need_on = edits.need_on
     AND (o.supplier_id = edits.supplier_id OR o.origin_id = edits.origin_id)
    WINDOW need AS (PARTITION BY edits.* ORDER BY o.release_on, o.id),
           earlier AS (need ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), shares AS (
    SELECT id, quantity, unit_price, value, CASE WHEN is_last THEN edited - least(taken, edited)
           ELSE least(quantity, edited - least(taken, edited)) END AS share
    FROM parts
)
SELECT id, share, unit_price, value FROM shares WHERE share <> quantity
"""
