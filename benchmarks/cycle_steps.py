"""One planning cycle in this process, with the seconds of each step and how much of them the database worked.

Run as `python -m benchmarks.cycle_steps [forecast policy plan | train | first FOLDER]` with STOCKSENSE_DATA naming a
data folder whose servers run; it prints one line of JSON. `first` imports a folder and forecasts. The database's
seconds are processor time of the connection's own server process: rows are made and written at the same time, and a
clock around statements would count the one as the other. `reading` is what of them statements took that only read.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.database_reads import Reads

STEPS = ("forecast", "policy", "plan")
TRAIN, FIRST = "train", "first"
KINDS = ("seconds", "processor", "database", "reading")
Times = dict[str, float]


class Clock:
    """Seconds of each step: by the clock, of this process, of the database's, and of those in reading."""

    def __init__(self) -> None:
        self._reads = Reads(server_pid())
        self.step = "start"
        self.begun = {"start": self._now()}
        self.ended: dict[str, Times] = {}

    def heard(self, step: str, done: int, total: int, unit: str, message: str) -> None:
        """Called with every report of the job."""
        now = self._now()
        self.ended[self.step] = now
        if step != self.step:
            self.begun[step] = now
        self.step = step
        self.ended[step] = now

    def _now(self) -> Times:
        return {
            "seconds": time.perf_counter(), "processor": time.process_time(), "database": server_seconds(),
            "reading": self._reads.seconds,
        }  # fmt: skip

    def measured(self, kind: str) -> dict[str, float]:
        """Seconds of one kind by step."""
        return {step: ended[kind] - self.begun[step][kind] for step, ended in self.ended.items()}


def server_pid() -> int:
    """The server process of Django's connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def server_seconds() -> float:
    """Processor time that the server process of Django's connection has used."""
    return processor_seconds(server_pid())


def processor_seconds(pid: int, *, children: bool = False) -> float:
    """Processor time of a process; `children`: of those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    first = 13 if children else 11
    return (int(fields[first]) + int(fields[first + 1])) / os.sysconf("SC_CLK_TCK")


def run(steps: list[str], clock: Clock) -> Any:
    """Carry out steps of a cycle, or a training, in this process; the ended job."""
    from forecasting.services import training
    from planning.services import cycle
    from stocksense.ingestion.services import import_folder
    from stocksense.jobs.models import Job, JobState

    if steps[0] == FIRST:
        clock.heard("import", 0, 1, "folder", "")
        report = import_folder(folder=Path(steps[1]), actor=None)
        if report.refused:
            sys.exit(report.reason)
        steps = [STEPS[0]]
    if steps == [TRAIN]:
        job = training.create_training(actor=None)
        state = training.run_training(job.pk, listener=clock.heard)
    else:
        job = cycle.create_cycle(actor=None, steps=steps)
        state = cycle.run_cycle(job.pk, listener=clock.heard)
    ended = Job.objects.get(pk=job.pk)
    if state != JobState.SUCCEEDED:
        sys.exit(ended.error)
    return ended


def main() -> None:
    """Run what was asked for (a whole cycle) and print the measurement."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.local")
    import django

    django.setup()
    clock = Clock()
    job = run(sys.argv[1:] or list(STEPS), clock)
    measured = {
        **{kind: clock.measured(kind) for kind in KINDS},
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "result": job.result,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
