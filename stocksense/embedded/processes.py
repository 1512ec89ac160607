"""Starting servers that outlive their starter, and knowing for certain whether one still lives.

Every server inherits a locked file (`ServerLock`). The kernel frees the lock when the last process of that server,
children included, is gone: no pid file has to be believed, and no second server can start meanwhile.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stocksense.embedded.errors import OWN_SERVERS, EmbeddedError
from stocksense.embedded.places import NOBODY

_LONGEST_LOG = 10 * 1024 * 1024
_DETACH = ["/bin/sh", "-c", '"$@" &', "sh"]


def _flock(descriptor: int) -> bool:
    import fcntl  # absent on Windows, where this package may still be imported

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def start_lock(folder: Path, *, timeout: float) -> Iterator[None]:
    """Held by the one process that starts or stops the servers of a data folder."""
    descriptor = os.open(folder / "start", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not wait_until(lambda: _flock(descriptor), timeout=timeout, step=0.02):
            raise EmbeddedError(
                f"Another command has been starting or stopping the servers of {folder.parent} for more than "
                f"{timeout:.0f} seconds. Wait for it, or end it, then try again."
            )
        yield
    finally:
        os.close(descriptor)


class ServerLock:
    """The lock that one server's processes hold together for as long as any of them lives."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def acquire(self) -> int | None:
        """A locked descriptor to hand to a new server, or None while a server holds it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if _flock(descriptor):
            return descriptor
        os.close(descriptor)
        return None

    def held(self) -> bool:
        """Whether any process of the server is alive. Creates nothing."""
        if not self.path.exists():
            return False
        descriptor = self.acquire()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False


def wait_until(condition: Callable[[], bool], *, timeout: float, step: float = 0.05) -> bool:
    """Whether `condition` came true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


@dataclass(frozen=True)
class Identity:
    """As whom a program runs: a command put before it, and perhaps another user id."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def run(self, command: list[str], *, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run to the end and capture what was said, both streams as one."""
        return subprocess.run(
            [*self.prefix, *command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            env=_plain_environment(),
            user=self.uid,
            group=self.uid,
            extra_groups=None if self.uid is None else [],
        )

    def start_server(self, command: list[str], *, cwd: Path, log_file: Path, lock: int) -> None:
        """Start a server of nobody's: own session, orphaned at once, holding `lock`, writing to `log_file` only."""
        with log_file.open("ab") as log:
            subprocess.run(
                [*_DETACH, *self.prefix, *command],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                env=_plain_environment(),
                pass_fds=(lock,),
                start_new_session=True,
                user=self.uid,
                group=self.uid,
                extra_groups=None if self.uid is None else [],
            )

    def adopt(self, folder: Path) -> None:
        """Give `folder`, one of ours, with all it holds to this identity. Only root ever has to."""
        uid = os.geteuid() if self.uid is None else self.uid
        if folder.lstat().st_uid == uid:
            return
        for root, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(os.path.join(root, name), uid, uid, follow_symlinks=False)
        os.chown(folder, uid, uid)


PLAIN = Identity("this user")
NAMESPACE = Identity("a user namespace", ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--"))
NOBODY_USER = Identity("the user nobody", uid=NOBODY)


def candidates() -> tuple[Identity, ...]:
    """How a server that refuses root may be run here, best first."""
    if os.geteuid() != 0:
        return (PLAIN,)
    return (NAMESPACE, NOBODY_USER)


def choose_identity(program: Path, folder: Path, prepare: Callable[[Identity], None]) -> Identity:
    """The first identity that can run `program` and write in `folder`, which `prepare` handed to it.

    Raises EmbeddedError with the reasons when there is none.
    """
    check = ["/bin/sh", "-c", 'test -w "$2" && exec "$1" --version', "sh", str(program), str(folder)]
    reasons = []
    for identity in candidates():
        try:
            prepare(identity)
            done = identity.run(check, cwd=folder, timeout=30)
        except (OSError, subprocess.SubprocessError) as error:
            reasons.append(f"{identity.name}: {error}")
            continue
        if done.returncode == 0:
            return identity
        said = done.stdout.strip().splitlines()
        reasons.append(f"{identity.name}: {said[-1] if said else f'cannot reach {folder}'}")
    if os.geteuid() == 0:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and no other way works here "
            f"({'; '.join(reasons)}). Run this as a normal user, or {OWN_SERVERS}."
        )
    raise EmbeddedError(f"{program.name} cannot run here ({'; '.join(reasons)}). Reinstall with `make setup`.")


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH") or os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def fresh_log(log_file: Path) -> int:
    """Set a log that grew long aside; return the size from which new lines will be."""
    if not log_file.exists():
        return 0
    size = log_file.stat().st_size
    if size <= _LONGEST_LOG:
        return size
    shutil.move(log_file, log_file.with_suffix(".log.1"))
    return 0


def log_since(log_file: Path, offset: int) -> str:
    """What was logged since `offset`, at most the last 20,000 characters."""
    try:
        with log_file.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")[-20_000:]
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process of this id exists and is more than a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


def works_in(pid: int, folder: Path, program: Path) -> bool:
    """Whether the process runs `program` with `folder` as its working folder (False where /proc cannot tell)."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder) and runs(pid, program)
    except OSError:
        return False


def runs(pid: int, program: Path) -> bool:
    """Whether the process runs a program of that name (False where /proc cannot tell)."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith(program.name)
    except OSError:
        return False


def pids_working_in(folder: Path, program: Path) -> list[int]:
    """Every process that runs `program` in `folder`."""
    if not os.path.isdir("/proc/self"):
        return []
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and works_in(int(name), folder, program)]


def end_leftovers(
    folder: Path, program: Path, lock: ServerLock, *, patience: float, signals: tuple[signal.Signals, ...]
) -> bool:
    """Wait for processes of a dead server to go, then end them with each signal in turn. True once the lock is free."""
    if wait_until(lambda: not lock.held(), timeout=patience):
        return True
    for stop_signal in (*signals, signal.SIGKILL):
        pids = pids_working_in(folder, program)
        for pid in pids:
            send(pid, stop_signal)
        if wait_until(lambda: not lock.held(), timeout=5 if pids else 0):
            return True
    return False


def end_listener(socket_path: Path, program: Path, *signals: signal.Signals) -> None:
    """End the server behind a socket whose data folder was deleted under it, so that a new one can take its place."""
    pid = listener_pid(socket_path)
    if pid is None or not runs(pid, program):
        return
    for stop_signal in (*signals, signal.SIGKILL):
        send(pid, stop_signal)
        if wait_until(lambda: not is_alive(pid), timeout=5):
            return


def listener_pid(socket_path: Path) -> int | None:
    """Process id of the server that listens on a unix socket (Linux), None when there is none."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(socket_path))
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return None
    pid: int = struct.unpack("3i", credentials)[0]
    return pid or None


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
