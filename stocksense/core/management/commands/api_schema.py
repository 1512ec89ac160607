"""`manage.py api_schema`: write docs/openapi.yaml, or check that it says what the code does."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stocksense.core.api.schema import breaking, generated


class Command(BaseCommand):
    """Writes the API's description; refuses changes that break programs unless told to."""

    help = "Write docs/openapi.yaml (--check: only compare it with the code)."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """--check and --breaking."""
        parser.add_argument("--check", action="store_true", help="Fail where the file differs; write nothing.")
        parser.add_argument("--breaking", action="store_true", help="Write changes that break programs, too.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, then write unless asked not to."""
        new = generated.as_yaml()
        broken = breaking.changes(generated.committed(), generated.document())
        for sentence in broken:
            self.stderr.write(f"breaks programs: {sentence}")
        if options["check"]:
            if not generated.FILE.exists() or generated.FILE.read_text() != new:
                raise CommandError("docs/openapi.yaml differs from the code. Regenerate it: manage.py api_schema")
            return
        if broken and not options["breaking"]:
            raise CommandError(
                "Not written. Keep what programs rely on, or say --breaking and tell it in CHANGELOG.md."
            )
        generated.FILE.write_text(new)
        self.stdout.write(f"wrote {generated.FILE.name}")
