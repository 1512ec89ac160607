"""What the benchmarks of pages share: a company of their own, and pages asked for through the whole stack."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stocksense import embedded

ROUNDS = 20


@contextmanager
def own_company() -> Iterator[None]:
    """Django over an empty, migrated database in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"STOCKSENSE_DATA": folder, "DJANGO_SETTINGS_MODULE": "stocksense.settings.local"}
        embedded.ensure_running(Path(folder))
        try:
            import django

            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            yield
        finally:
            embedded.stop(Path(folder))


def print_times(person: Any, below: str, pages: Mapping[str, str]) -> None:
    """Ask for each page below the address `below` as this person; prints the 50th and 95th percentile."""
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    print(f"{'page':24}{'p50 ms':>8}{'p95 ms':>8}")
    for name, path in pages.items():
        seconds = _timed(client, f"{below}{path}")
        print(f"{name:24}{seconds[len(seconds) // 2] * 1000:8.0f}{seconds[-2] * 1000:8.0f}", flush=True)


def _timed(client: Any, url: str) -> list[float]:
    assert client.get(url).status_code == 200, url
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        client.get(url)
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)
