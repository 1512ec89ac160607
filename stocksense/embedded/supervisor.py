"""Runs a few processes as one: started in order, restarted when they crash, stopped together."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

_POLL_SECONDS = 0.1
_LONGEST_BACKOFF = 30.0
_PR_SET_PDEATHSIG = 1

_GUARD = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
grace, groups = float(sys.argv[1]), set()
for line in sys.stdin:
    word = line.strip()
    (groups.discard if word.startswith("-") else groups.add)(int(word.lstrip("-")))
def send(group, number, call):
    try:
        call(group, number)
        return True
    except OSError:
        return False
for group in groups:
    send(group, signal.SIGTERM, os.kill)
deadline = time.monotonic() + grace
while time.monotonic() < deadline and any(send(group, 0, os.killpg) for group in groups):
    time.sleep(0.1)
for group in groups:
    send(group, signal.SIGKILL, os.killpg)
"""
"""Ends the children's process groups once the supervisor's end of its pipe closes without saying they are gone."""


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen on every address of `host` at `port`."""
    if not 0 < port < 65536:
        return False
    try:
        addresses = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as attempt:
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    attempt.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                attempt.bind(address)
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Child:
    """A process to run: `env` is added to ours; `ready` is asked until it says True before the next child starts.

    With `restart` a crash is answered by a new start; without it the end of this child ends everything.
    """

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    restart: bool = True
    ready_seconds: float = 120.0


class _GaveUpError(Exception):
    """A child does not come up or does not stay up; the message says which and what it said last."""


@dataclass
class _Running:
    """A child with its process, its failures so far and the last lines it wrote."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float | None = None
    unfinished: bytes = b""
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=10))


