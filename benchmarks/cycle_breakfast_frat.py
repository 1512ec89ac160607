"""Import and plan a real retailer's three years of sales: seconds per step and peak memory.

Run as `python -m benchmarks.cycle_breakfast_frat [--stores N] [--items N]`. The data stays where it is
(`STOCKSENSE_SHARED`, default ../shared); everything made from it goes to a temporary folder.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.breakfast_frat.convert import convert
from stocksense import embedded

ROOT = Path(__file__).resolve().parents[1]


def measured(name: str, *arguments: str, environment: dict[str, str]) -> float:
    """Run a management command, print what it said with seconds and peak memory, and return the seconds."""
    started = time.monotonic()
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    print(done.stdout.rstrip())
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"-- {name}: {seconds:.1f} s; largest process so far {peak:,.0f} MB\n")
    return seconds


def main() -> None:
    """Convert, import twice, plan twice (the second without the first imports of libraries into the file cache)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int)
    parser.add_argument("--items", type=int)
    chosen = parser.parse_args()
    source = Path(os.environ.get("STOCKSENSE_SHARED", ROOT.parent / "shared")) / "data" / "breakfast_frat"
    if not source.is_dir():
        sys.exit(f"No data at {source}: set STOCKSENSE_SHARED.")
    with tempfile.TemporaryDirectory(prefix="stocksense-bench-") as made:
        data, folder = Path(made) / "data", Path(made) / "import"
        rows = convert(folder, source, stores=chosen.stores, items=chosen.items)
        settings = {"STOCKSENSE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "stocksense.settings.local"}
        environment = {**os.environ, **settings}
        try:
            embedded.ensure_running(data)
            measured("migrate", "migrate", "-v0", environment=environment)
            seconds = measured("import", "import_data", str(folder), environment=environment)
            print(f"-- import: {sum(rows.values()) / seconds:,.0f} rows/s, {rows['demand']:,} of demand\n")
            measured("import again", "import_data", str(folder), environment=environment)
            measured("cycle", "plan", environment=environment)
            measured("cycle again", "plan", environment=environment)
        finally:
            embedded.stop(data)


if __name__ == "__main__":
    main()
