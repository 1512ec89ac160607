"""`manage.py document_formats`: write the tables of the data format guide from the specifications."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from stocksense.ingestion import format_tables
from stocksense.ingestion.format_tables import MarkerMissing

GUIDE: Final = Path(__file__).parents[4] / "docs" / "guides" / "data-formats.md"


class Command(BaseCommand):
    """Bring the guide up to date, or say that it is not."""

    help = "Write the column tables of docs/guides/data-formats.md from the specifications."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which page, and whether to write it."""
        parser.add_argument("--page", type=Path, default=GUIDE, help="default: %(default)s")
        parser.add_argument("--check", action="store_true", help="fail where the page is out of date; write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page where it differs."""
        path: Path = options["page"]
        page = path.read_text(encoding="utf-8")
        try:
            fresh = format_tables.with_tables(page)
        except MarkerMissing as error:
            raise CommandError(f"{path}: {error}") from error
        if fresh == page:
            self.stdout.write(f"{path.name} is up to date.")
        elif options["check"]:
            raise CommandError(f"{path} is out of date; run: manage.py document_formats")
        else:
            path.write_text(fresh, encoding="utf-8")
            self.stdout.write(f"{path.name} written.")
