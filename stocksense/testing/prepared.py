"""A database cluster with every migration applied, kept beside pytest's cache and copied by each run.

Migrating an empty database costs each process of the suite a dozen seconds; the migrations change far less often than
the code. The key is what the cluster is made of: migrations, locked packages and the embedded server.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

DATABASE: Final = "stocksense_test"

_ROOT: Final = Path(__file__).resolve().parents[2]
_KEPT: Final = _ROOT / ".pytest_cache" / "stocksense-databases"
_MADE_OF: Final = (
    "*/migrations/*.py",
    "*/*/migrations/*.py",
    "stocksense/embedded/*.py",
    "requirements/development.txt",
)
_COPIED: Final = ("postgres", "provisioned")


def fill(data: Path) -> None:
    """Put a migrated cluster into the empty data folder `data`, making one first where these migrations have none."""
    with _only_one():
        kept = _KEPT / _key()
        if not kept.is_dir():
            _make(kept)
        subprocess.run(["cp", "-a", *(str(kept / name) for name in _COPIED), str(data)], check=True)


def _key() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _MADE_OF for path in _ROOT.glob(pattern)):
        digest.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _only_one() -> Iterator[None]:
    _KEPT.mkdir(parents=True, exist_ok=True)
    with (_KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(kept: Path) -> None:
    for older in _KEPT.iterdir():
        if older.is_dir():
            shutil.rmtree(older)
    fresh = kept.with_suffix(".new")
    fresh.mkdir()
    environment = {**os.environ, "STOCKSENSE_DATA": str(fresh), "DJANGO_SETTINGS_MODULE": "stocksense.settings.test"}
    subprocess.run([sys.executable, "-m", __name__, str(fresh)], cwd=_ROOT, env=environment, check=True)
    fresh.rename(kept)


def _migrate(folder: Path) -> None:
    """Make the cluster of `folder`, a database with all tables in it, and leave the server stopped."""
    import django
    import psycopg
    from django.core.management import call_command
    from django.db import connections

    from stocksense import embedded

    try:
        endpoints = embedded.ensure_running(folder, durable=False)
        with psycopg.connect(endpoints.database_owner_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        django.setup()
        for alias in connections:
            connections[alias].settings_dict["NAME"] = DATABASE
        call_command("migrate", verbosity=0, interactive=False)
        connections.close_all()
    finally:
        embedded.stop(folder)


if __name__ == "__main__":
    _migrate(Path(sys.argv[1]))
