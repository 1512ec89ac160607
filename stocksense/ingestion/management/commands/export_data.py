"""`manage.py export_data`: one kind of data, or one result of the current run, as a file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stocksense.core.errors import DomainError
from stocksense.ingestion import exporters, exports


class Command(BaseCommand):
    """Write a file that spreadsheets open and `import_data` reads."""

    help = "Export a kind of data: CSV, gzipped CSV or XLSX by the file's ending."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to export, and where to."""
        parser.add_argument("kind", metavar="KIND", help=f"one of: {', '.join(exporters.kinds())}")
        parser.add_argument("file", metavar="FILE", help=".csv, .csv.gz or .xlsx; - writes CSV to the terminal")
        parser.add_argument("--scenario", help="of results: whose current run; default: the baseline")
        parser.add_argument("--force", action="store_true", help="overwrite the file where it exists")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, and say how many rows were written."""
        kind, name, scenario = options["kind"], options["file"], options["scenario"]
        try:
            if name == "-":
                rows = exports.export_csv(kind, sys.stdout.buffer, scenario=scenario)
                sys.stdout.buffer.flush()
            else:
                rows = exports.export(kind, Path(name), scenario=scenario, overwrite=options["force"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except BrokenPipeError:
            return
        except OSError as error:
            raise CommandError(f"{name} could not be written: {error.strerror or error}.") from error
        target = self.stderr if name == "-" else self.stdout
        target.write(f"{kind}: {rows:,} rows" + ("" if name == "-" else f" in {name}"))
