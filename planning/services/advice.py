"""What the plan before this one advised, so that today's does not flip on noise."""

from dataclasses import replace
from datetime import date

import numpy as np

from planning.engine.exceptions.dampening import DAMPED_KINDS, advised_day, advised_units
from planning.engine.inputs import GivenAdvice, PlanInput
from planning.models import PlanException, PlanRun
from planning.services.inputs import PlanTables
from stocksense.company.models import CurrentRun, RunKind, Scenario


def with_given_advice(tables: PlanTables, *, scenario: Scenario, as_of: date) -> PlanInput:
    """The engine's input with what the scenario's current plan says about the same item-locations and orders.

    Lots and orders that are gone are left out. Two queries after the pointer's.
    """
    pointer = CurrentRun.objects.run_of(RunKind.PLAN, scenario)
    if pointer is None:
        return tables.plan_input
    before = PlanRun.objects.only("as_of").get(pk=pointer.run_id)
    pairs = zip(tables.nodes["item_id"].to_list(), tables.nodes["location_id"].to_list(), strict=True)
    node_of = {pair: node for node, pair in enumerate(pairs)}
    receipt_of: dict[tuple[int, str], int] = {}
    for row, node in enumerate(tables.plan_input.receipts.node.tolist()):
        receipt_of.setdefault((node, tables.receipt_numbers[row]), row)
    past = PlanException.objects.of_run(pointer).filter(kind__in=DAMPED_KINDS)
    rows = []
    for item, location, kind, subject, details in past.values_list("item", "location", "kind", "subject", "details"):
        at = node_of.get((item, location))
        receipt = -1 if at is None or not subject else receipt_of.get((at, subject))
        if at is None or receipt is None:
            continue
        day = details.get(advised_day(kind))
        since = (before.as_of - as_of).days
        rows.append((
            DAMPED_KINDS.index(kind), at, receipt, -1 if day is None else int(day) + since,
            float(details.get(advised_units(kind)) or 0.0),
        ))  # fmt: skip
    return replace(tables.plan_input, given_advice=_table(rows))


def _table(rows: list[tuple[int, int, int, int, float]]) -> GivenAdvice:
    kind, node, receipt, day = (np.array([row[column] for row in rows], dtype=np.int64) for column in range(4))
    quantity = np.array([row[4] for row in rows], dtype=np.float64)
    return GivenAdvice(kind=kind, node=node, receipt=receipt, day=day, quantity=quantity)
