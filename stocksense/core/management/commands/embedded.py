"""`manage.py embedded status|start|stop`: the pip-installed PostgreSQL and Valkey of this data folder."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from stocksense.embedded.__main__ import main


class Command(BaseCommand):
    """The same as `python -m stocksense.embedded`, for the data folder of the settings."""

    help = "Show, start or stop the embedded servers of this data folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do."""
        parser.add_argument("action", choices=["status", "start", "stop"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and end with its exit code where that is not 0."""
        code = main([options["action"], "--data", str(settings.DATA_FOLDER)])
        if code:
            sys.exit(code)
