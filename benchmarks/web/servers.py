"""The production image's own commands on a company of their own: pages and API by granian, sockets by daphne."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stocksense import embedded

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path) -> dict[str, str]:
    """Production settings on the folder's embedded servers; what is on in production is on here."""
    where = embedded.endpoints(folder)
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "stocksense.settings.production",
        "SECRET_KEY": "benchmark-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "https://localhost",
        "DATABASE_URL": where.database_url,
        "DATABASE_OWNER_URL": where.database_owner_url,
        "DATABASE_PORTAL_URL": where.database_portal_url,
        "REDIS_URL": where.redis_url,
        "CELERY_BROKER_URL": where.celery_broker_url,
        "SECURE_SSL_REDIRECT": "false",
        "STOCKSENSE_DATA": str(folder),
        "LOG_LEVEL": "WARNING",
    }


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def role(
    name: str, variables: dict[str, str], *, log: Path, command: list[str] | None = None
) -> Iterator[tuple[int, int]]:
    """(process id, port) of a role of the image, as its entry point starts it (or of `command`), stopped afterwards."""
    port = free_port()
    given = command or [str(ROOT / "deploy" / "entrypoint.sh"), name]
    with log.open("wb") as said:
        process = subprocess.Popen(
            given,
            cwd=ROOT,
            env={**os.environ, **variables, "PORT": str(port), "GRANIAN_PORT": str(port)},
            stdout=said,
            stderr=said,
        )
        try:
            _wait(process, port, log)
            yield process.pid, port
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            break
        if _listens(port):
            return
        time.sleep(0.1)
    sys.exit(f"the server did not start:\n{log.read_text()[-3000:]}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
