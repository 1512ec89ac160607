"""The night's forecast by a training, and the training, from the database and back at growing size.

Run as `python -m benchmarks.forecast_nightly [1000 3000 10000 …]`. Synthetic item-locations, 104 weeks of demand, 26
weeks ahead, one process. Prints seconds by the clock, processor seconds of the process, of the database in reading and
in writing, and peak memory, beside the targets; linear means that all processor seconds per 1,000 item-locations at the
largest size are at most a fifth above those at the smallest. Then a small company from its files to its first
forecast. A busy machine lengthens the clock's seconds and hardly the processor's.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.commands import measured
from benchmarks.cycle_scale import in_a_process, write_company
from benchmarks.cycle_steps import FIRST, TRAIN
from stocksense import embedded

SIZES = (1_000, 3_000, 10_000)
FORECAST = "forecast"
FULL_SIZE = 10_000
NIGHT_SECONDS, TRAINING_SECONDS, PEAK_MB = 60.0, 300.0, 1_536.0
"""Targets at FULL_SIZE item-locations on two cores."""
GROWTH = 1.2
SMALL, SMALL_SECONDS = 200, 3.0
HEADS = ("", "clock, s", "process", "reading", "writing", "per 1,000", "MB")


@contextmanager
def company(item_locations: int) -> Iterator[tuple[Path, Path]]:
    """A data folder with servers of its own, migrated and empty, and an import folder beside it."""
    with tempfile.TemporaryDirectory(prefix="stocksense-bench-") as made:
        data, folder = Path(made) / "data", Path(made) / "import"
        rows = write_company(folder, item_locations)
        print(f"== {item_locations:,} item-locations, {rows:,} rows of demand", flush=True)
        embedded.ensure_running(data)
        try:
            measured("migrate", data, "migrate", "-v0")
            yield data, folder
        finally:
            embedded.stop(data)


def seconds(found: dict[str, Any], kind: str) -> float:
    """All steps of a measurement together."""
    return sum(found[kind].values())


def line(name: str, size: int, found: dict[str, Any]) -> float:
    """Print one measurement; all its processor seconds per 1,000 item-locations."""
    process, database, reading = (seconds(found, kind) for kind in ("processor", "database", "reading"))
    per_thousand = (process + database) / size * 1000
    clock, writing = seconds(found, "seconds"), database - reading
    cells = (f"{clock:.1f}", f"{process:.1f}", f"{reading:.2f}", f"{writing:.2f}", f"{per_thousand:.2f}",
             f"{found['peak_mb']:,.0f}")  # fmt: skip
    print(f"{name:22}" + "".join(f"{cell:>11}" for cell in cells), flush=True)
    return per_thousand


def verdict(what: str, found: float, target: float, unit: str) -> None:
    """Say whether a target is reached."""
    print(f"{'hit ' if found <= target else 'MISS'} {what}: {found:,.1f} {unit} (at most {target:,.1f})", flush=True)


def night(size: int) -> dict[str, dict[str, Any]]:
    """Measurements of the first forecast, of a training, and of a night with it."""
    with company(size) as (data, folder):
        measured("import", data, "import_data", str(folder))
        found = {"smoothers alone": in_a_process(data, FORECAST)}
        found["training"] = in_a_process(data, TRAIN)
        found["night with training"] = in_a_process(data, FORECAST)
        print(f"{HEADS[0]:22}" + "".join(f"{head:>11}" for head in HEADS[1:]))
        for name, one in found.items():
            one["per_thousand"] = line(name, size, one)
        print(f"load average {os.getloadavg()[0]:.1f}\n", flush=True)
        return found


def first_forecast() -> dict[str, Any]:
    """Measurement of a small company's import and first forecast, in one process that has just started."""
    with company(SMALL) as (data, folder):
        return in_a_process(data, FIRST, str(folder))


def main() -> None:
    """Every size, then the targets."""
    sizes = sorted(int(argument) for argument in sys.argv[1:]) or list(SIZES)
    by_size = {size: night(size) for size in sizes}
    small = first_forecast()
    least, most = by_size[sizes[0]], by_size[sizes[-1]]
    share = max(1.0, sizes[-1] / FULL_SIZE)
    for name, target in (("night with training", NIGHT_SECONDS), ("training", TRAINING_SECONDS)):
        found = most[name]
        busy = seconds(found, "processor") + seconds(found, "database")
        verdict(f"{name}, {sizes[-1]:,} item-locations, by the clock", seconds(found, "seconds"), target * share, "s")
        verdict(f"{name}, processor of process and database", busy, target * share, "s")
        verdict(f"{name}, peak", found["peak_mb"], PEAK_MB, "MB")
    growth = most["night with training"]["per_thousand"] / least["night with training"]["per_thousand"]
    verdict(
        f"night with training, growth per item-location from {sizes[0]:,} to {sizes[-1]:,}", growth, GROWTH, "times"
    )
    for what, kinds in (("by the clock", ["seconds"]), ("processor", ["processor", "database"])):
        took = sum(seconds(small, kind) for kind in kinds)
        verdict(f"import and first forecast of {SMALL} item-locations, {what}", took, SMALL_SECONDS, "s")


if __name__ == "__main__":
    main()
