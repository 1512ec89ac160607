"""What Celery runs for planning."""

from celery import shared_task

from planning.services import cycle


@shared_task(name="planning.tasks.run_cycle")
def run_cycle(job_id: int) -> None:
    """Carry out a recorded cycle; nothing where it has ended or another worker holds it."""
    cycle.run_cycle(job_id)


@shared_task(name="planning.tasks.start_nightly_cycle")
def start_nightly_cycle() -> None:
    """Start tonight's cycle where it is due."""
    cycle.start_nightly_cycle()
