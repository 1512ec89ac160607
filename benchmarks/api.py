"""What a request costs with everything on, beside bare Django REST framework doing the same query in the same run.

Run as `python -m benchmarks.api` (`make bench-api`; `--quick` for a first look, in about a third of the time). Serves a
company of its own with the production image's commands (granian for HTTP, daphne for sockets), JWT on each request, and
prints processor milliseconds per request (server, database and Redis apart), the rate, how long answers took, the ratio
to the peer and whether each target is reached; then 1,000 people with think time, and one event sent to 1,000 sockets.

Movements are of the 500 items of one location in turn. Of the people's requests a tenth are such movements; half of the
others ask for an item, half for the list of items. Who was given the list before sends its ETag, as browsers do of
themselves with what they keep; nobody has it at the start, and while no item changes they are answered 304. Items are
asked for without: it is another one each time.
On a machine that does other work the rates are lower bounds; processor time grows less.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.web import hammer, load, processor, servers, sockets
from benchmarks.web.company import ITEMS, LOCATIONS, PEOPLE, fill
from benchmarks.web.hammer import Call, Measured, http
from benchmarks.web.targets import MEMORY_MB, PEOPLE_P95_MS, SOCKETS_P99_MS, TARGETS, verdict
from stocksense import embedded


@dataclass(frozen=True)
class Size:
    """How long each call is measured, and how much load the last two measurements make."""

    seconds: int = hammer.SECONDS
    rate: int = 1000
    open_seconds: int = 20
    sockets: int = 1000


WHOLE, QUICK = Size(), Size(seconds=3, open_seconds=5, sockets=200)


def main() -> None:
    """Make the company, measure, remove it."""
    parser = argparse.ArgumentParser(description="CPU per request of the API, beside bare DRF.")
    parser.add_argument("--quick", action="store_true", help="shorter measurements, 200 sockets")
    size = QUICK if parser.parse_args().quick else WHOLE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        embedded.ensure_running(folder)
        try:
            variables = servers.environment(folder)
            os.environ |= variables
            _measure(folder, variables, size)
        finally:
            embedded.stop(folder)


def _measure(folder: Path, variables: dict[str, str], size: Size) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    fill()
    tokens = _tokens()
    status = embedded.status(folder)
    shared = {"database": status.postgres.pid or 0, "redis": status.redis.pid or 0}
    peer = "granian --interface wsgi --workers 2 --blocking-threads 4 --no-ws stocksense.wsgi:application"
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the start")
    with servers.role(
        "peer",
        {**variables, "DJANGO_SETTINGS_MODULE": "benchmarks.web.peer_settings"},
        log=folder / "peer.log",
        command=[sys.executable, "-m", *peer.split()],
    ) as (pid, port):
        calls, pids = _reads(prefix="", etag=""), {"server": pid, **shared}
        bare = {
            name: hammer.measure(calls[name], port=port, tokens=["-"], pids=pids, folder=folder, seconds=size.seconds)
            for name in ("detail", "list of 50")
        }
    with servers.role("web", variables, log=folder / "web.log") as (pid, port):
        pids = {"server": pid, **shared}
        calls = _reads(prefix="/api/v1", etag=_etag(port, tokens[0]))
        _head()
        for name, measured in bare.items():
            _line(f"bare DRF: {name}", measured)
        for name, call in {**calls, "movement POST": _movement()}.items():
            measured = hammer.measure(call, port=port, tokens=tokens, pids=pids, folder=folder, seconds=size.seconds)
            _line(name, measured, bare.get(name) or bare.get("list of 50" if "list" in name else ""))
        _people(port, tokens, size, pids)
        with servers.role("ws", variables, log=folder / "ws.log") as (ws_pid, ws_port):
            _sockets(ws_pid, ws_port, port, tokens, size)
            web, ws = processor.megabytes(pid), processor.megabytes(ws_pid)
            reached = verdict(web < MEMORY_MB)
            print(f"memory after it: web {web:,.0f} MB (< {MEMORY_MB:.0f} MB: {reached}), ws {ws:,.0f} MB")
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


def _sockets(pid: int, port: int, api_port: int, tokens: Sequence[str], size: Size) -> None:
    heard = sockets.fan_out(port, api_port, tokens, size.sockets)
    reached = verdict(heard.percentile(0.99) < SOCKETS_P99_MS)
    print(
        f"{size.sockets:,} sockets, one event: heard after p50 {heard.percentile(0.5):.0f} ms, p95 "
        f"{heard.percentile(0.95):.0f} ms, p99 {heard.percentile(0.99):.0f} ms (< {SOCKETS_P99_MS:.0f} ms: {reached}), "
        f"{heard.missed} of {size.sockets * sockets.ROUNDS:,} missed",
        flush=True,
    )


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

    first = ItemLocation.objects.select_related("location").order_by("item_id")[0]
    body = (
        f'{{"source": "benchmark", "key": "{{n}}", "item": {{id}}, "location": "{first.location.code}", '
        '"kind": "adjustment", "quantity": "1"}'
    )
    path, here = "/api/v1/stock-movements", ITEMS // LOCATIONS
    return Call(path, method="POST", body=body, first_id=first.item_id, ids=here, step=LOCATIONS)


def _people(port: int, tokens: Sequence[str], size: Size, pids: dict[str, int]) -> None:
    reads, movement = _reads(prefix="/api/v1", etag=""), _movement()
    chance = random.Random(2)  # noqa: S311
    count, etags = 0, dict.fromkeys(range(PEOPLE), "")

    def request(user: int) -> bytes:
        nonlocal count
        count += 1
        call = movement if chance.random() < 0.1 else reads[chance.choice(("detail", "list of 50"))]
        if call is reads["list of 50"]:
            call = replace(call, etag=etags[user])
        return http(call, 10**9 + count, tokens[user])

    def heard(user: int, request: bytes, etag: bytes) -> None:
        if request.startswith(b"GET /api/v1/items HTTP"):
            etags[user] = etag.decode()

    before = sum(processor.seconds(pid) for pid in pids.values())
    result = load.open_loop(
        port=port, users=PEOPLE, rate=size.rate, seconds=size.open_seconds, request=request, heard=heard
    )
    spent, answered = sum(processor.seconds(pid) for pid in pids.values()) - before, max(1, len(result.latencies))
    unchanged = result.statuses[304] / answered
    p50, p95, p99 = (1000 * result.percentile(share) for share in (0.5, 0.95, 0.99))
    print(
        f"{PEOPLE:,} people, {size.rate:,} requests/s offered, 10 % writes, 45 % items, 45 % lists with the ETag last "
        f"given ({unchanged:.0%} of all were 304): {result.rate:,.0f}/s answered, p50 "
        f"{p50:.0f} ms, p95 {p95:.0f} ms (< {PEOPLE_P95_MS:.0f} ms: {verdict(p95 < PEOPLE_P95_MS)}), p99 {p99:.0f} ms, "
        f"{result.errors} errors (0: {verdict(result.errors == 0)}) {_errors(result)}; CPU per request "
        f"{1000 * spent / answered:.2f} ms, and {1000 * result.cpu_seconds / answered:.2f} of the client",
        flush=True,
    )


def _errors(result: load.Result) -> str:
    """How many of which status (unanswered: lost, or still waiting ten seconds after the last was sent)."""
    wrong = {status: count for status, count in result.statuses.items() if status not in (200, 201, 304)}
    return ", ".join(f"{count} x {status or 'unanswered'}" for status, count in sorted(wrong.items()))


def _head() -> None:
    names = {"": 24, "CPU ms": -8, "(server, database, redis)": -28, "per s": -8, "p50": -7, "p95": -7, "p99 ms": -8}
    print("".join(f"{name:{'>' if width < 0 else '<'}{abs(width)}}" for name, width in {**names, "errors": -7}.items()))


def _line(name: str, measured: Measured, peer: Measured | None = None) -> None:
    parts = ", ".join(f"{value:.2f}" for value in measured.cpu_ms.values())
    ratio = f"  {measured.total_cpu_ms / peer.total_cpu_ms:.2f} x bare DRF" if peer else ""
    target = f"  {TARGETS[name].judged(measured)}" if name in TARGETS else ""
    print(
        f"{name:24}{measured.total_cpu_ms:8.2f}{f'({parts})':>28}{measured.rate:8,.0f}{measured.p50_ms:7.1f}"
        f"{measured.p95_ms:7.1f}{measured.p99_ms:8.1f}{measured.errors:7}{ratio}{target}",
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
