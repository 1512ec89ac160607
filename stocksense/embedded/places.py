"""Where the files, sockets and addresses of a data folder are."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from stocksense.embedded.errors import EmbeddedError

DATABASE = "stocksense"
OWNER_ROLE = "stocksense_owner"
WEB_ROLE = "stocksense_web"
PORTAL_ROLE = "stocksense_portal"
SUPERUSER = "postgres"

_RUNTIME = "/tmp/stocksense-{user}"  # noqa: S108  # nosec B108
NOBODY = 65534
"""The user id of last resort for a PostgreSQL started by root; every Linux kernel has it, named or not."""

_LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True)
class Endpoints:
    """Addresses of the servers of one data folder."""

    database_url: str
    database_owner_url: str
    database_portal_url: str
    redis_url: str

    @property
    def celery_broker_url(self) -> str:
        """The same Valkey in the spelling Celery (kombu) wants: redis+socket:///path?virtual_host=0."""
        path, _, query = self.redis_url.removeprefix("unix://").partition("?")
        return f"redis+socket://{path}?virtual_host={query.removeprefix('db=')}"


@dataclass(frozen=True)
class Places:
    """Files of one data folder, and the folder its sockets are in."""

    data: Path
    runtime: Path

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def valkey(self) -> Path:
        return self.data / "valkey"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def locks(self) -> Path:
        return self.data / "locks"

    @property
    def provisioned(self) -> Path:
        """Holds the version of the roles, database and extensions that were made in this folder."""
        return self.data / "provisioned"

    @property
    def postgres_socket(self) -> Path:
        return self.runtime / ".s.PGSQL.5432"

    @property
    def valkey_socket(self) -> Path:
        return self.runtime / "valkey.sock"


def places(data_dir: Path) -> Places:
    """The places of a data folder. The runtime folder depends on the user and the resolved path alone.

    Not under XDG_RUNTIME_DIR: that differs between a log-in shell, cron and a service, and vanishes at
    log-out, while every command must find the same running servers. STOCKSENSE_RUNTIME_DIR overrides /tmp.
    """
    try:
        data = Path(data_dir).expanduser().resolve()
    except RuntimeError as error:
        raise EmbeddedError(f"The data folder {data_dir} cannot be resolved ({error}). Set STOCKSENSE_DATA.") from None
    base = os.environ.get("STOCKSENSE_RUNTIME_DIR") or _RUNTIME.format(user=os.geteuid())
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:10]
    return Places(data=data, runtime=Path(base) / name)


def endpoints(data_dir: Path) -> Endpoints:
    """Where the servers of `data_dir` are, or will be once started. Starts and writes nothing."""
    where = places(data_dir)
    return Endpoints(
        database_url=database_url(where, WEB_ROLE),
        database_owner_url=database_url(where, OWNER_ROLE),
        database_portal_url=database_url(where, PORTAL_ROLE),
        redis_url=f"unix://{quote(str(where.valkey_socket))}?db=0",
    )


def database_url(where: Places, role: str, database: str = DATABASE) -> str:
    """A libpq URL that django-environ reads as well: the socket folder travels as the host parameter."""
    return f"postgresql://{role}@/{database}?host={quote(str(where.runtime))}"


def make_private_runtime(where: Places) -> None:
    """Create the socket folder with mode 0700, refusing one that somebody else could have prepared."""
    if len(os.fsencode(where.postgres_socket)) > _LONGEST_SOCKET_PATH:
        raise EmbeddedError(
            f"The socket path {where.postgres_socket} is longer than the system allows "
            f"({_LONGEST_SOCKET_PATH} bytes). Set STOCKSENSE_RUNTIME_DIR to a shorter folder."
        )
    where.runtime.parent.parent.mkdir(parents=True, exist_ok=True)
    _private_folder(where.runtime.parent)
    _private_folder(where.runtime, also_owner=NOBODY if os.geteuid() == 0 else None)


def _private_folder(folder: Path, also_owner: int | None = None) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(
            f"{folder} should be a folder for sockets but is a link or a file. "
            "Remove it, or set STOCKSENSE_RUNTIME_DIR to a private folder of yours."
        )
    if found.st_uid not in (os.geteuid(), also_owner):
        raise EmbeddedError(
            f"{folder} belongs to another user (uid {found.st_uid}), so it is not safe to put sockets there. "
            "Remove it, or set STOCKSENSE_RUNTIME_DIR to a private folder of yours."
        )
    if found.st_mode & 0o066:
        folder.chmod(0o700)


def check_data_folder(where: Places) -> None:
    """Create the data folder with its own folders; refuse one that belongs to somebody else."""
    if where.data.exists() and not where.data.is_dir():
        raise EmbeddedError(f"The data folder {where.data} is a file. Move it away or set STOCKSENSE_DATA.")
    where.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = where.data.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedError(
            f"The data folder {where.data} belongs to another user (uid {owner}; this is uid {os.geteuid()}). "
            "Run the command as that user, or choose another folder with STOCKSENSE_DATA."
        )
    for folder in (where.logs, where.locks):
        folder.mkdir(mode=0o700, exist_ok=True)
