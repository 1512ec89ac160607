"""Server time of the worklist and the exceptions page at 100,000 proposals, 5,000 decisions and 20,000 exceptions.

Run as `python -m benchmarks.worklist [proposals] [rounds]`. Every page is asked for so many times through the whole
stack, log-in and template included; prints the 50th and 95th percentile in milliseconds, and beside them what a request
costs the web process and its PostgreSQL server in processor time, which a busy machine changes little. With
STOCKSENSE_BENCH_DATA naming a folder, the company is made there once and kept for the next run.
"""

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.cycle_steps import processor_seconds, server_seconds
from stocksense import embedded

TODAY = date(2026, 11, 16)
ITEMS, STORES, SUPPLIERS = 5_000, 20, 200
DECISIONS, EXCEPTIONS = 5_000, 20_000
ROUNDS = 20
RANDOM = random.Random(1)  # noqa: S311  (made-up data, the same each time)
TRACE = '{"position": {"net_stock": 4.0, "on_order": 12.0, "owed": 0.0}, "note": "%s"}' % ("x" * 900)
KINDS = ("stock_out", "stock_out_risk", "late_order", "excess", "expedite", "defer", "cannot_plan")


def main(proposals: int, rounds: int) -> None:
    """Fill a company of its own, measure, and remove it."""
    kept = os.environ.get("STOCKSENSE_BENCH_DATA")
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        os.environ |= {"STOCKSENSE_DATA": folder, "DJANGO_SETTINGS_MODULE": "stocksense.settings.local"}
        Path(folder).mkdir(parents=True, exist_ok=True)
        embedded.ensure_running(Path(folder))
        try:
            import django

            django.setup()
            _measure(proposals, rounds)
        finally:
            embedded.stop(Path(folder))


PAGES = {
    "first page": "worklist/?tab=all&horizon=all",
    "at risk": "worklist/?tab=at_risk",
    "deep": "worklist/?tab=all&horizon=all@1000",
    "last page": "worklist/?tab=all&horizon=all&before=end",
    "by source": "worklist/?tab=all&horizon=all&by=source",
    "by source, deep": "worklist/?tab=all&horizon=all&by=source@1000",
    **{f"by {name}": f"worklist/?tab=all&horizon=all&sort={name}"
       for name in ("item", "at", "source", "suggests", "release", "arrives", "-value", "price")},
    "by item, deep": "worklist/?tab=all&horizon=all&sort=item@1000",
    "by value, deep": "worklist/?tab=all&horizon=all&sort=-value@1000",
    "supplier and location": "worklist/?tab=all&horizon=all&supplier=SUP007&location=S03",
    "one supplier": "worklist/?tab=all&horizon=all&supplier=SUP007",
    "one location": "worklist/?tab=all&horizon=all&location=S03",
    "searched by name": "worklist/?tab=all&horizon=all&q=coffee",
    "20 SKUs pasted": "worklist/?tab=all&horizon=all&skus=" + ",".join(f"I{n:05d}" for n in range(0, 2000, 100)),
    "with decided": "worklist/?tab=all&horizon=all&decided=yes",
    "exceptions": "exceptions/",
    "exceptions, late, deep": "exceptions/?group=late@100",
    "exceptions by item": "exceptions/?sort=item",
    "API by item": "/api/v1/planned-orders?ordering=item",
}  # fmt: skip
"""What a planner does with the lists; `@n`: n pages on by the pager's own address."""


def _measure(proposals: int, rounds: int) -> None:
    from django.core.management import call_command
    from django.test import Client

    from stocksense.accounts.models import User

    call_command("migrate", verbosity=0)
    started = time.monotonic()
    planner = User.objects.filter(email="planner@example.com").first() or _fill(proposals)
    print(f"{proposals:,} proposals filled in {time.monotonic() - started:.0f} s")
    client = Client(headers={"host": "localhost"})
    client.force_login(planner)
    chosen = os.environ.get("STOCKSENSE_BENCH_PAGES", "")
    print(f"{'page':24}{'p50 ms':>8}{'p95 ms':>8}{'web ms':>8}{'PostgreSQL ms':>15}{'queries':>9}")
    for name, path in PAGES.items():
        if not re.match(chosen, name):
            continue
        url = _address(path)
        wall, web, database, queries = _timed(client, url, rounds)
        p50, p95 = wall[len(wall) // 2], wall[min(len(wall) - 1, int(len(wall) * 0.95))]
        print(f"{name:24}{p50:8.0f}{p95:8.0f}{web:8.0f}{database:15.0f}{queries:9}", flush=True)
    print(f"load average {os.getloadavg()[0]:.1f}")


def _address(path: str) -> str:
    """The page's own address: `@n` is the one that following the pager's Next n times leads to."""
    from django.http import QueryDict

    from planning.admin import paging
    from planning.admin.exceptions.columns import TABLE as EXCEPTIONS
    from planning.admin.worklist import asked as addresses
    from planning.models import PlanException, PlannedOrder
    from planning.services import reads
    from stocksense.core.database.keyset import ordered, values_of

    if path.startswith("/api"):
        return path
    path, _, pages = path.partition("@")
    if pages:
        rows: Any
        model: Any
        plan, given = reads.current_plan(), QueryDict(path.partition("?")[2])
        assert plan
        if path.startswith("worklist"):
            asked = addresses.read(given)
            keys = reads.sort_keys(asked.sort, by_source=asked.by_source)
            rows, model = reads.planned_orders(plan, asked.query), PlannedOrder
        else:
            keys = reads.exception_keys(EXCEPTIONS.read_sort(given))
            rows, model = reads.exceptions(plan, group=given.get("group", "")), PlanException
        last = ordered(rows, keys)[int(pages) * 50 - 1]
        path += f"&after={paging.token(values_of(last, keys), model, keys)}&from={int(pages) * 50}"
    return f"/admin/planning/{path}"


def _timed(client: Any, url: str, rounds: int) -> tuple[list[float], float, float, int]:
    """Milliseconds of each request in rising order, of the web process and of PostgreSQL per request, and queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert client.get(url).status_code == 200, url
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    queries = len(captured)
    wall, web, database = [], time.process_time(), _database_seconds()
    for _ in range(rounds):
        started = time.perf_counter()
        client.get(url)
        wall.append((time.perf_counter() - started) * 1000)
    spent = (time.process_time() - web) * 1000 / rounds, (_database_seconds() - database) * 1000 / rounds
    return sorted(wall), *spent, queries


def _database_seconds() -> float:
    """Processor time of the connection's own server process, and of all that worked for it and have ended."""
    postmaster = embedded.status(Path(os.environ["STOCKSENSE_DATA"])).postgres.pid
    assert postmaster
    return server_seconds() + processor_seconds(postmaster, children=True)


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
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [100_000, 20][len(given) :]))
