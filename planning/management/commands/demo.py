"""`manage.py demo`: a generated company, planned and served, by one command."""

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from planning.services import demo
from stocksense import embedded
from stocksense.core import serving
from stocksense.core.errors import DomainError
from stocksense.core.terminal import ProgressLine

MADE_BY_THE_DEMO = ("postgres", "valkey", "provisioned", "uploads", "mail", demo.LOGINS)


class Command(BaseCommand):
    """Starts what is missing, makes what is missing, serves, and stops what it started."""

    help = "Serve the demo company. A second start keeps its data."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and whether afresh."""
        parser.add_argument("--port", type=int, default=serving.port_from_environment())
        parser.add_argument("--reset", action="store_true", help="throw the demo's data away first")
        parser.add_argument("--no-serve", action="store_true", help="prepare only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, serve, clean up."""
        port, folder = options["port"], Path(settings.DATA_FOLDER)
        if not options["no_serve"]:
            serving.require_free_port(port)
        try:
            if options["reset"]:
                self._reset(folder)
            with serving.servers_of(folder):
                logins = self._prepare(folder)
                if not options["no_serve"]:
                    serving.serve(port=port, folder=folder, on_ready=lambda: self._welcome(port, logins))
        except (embedded.EmbeddedError, DomainError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Stopped." if not options["no_serve"] else "Prepared.")

    def _reset(self, folder: Path) -> None:
        if (folder / "postgres").exists() and not demo.is_demo(folder):
            raise CommandError(
                f"{folder} does not hold the demo company, so nothing was thrown away. To start a demo beside it, name "
                "another folder: STOCKSENSE_DATA=.stocksense-demo make demo"
            )
        embedded.stop(folder)
        for path in [*(folder / name for name in MADE_BY_THE_DEMO), *folder.glob("celerybeat-schedule*")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self.stdout.write("The demo's earlier data is gone.")

    def _prepare(self, folder: Path) -> list[demo.Login]:
        if serving.tables_are_missing():
            self.stdout.write("Creating the tables …")
            call_command("migrate", verbosity=0, interactive=False)
        demo.require_demo_or_empty(folder)
        logins = demo.ensure_people(folder)
        for step in (demo.ensure_data, demo.ensure_plan):
            line = ProgressLine(self.stdout)
            done = step(line)
            if done:
                line.end()
                self.stdout.write(done + ".")
        return logins

    def _welcome(self, port: int, logins: list[demo.Login]) -> None:
        self.stdout.write(f"\nStockSense serves at http://localhost:{port}/  (Ctrl-C stops it)\n\n")
        for login in logins:
            self.stdout.write(f"  {login.role:<9} {login.email:<22} {login.password}")
        self.stdout.write(
            "\nLook first at the dashboard's list of what costs most to leave undone, then open the worklist,\n"
            "tick a few proposals and approve them: the draft orders appear under Orders.\n"
            f"Logs: {settings.DATA_FOLDER / 'logs'}"
        )
        self.stdout.flush()
