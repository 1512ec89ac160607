"""`manage.py serve`: the company of this data folder, served by one command."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from stocksense import embedded
from stocksense.core import serving


class Command(BaseCommand):
    """Web, WebSockets, worker and beat under one supervisor, on the embedded servers."""

    help = "Serve the company of this data folder on this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where."""
        parser.add_argument("--port", type=int, default=serving.port_from_environment())

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until Ctrl-C."""
        port, folder = options["port"], Path(settings.DATA_FOLDER)
        serving.require_free_port(port)
        try:
            with serving.servers_of(folder):
                if serving.tables_are_missing():
                    raise CommandError("The database lacks tables that this version needs. Run: manage.py migrate")
                serving.serve(port=port, folder=folder, on_ready=lambda: self._welcome(port, folder))
        except embedded.EmbeddedError as error:
            raise CommandError(str(error)) from error

    def _welcome(self, port: int, folder: Path) -> None:
        self.stdout.write(f"StockSense serves {folder} at http://localhost:{port}/  (Ctrl-C stops it)")
        self.stdout.flush()