class Supervisor:
    """Runs children until a signal asks to stop or one of them cannot be kept up.

    With `logs` each child writes to `<logs>/<name>.log`; without, its lines appear on our output behind its name.
    `on_ready` is called once, when all children are ready. `failures_allowed` counts crashes less than
    `healthy_seconds` after a start.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        logs: Path | None = None,
        on_ready: Callable[[], None] | None = None,
        say: Callable[[str], None] = lambda line: print(line, flush=True),
        grace_seconds: float = 15.0,
        failures_allowed: int = 5,
        healthy_seconds: float = 60.0,
        first_backoff: float = 1.0,
    ) -> None:
        self._running = [_Running(child) for child in children]
        self._logs = logs
        self._on_ready = on_ready
        self._say = say
        self._grace_seconds = grace_seconds
        self._failures_allowed = failures_allowed
        self._healthy_seconds = healthy_seconds
        self._first_backoff = first_backoff
        self._selector = selectors.DefaultSelector()
        self._signals_received = 0
        self._guard: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Exit code: 0 when a signal asked to stop, else the code of the child that ended, or 1. Main thread only."""
        previous = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        self._guard = self._start_guard()
        try:
            return self._start_and_watch()
        except _GaveUpError as error:
            self._say(str(error))
            return 1
        finally:
            self._stop_all()
            self._end_guard()
            self._selector.close()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals_received += 1

    def _start_and_watch(self) -> int:
        for running in self._running:
            self._start(running)
            self._await_ready(running)
            if self._signals_received:
                return 0
        if self._on_ready is not None:
            self._on_ready()
        while not self._signals_received:
            self._pump(_POLL_SECONDS)
            for running in self._running:
                code = self._look_after(running)
                if code is not None:
                    return code
        return 0

    def _await_ready(self, running: _Running) -> None:
        ready = running.child.ready
        if ready is None:
            return
        deadline = time.monotonic() + running.child.ready_seconds
        while not self._signals_received:
            self._pump(_POLL_SECONDS)
            for earlier in self._running:
                if self._look_after(earlier) is not None:
                    raise _GaveUpError(self._obituary(earlier, "ended before all was ready"))
            if running.process is not None and ready():
                return
            if time.monotonic() > deadline:
                raise _GaveUpError(
                    self._obituary(running, f"is not ready after {running.child.ready_seconds:.0f} seconds")
                )

    def _look_after(self, running: _Running) -> int | None:
        """Restart a child that is due; the exit code of one whose end is everybody's end, else None."""
        if running.restart_at is not None and time.monotonic() >= running.restart_at:
            self._start(running)
            return None
        if running.process is None or running.process.poll() is None:
            return None
        code = running.process.returncode
        self._bury(running)
        if not running.child.restart:
            self._say(self._obituary(running, f"ended ({_describe(code)})"))
            return code if code > 0 else int(code != 0)
        self._plan_restart(running, code)
        return None

    def _plan_restart(self, running: _Running, code: int) -> None:
        if time.monotonic() - running.started_at > self._healthy_seconds:
            running.failures = 0
        running.failures += 1
        if running.failures >= self._failures_allowed:
            raise _GaveUpError(
                self._obituary(running, f"failed {running.failures} times ({_describe(code)}); giving up")
            )
        delay = min(self._first_backoff * 2 ** (running.failures - 1), _LONGEST_BACKOFF)
        running.restart_at = time.monotonic() + delay
        self._say(f"{running.child.name} ended ({_describe(code)}); starting it again in {delay:g} s")

    def _start(self, running: _Running) -> None:
        running.restart_at = None
        running.last_lines.clear()
        running.started_at = time.monotonic()
        log = self._log_file(running)
        try:
            with open(log, "ab") if log is not None else open(os.devnull, "wb") as stream:
                running.process = subprocess.Popen(
                    running.child.command,
                    env={**os.environ, **running.child.env},
                    stdin=subprocess.DEVNULL,
                    stdout=stream if log is not None else subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_die_with(os.getpid()),
                )
        except OSError as error:
            raise _GaveUpError(f"{running.child.name} cannot be started: {error}") from error
        self._tell_guard(f"{running.process.pid}\n")
        if running.process.stdout is not None:
            os.set_blocking(running.process.stdout.fileno(), False)
            self._selector.register(running.process.stdout, selectors.EVENT_READ, running)

    def _log_file(self, running: _Running) -> Path | None:
        if self._logs is None:
            return None
        self._logs.mkdir(parents=True, exist_ok=True)
        return self._logs / f"{running.child.name}.log"

    def _pump(self, timeout: float) -> None:
        """Pass on what the children wrote, waiting at most `timeout` for it."""
        if not self._selector.get_map():
            time.sleep(timeout)
            return
        for key, _ in self._selector.select(timeout):
            self._read(key.data)

    def _read(self, running: _Running) -> None:
        """Pass on one chunk of what a child wrote, or close its pipe at the end."""
        stream = running.process.stdout if running.process is not None else None
        if stream is None or stream.closed:
            return
        try:
            chunk = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return
        if not chunk:
            self._selector.unregister(stream)
            stream.close()
        *lines, running.unfinished = (running.unfinished + chunk).split(b"\n")
        for line in lines:
            self._pass_on(running, line)

    def _pass_on(self, running: _Running, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        running.last_lines.append(text)
        width = max(len(other.child.name) for other in self._running)
        self._say(f"{running.child.name:<{width}} | {text}")

    def _bury(self, running: _Running) -> None:
        """Forget an ended process, with what it still had to say and the processes it left behind."""
        process = running.process
        if process is None:
            return
        _kill_group(process.pid)
        self._drain(running)
        self._tell_guard(f"-{process.pid}\n")
        running.process = None

    def _drain(self, running: _Running) -> None:
        """Read to the end of a dead child's output; a stray heir of the pipe holds us up for a moment only."""
        stream = running.process.stdout if running.process is not None else None
        deadline = time.monotonic() + 0.5
        while stream is not None and not stream.closed and time.monotonic() < deadline:
            self._pump(0.02)
        if stream is not None and not stream.closed:
            self._selector.unregister(stream)
            stream.close()
        if running.unfinished:
            self._pass_on(running, running.unfinished)
            running.unfinished = b""

    def _stop_all(self) -> None:
        """In reverse order: TERM, then KILL after the grace period or at a second signal."""
        patience = self._signals_received + 1
        for running in reversed(self._running):
            process = running.process
            if process is None:
                continue
            with suppress(ProcessLookupError):
                process.terminate()
            deadline = time.monotonic() + self._grace_seconds
            while process.poll() is None and time.monotonic() < deadline and self._signals_received < patience:
                self._pump(0.02)
            _kill_group(process.pid)
            process.wait()
            self._bury(running)

    def _obituary(self, running: _Running, fate: str) -> str:
        log = self._log_file(running)
        if log is not None:
            return f"{running.child.name} {fate}. Its log: {log}"
        last = "".join(f"\n  {line}" for line in running.last_lines)
        return f"{running.child.name} {fate}." + (f" It said last:{last}" if last else "")

    def _start_guard(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD, str(self._grace_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _tell_guard(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.write(line.encode())
                self._guard.stdin.flush()

    def _end_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.close()
            self._guard.wait()


def _die_with(parent: int) -> Callable[[], None] | None:
    """A step for the new process that has the kernel end it when `parent` dies (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)

    def step() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return step


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
