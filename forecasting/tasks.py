"""What Celery runs for forecasting."""

from typing import Any

from celery import shared_task
from celery.signals import worker_init

from forecasting.engine.libraries import statsforecast_models
from forecasting.services import training


@worker_init.connect
def load_libraries(**_: Any) -> None:
    """What forecasts are fitted with, which takes seconds to load: once, before a worker's processes are parted."""
    import lightgbm  # noqa: F401

    statsforecast_models()


@shared_task(name="forecasting.tasks.train_forecast")
def train_forecast(job_id: int) -> None:
    """Carry out a recorded training; nothing where it has ended or another worker holds it."""
    training.run_training(job_id)


@shared_task(name="forecasting.tasks.start_weekly_training")
def start_weekly_training() -> None:
    """Start a training where one is due."""
    training.start_weekly_training()
