"""`manage.py plan`: one planning cycle in the foreground, with progress."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from planning.services import cycle
from stocksense.core.errors import DomainError
from stocksense.core.terminal import ProgressLine
from stocksense.jobs.models import Job, JobState


class Command(BaseCommand):
    """Forecast, set policies and plan."""

    help = "Run a planning cycle: forecast, policy, plan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to plan."""
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="day to plan from; default: the newest stock snapshot"
        )
        parser.add_argument("--scenario", help="default: the baseline")
        parser.add_argument("--steps", default=",".join(cycle.STEPS), help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it here, report, and fail with a message where it could not be done."""
        started = time.monotonic()
        steps = [step.strip() for step in options["steps"].split(",") if step.strip()]
        try:
            job = cycle.create_cycle(actor=None, scenario=options["scenario"], as_of=options["as_of"], steps=steps)
        except DomainError as error:
            raise CommandError(error.message) from error
        line = ProgressLine(self.stdout)
        state = cycle.run_cycle(job.pk, listener=line)
        line.end()
        job = Job.objects.get(pk=job.pk)
        if state != JobState.SUCCEEDED:
            raise CommandError(job.error or f"Job {job.pk} did not finish: {job.get_state_display()}.")
        self.stdout.write(self._summary(job, time.monotonic() - started))

    def _summary(self, job: Job, seconds: float) -> str:
        result = job.result
        parts = [f"{job.title}: done in {seconds:.1f} s"]
        if "planned_orders" in result:
            parts.append(f"{result['item_locations']:,} item-locations, {result['planned_orders']:,} planned orders")
            parts.extend(f"{count:,} × {kind.replace('_', ' ')}" for kind, count in result["exceptions"].items())
        return "; ".join(parts) + "."
