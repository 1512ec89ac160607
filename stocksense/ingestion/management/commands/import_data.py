"""manage.py import_data FOLDER: read a company's files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stocksense.accounts.models import User
from stocksense.core.errors import DomainError
from stocksense.ingestion import services
from stocksense.ingestion.report import FileReport, ImportReport

_COLUMNS = ("rows", "new", "changed", "same", "gone", "rejected")


class Command(BaseCommand):
    help = "Import the CSV, .csv.gz and XLSX files of a folder, all in one transaction."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="folder with items.csv, stock.csv, demand.csv, …; any may be absent"
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, then undo it")
        parser.add_argument("--strict", action="store_true", help="refuse the import where any row is rejected")
        parser.add_argument(
            "--allow-shrink", action="store_true", help="let a snapshot end more than 20 %% of its rows"
        )
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write rejected rows with their reason to FILE")
        parser.add_argument(
            "--as", dest="user", metavar="E-MAIL", help="who imports; some files are a person's word and need one"
        )
        parser.add_argument("--only", metavar="KINDS", help="kinds to import, with commas: items,demand")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        only = [kind.strip() for kind in options["only"].split(",")] if options["only"] else None
        try:
            report = services.import_folder(
                folder=folder,
                actor=_person(options["user"]),
                dry_run=options["dry_run"],
                strict=options["strict"],
                allow_shrink=options["allow_shrink"],
                only=only,
                errors_to=options["errors"],
                progress=self._progress if options["verbosity"] > 1 else None,
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self._print(report, options["errors"])
        if report.refused:
            raise CommandError(f"Nothing was written. {report.reason}")

    def _progress(self, kind: str, done: int, total: int) -> None:
        self.stderr.write(f"{kind}: {done:,} of {total:,} rows")

    def _print(self, report: ImportReport, errors_to: Path | None) -> None:
        self.stdout.write(f"{'file':<26}" + "".join(f"{name:>11}" for name in _COLUMNS))
        for file in report.files:
            self.stdout.write(_row(file))
        for file in report.files:
            for reject in file.rejects[:10]:
                where = f"{reject.file} line {reject.line}" + (f", {reject.column}" if reject.column else "")
                value = f" {reject.value!r}" if reject.value else ""
                self.stdout.write(self.style.ERROR(f"{where}{value}: {reject.reason}"))
            if file.rejected > 10:
                self.stdout.write(self.style.ERROR(f"{file.file}: and {file.rejected - 10} more rejected rows."))
        for sentence in report.sentences():
            self.stdout.write(self.style.WARNING(sentence))
        if errors_to is not None and report.rejected:
            self.stdout.write(f"Rejected rows are in {errors_to}; mend them there and import them again.")
        if not report.refused:
            outcome = "A dry run: nothing was written." if report.dry_run else "Imported."
            self.stdout.write(self.style.SUCCESS(f"{outcome} It took {report.seconds:.1f} s."))


def _person(email: str | None) -> User | None:
    if email is None:
        return None
    found = User.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise CommandError(f"There is nobody who signs in as {email}.")
    return found


def _row(file: FileReport) -> str:
    return f"{file.file:<26}" + "".join(f"{getattr(file, name):>11,}" for name in _COLUMNS)
