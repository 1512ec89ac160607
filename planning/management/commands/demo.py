"""`manage.py demo`: a generated company, planned and served, by one command."""

import os
import shutil
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from planning.services import demo
from stocksense import embedded
from stocksense.core.errors import DomainError
from stocksense.core.serving import serve
from stocksense.core.terminal import ProgressLine
from stocksense.embedded.supervisor import port_is_free

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Starts what is missing, makes what is missing, serves, and stops what it started."""

    help = "Serve the demo company. A second start keeps its data."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and whether afresh."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--reset", action="store_true", help="throw the demo's data away first")
        parser.add_argument("--no-serve", action="store_true", help="prepare only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, serve, clean up."""
        port, folder = options["port"], Path(settings.DATA_FOLDER)
        if not options["no_serve"] and not port_is_free(HOST, port):
            raise CommandError(f"Port {port} is in use. Stop what uses it, or choose another: PORT=8001 make demo")
        code = 0
        try:
            if options["reset"]:
                self._reset(folder)
            already = embedded.status(folder).postgres.running
            embedded.ensure_running(folder)
            try:
                logins = self._prepare(folder)
                if not options["no_serve"]:
                    connections.close_all()
                    welcome = partial(self._welcome, port, logins)
                    code = serve(host=HOST, port=port, logs=folder / "logs", on_ready=welcome)
            finally:
                connections.close_all()
                if not already:
                    embedded.stop(folder)
        except (embedded.EmbeddedError, DomainError) as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)

    def _reset(self, folder: Path) -> None:
        embedded.stop(folder)
        for name in ("postgres", "valkey", "provisioned", "uploads", "mail", demo.LOGINS, "celerybeat-schedule"):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self.stdout.write("The demo's earlier data is gone.")

    def _prepare(self, folder: Path) -> list[demo.Login]:
        executor = MigrationExecutor(connections["owner"])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Creating the tables …")
            call_command("migrate", verbosity=0, interactive=False)
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
