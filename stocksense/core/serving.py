"""All processes of a single-machine installation under one supervisor."""

import os
import sys
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from stocksense.embedded.supervisor import Child, Supervisor

APPLICATION = "stocksense"


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


def serve(*, host: str, port: int, logs: Path, on_ready: Callable[[], None]) -> int:
    """Serve until a signal asks to stop; returns the exit code. Child logs go to `logs`."""
    return Supervisor(children(host, port), logs=logs, on_ready=on_ready).run()
