"""Import and plan a real retailer's three years of sales: seconds per step and peak memory.

Run as `python -m benchmarks.cycle_breakfast_frat [--stores N] [--items N]`. The data stays where it is
(`STOCKSENSE_SHARED`, default ../shared); everything made from it goes to a temporary folder.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.breakfast_frat.convert import convert
from benchmarks.commands import ROOT, measured
from stocksense import embedded


def main() -> None:
    """Convert, import twice (the second finds everything the same), plan twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int)
    parser.add_argument("--items", type=int)
    chosen = parser.parse_args()
    source = Path(os.environ.get("STOCKSENSE_SHARED", ROOT.parent / "shared")) / "data" / "breakfast_frat"
    if not source.is_dir():
        print(f"Left out: no data at {source} (set STOCKSENSE_SHARED).")
        sys.exit(0)
    with tempfile.TemporaryDirectory(prefix="stocksense-bench-") as made:
        data, folder = Path(made) / "data", Path(made) / "import"
        rows = convert(folder, source, stores=chosen.stores, items=chosen.items)
        embedded.ensure_running(data)
        try:
            measured("migrate", data, "migrate", "-v0")
            seconds = measured("import", data, "import_data", str(folder))
            print(f"-- import: {sum(rows.values()) / seconds:,.0f} rows/s, {rows['demand']:,} of demand\n")
            measured("import again", data, "import_data", str(folder))
            measured("cycle", data, "plan")
            measured("cycle again", data, "plan")
        finally:
            embedded.stop(data)


if __name__ == "__main__":
    main()
