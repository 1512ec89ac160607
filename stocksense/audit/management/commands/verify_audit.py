"""`manage.py verify_audit`: whether history and access log are what was sealed."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stocksense.audit.services import verifying


class Command(BaseCommand):
    """Says what was changed, inserted or deleted, and ends with exit code 1 where anything was."""

    help = "Check row history and access log against their seals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From which day on, and a hash that must be in the chain."""
        parser.add_argument("--since", type=date.fromisoformat, help="check the rows of this day and later ones only")
        parser.add_argument("--expect", default="", help="a hash that sealing logged: the chain must contain it")

    def handle(self, *args: Any, since: date | None, expect: str, **options: Any) -> None:
        """Print the findings, or what was checked."""
        result = verifying.verify(since=since, expect=expect)
        for finding in result.findings:
            self.stdout.write(str(finding))
        retired = f", {result.retired} days of the access log retired" if result.retired else ""
        self.stdout.write(f"{result.seals} seals, {result.rows} rows checked{retired}. Newest: {result.newest or '–'}")
        if not result.sound:
            problems = len(result.findings)
            raise CommandError(f"{problems} {'problem' if problems == 1 else 'problems'} found.", returncode=1)
