"""Exceptions of two runs: which are new and which are gone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from planning.models import ExceptionKind
from planning.services.compare.choice import Pair

_BOTH = """
WITH found AS (
    SELECT (run_id = %(after)s) AS later, item_id, location_id, kind, subject, sum(cost_of_inaction) AS cost,
           min(due_on) AS due_on, min(message) AS message
    FROM planning_planexception
    WHERE run_date IN (%(before_date)s, %(after_date)s)
      AND (run_id = %(after)s AND run_date = %(after_date)s OR run_id = %(before)s AND run_date = %(before_date)s)
    GROUP BY 1, 2, 3, 4, 5
), compared AS (
    SELECT item_id, location_id, kind, subject, old.cost AS cost_before, new.cost AS cost_after,
           coalesce(new.due_on, old.due_on) AS due_on, coalesce(new.message, old.message) AS message
    FROM (SELECT * FROM found WHERE NOT later) old
    FULL JOIN (SELECT * FROM found WHERE later) new USING (item_id, location_id, kind, subject)
)
"""

_BY_KIND = f"""
{_BOTH}
SELECT kind, count(cost_before), count(cost_after), count(*) FILTER (WHERE cost_before IS NULL),
       count(*) FILTER (WHERE cost_after IS NULL), coalesce(sum(cost_before), 0), coalesce(sum(cost_after), 0)
FROM compared GROUP BY kind
"""

_CHANGES = f"""
{_BOTH}
SELECT compared.item_id, compared.location_id, compared.kind, compared.subject, cost_after IS NOT NULL,
       coalesce(cost_after, cost_before), compared.due_on, compared.message,
       coalesce(nullif(item.name, ''), item.sku), coalesce(nullif(location.name, ''), location.code)
FROM compared JOIN inventory_item item ON item.id = compared.item_id
JOIN inventory_location location ON location.id = compared.location_id
WHERE (cost_before IS NULL) <> (cost_after IS NULL)
ORDER BY 6 DESC, item.sku, location.code, compared.kind LIMIT %(most)s
"""


@dataclass(frozen=True)
class KindChange:
    """One kind of exception in both runs."""

    kind: ExceptionKind
    before: int
    after: int
    new: int
    gone: int
    cost_before: Decimal
    cost_after: Decimal


@dataclass(frozen=True)
class WarningChange:
    """An exception that only one of the runs has; `is_new`: the later one."""

    item_id: int
    location_id: int
    kind: ExceptionKind
    subject: str
    is_new: bool
    cost: Decimal
    due_on: date
    message: str
    item: str
    location: str


def compare_warnings(pair: Pair) -> list[KindChange]:
    """Counts and costs of each kind that either run has, in the order of the kinds."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, _parameters(pair))
        found = {kind: numbers for kind, *numbers in cursor.fetchall()}
    return [KindChange(kind, *found[kind.value]) for kind in ExceptionKind if kind.value in found]


def warning_changes(pair: Pair, *, most: int = 20) -> list[WarningChange]:
    """The dearest exceptions that are new or gone."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, {**_parameters(pair), "most": most})
        return [
            WarningChange(item, location, ExceptionKind(kind), *rest)
            for item, location, kind, *rest in cursor.fetchall()
        ]


def _parameters(pair: Pair) -> dict[str, int | date]:
    return {
        "before": pair.before.pk,
        "before_date": pair.before.run_date,
        "after": pair.after.pk,
        "after_date": pair.after.run_date,
    }
