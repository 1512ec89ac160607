"""How fast and in how much memory 1,000,000 demand rows are imported, fresh and again unchanged.

    .venv/bin/python benchmarks/import_demand.py [--rows 1000000] [--quoted]

Uses an embedded database of its own in a temporary folder. The promise: 60 s and 1 GB for each load.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))
WEEKS = 156
PLACES = 50
LIMIT_SECONDS, LIMIT_MEGABYTES = 60.0, 1024.0


def write_folder(folder: Path, rows: int, *, quoted: bool) -> None:
    """Items at 50 locations with 156 weeks of demand each, seeded; `rows` in all."""
    items = -(-rows // (WEEKS * PLACES))
    (folder / "company.csv").write_text("key,value\nbucket,week\nweek_start,monday\n")
    (folder / "items.csv").write_text("sku\n" + "".join(f"SKU-{number:06}\n" for number in range(items)))
    (folder / "locations.csv").write_text("code\n" + "".join(f"ST-{number:03}\n" for number in range(PLACES)))
    index = np.arange(rows)
    monday = date.today() - timedelta(days=date.today().weekday() + 7 * WEEKS)  # noqa: DTZ011
    weeks = np.array([(monday + timedelta(days=7 * week)).isoformat() for week in range(WEEKS)])
    generator = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "sku": np.array([f"SKU-{number:06}" for number in range(items)])[index // (WEEKS * PLACES)],
            "location": np.array([f"ST-{number:03}" for number in range(PLACES)])[index // WEEKS % PLACES],
            "date": weeks[index % WEEKS],
            "quantity": generator.poisson(6, rows),
            "price": np.round(generator.uniform(1, 20, rows), 2),
            "in_stock": np.where(generator.random(rows) < 0.97, 1, 0),
        }
    )
    frame.write_csv(folder / "demand.csv", quote_style="always" if quoted else "necessary")


def peak_megabytes() -> float:
    """Largest memory of this process until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, folder: Path) -> float:
    """Import once, print what it took, return the seconds."""
    from stocksense.ingestion import services

    started = time.monotonic()
    report = services.import_folder(folder=folder, actor=None)
    seconds = time.monotonic() - started
    assert not report.refused, report.reason
    demand = report.of("demand")
    print(
        f"{name:<10} {demand.rows:>10,} rows {seconds:>7.1f} s {demand.rows / seconds:>10,.0f} rows/s"
        f" {peak_megabytes():>7.0f} MB   new {demand.new:,} changed {demand.changed:,} same {demand.same:,}",
        flush=True,
    )
    return seconds


def main() -> int:
    """Run both loads; the exit status says whether the promise holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--quoted", action="store_true", help="every cell in quotation marks")
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
            folder = Path(data) / "import"
            folder.mkdir()
            write_folder(folder, options.rows, quoted=options.quoted)
            seconds = [measure("fresh", folder), measure("unchanged", folder)]
        finally:
            embedded.stop(Path(data))
    holds = max(seconds) <= LIMIT_SECONDS and peak_megabytes() <= LIMIT_MEGABYTES
    print("holds" if holds else f"does not hold: {LIMIT_SECONDS:.0f} s and {LIMIT_MEGABYTES:.0f} MB are promised")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
