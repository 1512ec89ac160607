"""As many requests as a server carries: by wrk where it is installed, else by our own client, which costs more."""

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.web import load, processor

CONNECTIONS, SECONDS = 16, 8
WARM_UP = 2
POLLED = 8
"""How often each person has asked before, where what is measured is asking again for what one has already."""
NOBODY = "-"
"""In place of a token: no sign-in."""
_SCRIPT = Path(__file__).with_name("rotate.lua")


@dataclass(frozen=True)
class Call:
    """One kind of request. `{id}` in path and body runs over the ids, a step apart, `{n}` never comes twice."""

    path: str
    method: str = "GET"
    body: str = ""
    etag: str = ""
    first_id: int = 1
    ids: int = 1
    step: int = 1


@dataclass(frozen=True)
class Measured:
    """What a call cost while the server was kept busy."""

    requests: int
    seconds: float
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]
    """Processor milliseconds per request, by who spent them."""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def total_cpu_ms(self) -> float:
        """Of all who took part, the load generator apart."""
        return sum(self.cpu_ms.values())


def measure(
    call: Call, *, port: int, tokens: Sequence[str], pids: dict[str, int], folder: Path, seconds: int = SECONDS
) -> Measured:
    """Keep the server busy for some seconds, after a short warm-up."""
    asked = _hammer(call, port, tokens, folder, seconds=WARM_UP)["requests"]
    while call.etag and asked < POLLED * len(tokens):
        asked += _hammer(call, port, tokens, folder, seconds=WARM_UP)["requests"]
    before = {name: processor.seconds(pid) for name, pid in pids.items()}
    found = _hammer(call, port, tokens, folder, seconds=seconds)
    time.sleep(1.2)  # what is written behind the answers is part of their cost
    spent = {name: processor.seconds(pid) - before[name] for name, pid in pids.items()}
    cpu = {name: 1000 * value / found["requests"] for name, value in spent.items()}
    return Measured(
        int(found["requests"]), found["seconds"], int(found["errors"]),
        found["p50_ms"], found["p95_ms"], found["p99_ms"], cpu,
    )  # fmt: skip


def _hammer(call: Call, port: int, tokens: Sequence[str], folder: Path, *, seconds: int) -> dict[str, float]:
    start = time.time_ns() // 1_000_000
    if not shutil.which("wrk"):
        return _by_ourselves(call, port, tokens, seconds, start)
    listed = folder / "tokens.txt"
    listed.write_text("\n".join(tokens))
    said = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_SCRIPT), f"http://127.0.0.1:{port}", "--",
         str(listed), call.method, call.path, call.body, call.etag, str(call.first_id), str(call.ids), str(start),
         str(call.step)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(said.stdout.strip().splitlines()[-1])
    return found


def _by_ourselves(call: Call, port: int, tokens: Sequence[str], seconds: int, start: int) -> dict[str, float]:
    count = start

    def request(_: int) -> bytes:
        nonlocal count
        count += 1
        return http(call, count, tokens[count % len(tokens)])

    result = load.closed_loop(port=port, connections=CONNECTIONS, seconds=seconds, request=request)
    return {
        "requests": len(result.latencies), "seconds": result.seconds, "errors": result.errors,
        **{f"p{share}_ms": result.percentile(share / 100) * 1000 for share in (50, 95, 99)},
    }  # fmt: skip


def http(call: Call, count: int, token: str) -> bytes:
    """The request's bytes."""

    def filled(text: str) -> str:
        return text.replace("{id}", str(call.first_id + count % call.ids * call.step)).replace("{n}", str(count))

    body = filled(call.body).encode()
    lines = [f"{call.method} {filled(call.path)} HTTP/1.1", "Host: localhost", "X-Forwarded-Proto: https"]
    if token != NOBODY:
        lines.append(f"Authorization: Bearer {token}")
    if call.etag:
        lines.append(f"If-None-Match: {call.etag}")
    if body:
        lines += [
            "Content-Type: application/json", f"Idempotency-Key: measured-{count}", f"Content-Length: {len(body)}"
        ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body
