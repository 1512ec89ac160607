"""One planning cycle in this process, with the seconds of each step and how much of them the database worked.

Run as `python -m benchmarks.cycle_steps` with STOCKSENSE_DATA naming a data folder whose servers run; it prints one
line of JSON. The database's seconds are processor time of the connection's own server process: rows are made and
written at the same time, and a clock around statements would count the one as the other.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

STEPS = ("forecast", "policy", "plan")
Times = dict[str, float]


class Clock:
    """Seconds of each step: by the clock, of this process and of the database's."""

    def __init__(self) -> None:
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
        }  # fmt: skip

    def measured(self, kind: str) -> dict[str, float]:
        """Seconds of one kind by step."""
        return {step: ended[kind] - self.begun[step][kind] for step, ended in self.ended.items()}


def server_seconds() -> float:
    """Processor time that the server process of Django's connection has used."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return processor_seconds(pid)


def processor_seconds(pid: int, *, children: bool = False) -> float:
    """Processor time of a process; `children`: of those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    first = 13 if children else 11
    return (int(fields[first]) + int(fields[first + 1])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the cycle and print the measurement."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.local")
    import django

    django.setup()
    from planning.services import cycle
    from stocksense.jobs.models import Job, JobState

    clock = Clock()
    job = cycle.create_cycle(actor=None)
    state = cycle.run_cycle(job.pk, listener=clock.heard)
    if state != JobState.SUCCEEDED:
        sys.exit(Job.objects.get(pk=job.pk).error)
    measured = {
        **{kind: clock.measured(kind) for kind in ("seconds", "database", "processor")},
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "result": Job.objects.get(pk=job.pk).result,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
