"""Both servers of a data folder together: the use cases behind the public names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stocksense.embedded import postgres, processes, valkey
from stocksense.embedded.errors import OWN_SERVERS, EmbeddedError, explained
from stocksense.embedded.places import Endpoints, Places, check_data_folder, endpoints, make_private_runtime, places
from stocksense.embedded.probes import Answer

_LOCK_SECONDS = 180.0


@dataclass(frozen=True)
class ServerStatus:
    """One server as it is now; `pid` is None where it does not run."""

    name: str
    running: bool
    pid: int | None


@dataclass(frozen=True)
class Status:
    """What runs on a data folder, and where."""

    data_dir: Path
    postgres: ServerStatus
    redis: ServerStatus
    endpoints: Endpoints


def ensure_running(data_dir: Path, *, postgres: bool = True, redis: bool = True, durable: bool = True) -> Endpoints:
    """Start what of the two servers is asked for and does not run yet; return where they are.

    Safe to call from many processes at once, and a matter of milliseconds when all runs already. The servers
    outlive the caller. `durable=False` trades crash safety for speed, for tests; it counts for servers started now.
    Raises EmbeddedError.
    """
    where = places(data_dir)
    if not _all_ready(where, with_postgres=postgres, with_redis=redis):
        _start(where, with_postgres=postgres, with_redis=redis, durable=durable)
    return endpoints(data_dir)


def status(data_dir: Path) -> Status:
    """What runs on `data_dir`. Starts and writes nothing."""
    where = places(data_dir)
    return Status(
        data_dir=where.data,
        postgres=_server_status("PostgreSQL", postgres.answer(where), postgres.pid(where)),
        redis=_server_status("Valkey", valkey.answer(where), valkey.pid(where)),
        endpoints=endpoints(data_dir),
    )


def stop(data_dir: Path) -> None:
    """End both servers cleanly; nothing happens where none runs. Raises EmbeddedError."""
    where = places(data_dir)
    with explained(where.data):
        if not where.locks.is_dir():
            return
        with processes.start_lock(where.locks, timeout=_LOCK_SECONDS):
            valkey.stop(where)
            postgres.stop(where)
            with suppress(OSError):  # never made, or somebody keeps a file there
                where.runtime.rmdir()


def _all_ready(where: Places, *, with_postgres: bool, with_redis: bool) -> bool:
    return (not with_postgres or postgres.answer(where) is Answer.READY) and (
        not with_redis or valkey.answer(where) is Answer.READY
    )


def _start(where: Places, *, with_postgres: bool, with_redis: bool, durable: bool) -> None:
    _require_unix()
    with explained(where.data):
        check_data_folder(where)
        with processes.start_lock(where.locks, timeout=_LOCK_SECONDS):
            make_private_runtime(where)
            if with_postgres:
                postgres.start(where, durable=durable)
            if with_redis:
                valkey.start(where, durable=durable)


def _require_unix() -> None:
    try:
        import fcntl  # noqa: F401
    except ImportError:
        raise EmbeddedError(f"The embedded servers need Linux or macOS. Here, {OWN_SERVERS}.") from None


def _server_status(name: str, reply: Answer, pid: int | None) -> ServerStatus:
    return ServerStatus(name=name, running=reply is not Answer.ABSENT, pid=pid)
