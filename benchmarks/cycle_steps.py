"""One planning cycle in this process, with the seconds of each step and how much of them the database took.

Run as `python -m benchmarks.cycle_steps` with STOCKSENSE_DATA naming a data folder whose servers run; it prints one
line of JSON. Database time is what statements and COPY take, seen from here: making the rows that COPY sends is not
part of it.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

STEPS = ("forecast", "policy", "plan")


class Clock:
    """Seconds of each step, and of the database in it."""

    def __init__(self) -> None:
        self.step = "start"
        self.begun = {"start": time.perf_counter()}
        self.ended: dict[str, float] = {}
        self.processor = {"start": time.process_time()}
        self.processor_ended: dict[str, float] = {}
        self.database: dict[str, float] = dict.fromkeys(("start", *STEPS), 0.0)
        self._inside = False

    def heard(self, step: str, done: int, total: int, unit: str, message: str) -> None:
        """Called with every report of the job."""
        now, worked = time.perf_counter(), time.process_time()
        self.ended[self.step], self.processor_ended[self.step] = now, worked
        if step != self.step:
            self.begun[step], self.processor[step] = now, worked
        self.step = step
        self.ended[step], self.processor_ended[step] = now, worked

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time inside as the database's, once."""
        if self._inside:
            yield
            return
        self._inside, begun = True, time.perf_counter()
        try:
            yield
        finally:
            self.database[self.step] += time.perf_counter() - begun
            self._inside = False

    def statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Django's wrapper around every statement."""
        with self.waiting():
            return execute(*arguments)

    def reading(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """A bulk read, timed."""

        def timed(*arguments: Any, **options: Any) -> Any:
            with self.waiting():
                return read(*arguments, **options)

        return timed

    def writing(self, copy: Callable[..., int]) -> Callable[..., int]:
        """A bulk write, timed without the making of its rows."""

        def timed(table: Any, columns: Any, rows: Iterable[Any], **options: Any) -> int:
            made = list(rows)
            with self.waiting():
                return copy(table, columns, made, **options)

        return timed

    def seconds(self) -> dict[str, float]:
        """Wall time by step."""
        return {step: self.ended[step] - self.begun[step] for step in self.begun if step in self.ended}

    def processor_seconds(self) -> dict[str, float]:
        """Time on a processor by step: what a machine that does nothing else would take besides the database."""
        return {step: ended - self.processor[step] for step, ended in self.processor_ended.items()}


def replace_everywhere(name: str, original: Any, replacement: Any) -> None:
    """Put `replacement` where modules of the project imported `original` under its name."""
    for module in list(sys.modules.values()):
        if getattr(module, name, None) is original:
            setattr(module, name, replacement)


def main() -> None:
    """Run the cycle and print the measurement."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.local")
    import django

    django.setup()
    from django.db import connection

    from planning.services import cycle
    from stocksense.core.database import copy
    from stocksense.jobs.models import Job, JobState

    clock = Clock()
    replace_everywhere("read_frame", copy.read_frame, clock.reading(copy.read_frame))
    replace_everywhere("copy_rows", copy.copy_rows, clock.writing(copy.copy_rows))
    job = cycle.create_cycle(actor=None)
    with connection.execute_wrapper(clock.statement):
        state = cycle.run_cycle(job.pk, listener=clock.heard)
    if state != JobState.SUCCEEDED:
        sys.exit(Job.objects.get(pk=job.pk).error)
    measured = {
        "seconds": clock.seconds(),
        "database": clock.database,
        "processor": clock.processor_seconds(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "result": Job.objects.get(pk=job.pk).result,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
