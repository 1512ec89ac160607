"""All processes of a single-machine installation under one supervisor."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from stocksense import embedded
from stocksense.core.database.replaced import require_whole
from stocksense.embedded.supervisor import Child, Supervisor, port_is_free

APPLICATION = "stocksense"
HOST = "127.0.0.1"
DEFAULT_PORT = "8000"


def port_from_environment() -> str:
    """What PORT says, as text: the command's argument parser turns it into a number or refuses it."""
    return os.environ.get("PORT") or DEFAULT_PORT


def require_free_port(port: int) -> None:
    """Raise CommandError, saying what to do, where nothing can be served at `port`."""
    if not 0 < port < 65536:
        raise CommandError(f"Port {port} does not exist: choose one from 1024 to 65535, such as PORT={DEFAULT_PORT}.")
    if port < 1024 and os.geteuid() != 0:
        raise CommandError(f"Only root may serve at port {port}: choose one from 1024 on, such as PORT={DEFAULT_PORT}.")
    if not port_is_free(HOST, port):
        raise CommandError(f"Port {port} is in use. Stop what uses it, or choose another, such as PORT={port + 1}.")


@contextmanager
def servers_of(folder: Path) -> Iterator[None]:
    """The embedded servers of a data folder, stopped afterwards unless they ran before. Raises EmbeddedError."""
    already = embedded.status(folder).postgres.running
    embedded.ensure_running(folder)
    try:
        yield
    finally:
        connections.close_all()
        if not already:
            embedded.stop(folder)


def tables_are_missing() -> bool:
    """Whether the database lacks tables that this version needs. Raises CommandError where it cannot get them."""
    require_whole("owner")
    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def children(host: str, port: int) -> list[Child]:
    """Web and WebSockets on one port, one Celery worker, and beat."""
    environment = {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"], "PYTHONUNBUFFERED": "1"}
    web = f"daphne -b {host} -p {port} --no-server-name -v 0 {APPLICATION}.asgi:application"
    worker = f"celery -A {APPLICATION} worker --pool prefork --concurrency 1 -Q default,imports,planning -l WARNING"
    beat = f"celery -A {APPLICATION} beat -l WARNING"
    python = [sys.executable, "-m"]
    return [
        Child("web", [*python, *web.split()], environment, ready=lambda: answers(host, port)),
        Child("worker", [*python, *worker.split()], environment),
        Child("beat", [*python, *beat.split()], environment),
    ]


def answers(host: str, port: int) -> bool:
    """Whether the site's health page says that it serves."""
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def serve(*, port: int, folder: Path, on_ready: Callable[[], None]) -> None:
    """Serve until a signal asks to stop; ends the process with the exit code where something failed."""
    connections.close_all()
    code = Supervisor(children(HOST, port), logs=folder / "logs", on_ready=on_ready).run()
    if code:
        sys.exit(code)
    print("Stopping the databases …", flush=True)
