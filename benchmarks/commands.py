"""Management commands as measured processes."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_KB = 1024


def measured(name: str, data: Path, *arguments: str) -> float:
    """Run a management command on a data folder, print what it said with its seconds and peak memory; the seconds."""
    settings = {"STOCKSENSE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "stocksense.settings.local"}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**os.environ, **settings}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    peak = _Peak(process.pid)
    peak.start()
    said, _ = process.communicate()
    seconds = time.monotonic() - started
    print(said.rstrip())
    if process.returncode:
        sys.exit(f"{name} failed")
    print(f"-- {name}: {seconds:.1f} s, peak {peak.megabytes:,.0f} MB\n", flush=True)
    return seconds


class _Peak(threading.Thread):
    """Watches the resident memory of a process until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self.megabytes = 0.0

    def run(self) -> None:
        """Read the kernel's own high-water mark ten times a second."""
        while True:
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            for line in lines:
                if line.startswith("VmHWM:"):
                    self.megabytes = float(line.split()[1]) / _KB
            time.sleep(0.1)
