"""What Celery runs for forecasting."""

from celery import shared_task

from forecasting.services import training


@shared_task(name="forecasting.tasks.train_forecast")
def train_forecast(job_id: int) -> None:
    """Carry out a recorded training; nothing where it has ended or another worker holds it."""
    training.run_training(job_id)


@shared_task(name="forecasting.tasks.start_weekly_training")
def start_weekly_training() -> None:
    """Start a training where one is due."""
    training.start_weekly_training()
