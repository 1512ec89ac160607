"""Server time of the worklist and the exceptions page at 100,000 proposals, 5,000 decisions and 20,000 exceptions.

Run as `python -m benchmarks.worklist [proposals]`. Every page is asked for twenty times through the whole stack, log-in
and template included; prints the 50th and 95th percentile in milliseconds.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks.pages import own_company, print_times

TODAY = date(2026, 11, 16)
ITEMS, STORES, SUPPLIERS = 5_000, 20, 200
DECISIONS, EXCEPTIONS = 5_000, 20_000
RANDOM = random.Random(1)  # noqa: S311  (made-up data, the same each time)
TRACE = '{"position": {"net_stock": 4.0, "on_order": 12.0, "owed": 0.0}, "note": "%s"}' % ("x" * 900)
KINDS = ("stock_out", "stock_out_risk", "late_order", "excess", "expedite", "defer", "cannot_plan")


def main(proposals: int) -> None:
    """Fill a company of its own, measure, and remove it."""
    with own_company():
        _measure(proposals)


def _measure(proposals: int) -> None:
    started = time.monotonic()
    planner = _fill(proposals)
    print(f"{proposals:,} proposals filled in {time.monotonic() - started:.0f} s")
    skus = ",".join(f"I{number:05d}" for number in range(0, 2000, 100))
    pages = {
        "first page": "worklist/?tab=all&horizon=all",
        "at risk": "worklist/?tab=at_risk",
        "page 1,000": "worklist/?tab=all&horizon=all&page=1000",
        "last page": "worklist/?tab=all&horizon=all&page=9999",
        "grouped by source": "worklist/?tab=all&horizon=all&by=source",
        "sorted by value": "worklist/?tab=all&horizon=all&sort=-value",
        "filtered": "worklist/?tab=all&horizon=all&supplier=SUP007&location=S03",
        "searched by name": "worklist/?tab=all&horizon=all&q=coffee",
        "20 SKUs pasted": f"worklist/?tab=all&horizon=all&skus={skus}",
        "with decided": "worklist/?tab=all&horizon=all&decided=yes",
        "exceptions": "exceptions/",
        "exceptions, late": "exceptions/?group=late&page=20",
    }
    print_times(planner, "/admin/planning/", pages)


def _fill(proposals: int) -> Any:
    """A published run with its rows by COPY, and the planner who looks at it."""
    from django.db import connections, transaction

    from inventory.models import Item, Location
    from planning.models import PlanException, PlannedOrder, PlanRun
    from policies.models import Policy, PolicyRun
    from stocksense.accounts.models import User
    from stocksense.accounts.roles import Role, assign_role
    from stocksense.company import services as company
    from stocksense.company.models import RunKind
    from stocksense.core import clock
    from stocksense.core.database.copy import copy_rows
    from stocksense.core.database.partitions import ensure_partitions
    from vendors.models import Supplier

    names = ("Espresso coffee", "Green tea", "Oat biscuit", "Dark chocolate")
    Item.objects.bulk_create(Item(sku=f"I{n:05d}", name=f"{names[n % 4]} {n}", unit_cost=2) for n in range(ITEMS))
    Location.objects.bulk_create(Location(code=f"S{n:02d}", name=f"Store {n}") for n in range(STORES))
    Supplier.objects.bulk_create(Supplier(code=f"SUP{n:03d}", name=f"Supplier {n}") for n in range(SUPPLIERS))
    shared: dict[str, Any] = {
        "scenario": company.scenario_named(None), "as_of": TODAY, "run_date": TODAY, "state": "finished",
    }  # fmt: skip
    from forecasting.models import ForecastRun

    forecast_run = ForecastRun.objects.create(bucket_days=7, horizon_buckets=26, cutoff=TODAY, **shared)
    policy_run = PolicyRun.objects.create(forecast_run=forecast_run, **shared)
    run = PlanRun.objects.create(policy_run=policy_run, horizon_days=182, finished_at=clock.now(), **shared)
    for model in (PlannedOrder, PlanException, Policy):
        ensure_partitions(model, [TODAY])
    places = [
        (item, location)
        for item in Item.objects.values_list("pk", flat=True)
        for location in Location.objects.values_list("pk", flat=True)
    ]
    suppliers = list(Supplier.objects.values_list("pk", flat=True))
    with transaction.atomic():
        copy_rows(PlannedOrder, ORDER_COLUMNS, _orders(run.pk, proposals, places, suppliers))
        copy_rows(PlanException, EXCEPTION_COLUMNS, _exceptions(run.pk, places))
        company.publish_run(kind=RunKind.PLAN, run=run)
    planner = User.objects.create_user("planner@example.com", is_staff=True)
    assign_role(user=planner, role=Role.PLANNER)
    _decide(run, planner)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does within a minute of a run
    return planner


ORDER_COLUMNS = (
    "run_id", "run_date", "item_id", "location_id", "kind", "supplier_id", "source_id", "quantity", "unit_price",
    "value", "release_on", "due_on", "need_on", "cost_of_inaction", "exception_kind", "reason", "trace",
)  # fmt: skip
EXCEPTION_COLUMNS = (
    "run_id", "run_date", "item_id", "location_id", "kind", "subject", "due_on", "cost_of_inaction", "message",
    "details",
)  # fmt: skip


def _orders(run: int, count: int, places: Sequence[tuple[int, int]], suppliers: Sequence[int]) -> Iterator[Any]:
    for number in range(count):
        item, location = places[number % len(places)]
        quantity, release = RANDOM.randint(1, 400), TODAY + timedelta(days=RANDOM.randint(0, 60))
        risk = RANDOM.random() < 0.15
        yield (
            run, TODAY, item, location, "purchase", suppliers[item % len(suppliers)], 1, quantity, 2, quantity * 2,
            release, release + timedelta(days=7), release, round(RANDOM.expovariate(0.01), 2) if risk else 0,
            "stock_out_risk" if risk else "", "reorder", TRACE if (release - TODAY).days < 14 else "{}",
        )  # fmt: skip


def _exceptions(run: int, places: Sequence[tuple[int, int]]) -> Iterator[Any]:
    for number, (item, location) in enumerate(RANDOM.sample(list(places), EXCEPTIONS)):
        due, cost = TODAY + timedelta(days=RANDOM.randint(0, 30)), round(RANDOM.expovariate(0.01), 2)
        details = f'{{"quantity": {RANDOM.randint(1, 90)}}}'
        yield run, TODAY, item, location, KINDS[number % len(KINDS)], "", due, cost, "It may run out soon.", details


def _decide(run: Any, planner: Any) -> None:
    from planning.models import ExceptionDecision, PlanDecision, PlanException, PlannedOrder

    chosen = RANDOM.sample(list(PlannedOrder.objects.values_list("pk", flat=True)), DECISIONS)
    words = ("rejected", "snoozed", "edited", "approved")
    PlanDecision.objects.bulk_create(
        (
            PlanDecision(
                scenario_id=run.scenario_id, item_id=row.item_id, destination_id=row.location_id,
                supplier_id=row.supplier_id, need_on=row.need_on, decision=words[row.pk % 4],
                proposed_quantity=row.quantity, proposed_due_on=row.due_on, quantity=5 if row.pk % 4 == 2 else None,
                until_change=row.pk % 4 == 1, run_id=run.pk, decided_by=planner,
            )
            for row in PlannedOrder.objects.filter(pk__in=chosen).defer("trace")
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    ExceptionDecision.objects.bulk_create(
        ExceptionDecision(
            scenario_id=run.scenario_id, item_id=row.item_id, location_id=row.location_id, kind=row.kind,
            decision="done", cost=row.cost_of_inaction, run_id=run.pk, decided_by=planner,
        )
        for row in PlanException.objects.order_by("pk")[:1000]
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
