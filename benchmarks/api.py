"""What a request costs with everything on, beside bare Django REST framework doing the same query in the same run.

Run as `python -m benchmarks.api` (`make bench-api`). Serves a company of its own with the production image's commands
(granian for HTTP, daphne for sockets), JWT on each request, and prints processor milliseconds per request (server,
database and Redis apart), the rate, and the ratio to the peer; then 1,000 people with think time, and one event sent to
1,000 sockets. On a machine that does other work the rates are lower bounds; processor time hardly changes.
"""

import asyncio
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.web import hammer, load, processor, servers, sockets
from benchmarks.web.company import PEOPLE, fill
from benchmarks.web.hammer import Call, Measured, http
from stocksense import embedded

RATE, OPEN_SECONDS = 1000, 20
SOCKETS = 1000


def main() -> None:
    """Make the company, measure, remove it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        embedded.ensure_running(folder)
        try:
            variables = servers.environment(folder)
            os.environ |= variables
            _measure(folder, variables)
        finally:
            embedded.stop(folder)


def _measure(folder: Path, variables: dict[str, str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    fill()
    tokens = _tokens()
    status = embedded.status(folder)
    shared = {"database": status.postgres.pid or 0, "redis": status.redis.pid or 0}
    peer = "granian --interface wsgi --workers 2 --blocking-threads 4 --no-ws stocksense.wsgi:application"
    with servers.role(
        "peer",
        {**variables, "DJANGO_SETTINGS_MODULE": "benchmarks.web.peer_settings"},
        log=folder / "peer.log",
        command=[sys.executable, "-m", *peer.split()],
    ) as (pid, port):
        calls = _reads(prefix="", etag="")
        bare = {
            name: hammer.measure(calls[name], port=port, tokens=["-"], pids={"server": pid, **shared}, folder=folder)
            for name in ("detail", "list of 50")
        }
    with servers.role("web", variables, log=folder / "web.log") as (pid, port):
        pids = {"server": pid, **shared}
        calls = _reads(prefix="/api/v1", etag=_etag(port, tokens[0]))
        print(f"{'CPU ms/request':>49}{'(server, database, redis)':>28}{'requests/s':>12}{'p99 ms':>8}{'errors':>8}")
        for name, measured in bare.items():
            _line(f"bare DRF: {name}", measured)
        for name, call in {**calls, "movement POST": _movement()}.items():
            measured = hammer.measure(call, port=port, tokens=tokens, pids=pids, folder=folder)
            _line(name, measured, bare.get(name) or bare.get("list of 50" if "list" in name else ""))
        _people(port, tokens)
        with servers.role("ws", variables, log=folder / "ws.log") as (ws_pid, ws_port):
            sockets.report(ws_port, port, tokens, SOCKETS)
            print(f"memory after it: web {processor.megabytes(pid):,.0f} MB, ws {processor.megabytes(ws_pid):,.0f} MB")


def _reads(*, prefix: str, etag: str) -> dict[str, Call]:
    from inventory.models import Item

    first = Item.objects.order_by("pk").values_list("pk", flat=True)[0]
    return {
        "detail": Call(f"{prefix}/items/{{id}}", first_id=first, ids=10_000),
        "list of 50": Call(f"{prefix}/items"),
        "list of 50, unchanged": Call(f"{prefix}/items", etag=etag),
    }


def _movement() -> Call:
    from inventory.models import ItemLocation

    first = ItemLocation.objects.select_related("item", "location").order_by("pk")[0]
    body = (
        f'{{"source": "benchmark", "key": "{{n}}", "item": "{first.item.sku}", "location": "{first.location.code}", '
        '"kind": "adjustment", "quantity": "1"}'
    )
    return Call("/api/v1/stock-movements", method="POST", body=body)


def _people(port: int, tokens: Sequence[str]) -> None:
    reads, movement = _reads(prefix="/api/v1", etag=""), _movement()
    chance = random.Random(2)  # noqa: S311
    count = 0

    def request(user: int) -> bytes:
        nonlocal count
        count += 1
        call = movement if chance.random() < 0.1 else reads[chance.choice(("detail", "list of 50"))]
        return http(call, 10**9 + count, tokens[user])

    result = asyncio.run(load.open_loop(port=port, users=PEOPLE, rate=RATE, seconds=OPEN_SECONDS, request=request))
    print(
        f"{PEOPLE:,} people, {RATE:,} requests/s offered, 10 % writes: {result.rate:,.0f}/s answered, p50 "
        f"{result.percentile(0.5) * 1000:.0f} ms, p95 {result.percentile(0.95) * 1000:.0f} ms, p99 "
        f"{result.percentile(0.99) * 1000:.0f} ms, {result.errors} errors"
    )


def _line(name: str, measured: Measured, peer: Measured | None = None) -> None:
    parts = ", ".join(f"{value:.2f}" for value in measured.cpu_ms.values())
    ratio = f"  {measured.total_cpu_ms / peer.total_cpu_ms:.2f} x bare DRF" if peer else ""
    print(
        f"{name:34}{measured.total_cpu_ms:15.2f}{f'({parts})':>28}{measured.rate:12,.0f}{measured.p99_ms:8.1f}"
        f"{measured.errors:8}{ratio}",
        flush=True,
    )


def _etag(port: int, token: str) -> str:
    headers = {"Host": "localhost", "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token}"}
    with urlopen(Request(f"http://127.0.0.1:{port}/api/v1/items", headers=headers)) as answer:
        return str(answer.headers["ETag"])


def _tokens() -> list[str]:
    from stocksense.accounts.models import User
    from stocksense.accounts.tokens.families import start_family

    return [start_family(user=user, second_factor=False).access for user in User.objects.order_by("pk")]


if __name__ == "__main__":
    main()
