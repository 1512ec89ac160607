"""The Celery application. Redis carries hints only: business state and leases live in PostgreSQL."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.production")

app = Celery("stocksense")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(loglevel: int, **_: Any) -> None:
    """Celery would replace the handlers: Django's settings have set up logging already, the level is the command's."""
    logging.getLogger("celery").setLevel(loglevel)
