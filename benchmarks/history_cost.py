"""What the row history costs an import of masters: the same files with the history triggers and without them.

    .venv/bin/python -m benchmarks.history_cost [--rows 100000]

Uses an embedded database of its own in a temporary folder. Items are imported fresh, then all of them changed, then
unchanged; each into an empty table with the triggers on and off, in turns, in one run. CPU seconds are those of this
process; what PostgreSQL takes shows in the wall time. Prints the ratio of the two.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
LOADS = ("fresh", "changed", "unchanged")


def write_items(folder: Path, rows: int, *, name: str) -> None:
    """A folder with one file of items."""
    folder.mkdir(exist_ok=True)
    lines = (f"SKU-{number:06},{name} {number},{1 + number % 90}.5\n" for number in range(rows))
    (folder / "items.csv").write_text("sku,name,unit_cost\n" + "".join(lines))


@contextmanager
def without_history() -> Iterator[None]:
    """The history triggers of items switched off, by their owner."""
    from django.db import connections

    def switch(word: str) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = 'inventory_item'::regclass"
                " AND tgname LIKE 'pgtrigger_history%%'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE inventory_item {word} TRIGGER "{name}"')

    switch("DISABLE")
    try:
        yield
    finally:
        switch("ENABLE")


@contextmanager
def with_history() -> Iterator[None]:
    """As it is."""
    yield


def empty() -> None:
    """No items and no history of them."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE inventory_item, inventory_itemevent CASCADE")


def measured(folder: Path) -> tuple[float, float]:
    """(wall, CPU) seconds of one import."""
    from stocksense.ingestion import services

    wall, cpu = time.monotonic(), time.process_time()
    report = services.import_folder(folder=folder, actor=None)
    assert not report.refused, report.reason
    return time.monotonic() - wall, time.process_time() - cpu


def compare(folders: dict[str, Path]) -> None:
    """Both ways, each load; the history of the way with triggers is counted."""
    from django.db import connection

    found: dict[str, dict[str, tuple[float, float]]] = {}
    for way, setting in (("without", without_history), ("with", with_history)):
        empty()
        with setting():
            found[way] = {load: measured(folders[load]) for load in LOADS}
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), pg_total_relation_size('inventory_itemevent') FROM inventory_itemevent")
            events, size = cursor.fetchone()
        print(f"{way} history: {events:,} events, {size / 2**20:.0f} MB", flush=True)
    print(f"{'load':<10}{'without s':>11}{'with s':>9}{'ratio':>7}")
    for load in LOADS:
        (wall_without, _), (wall_with, _) = found["without"][load], found["with"][load]
        print(f"{load:<10}{wall_without:>11.1f}{wall_with:>9.1f}{wall_with / wall_without:>7.2f}")


def main() -> int:
    """Measure twice, the second time with everything warm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stocksense-benchmark-") as data:
        os.environ["STOCKSENSE_DATA"] = data
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.local")
        from stocksense import embedded

        embedded.ensure_running(Path(data))
        try:
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0, interactive=False)
            folders = {load: Path(data) / load for load in LOADS}
            for load, folder in folders.items():
                write_items(folder, options.rows, name="old" if load == "fresh" else "new")
            for _ in range(2):
                compare(folders)
        finally:
            embedded.stop(Path(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
