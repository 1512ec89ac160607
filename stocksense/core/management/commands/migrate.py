"""Django's migrate, as the role that owns the tables."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from stocksense.core.database.replaced import require_whole


class Command(migrate.Command):
    """`migrate` on the owner's connection unless told otherwise."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. Raises CommandError where the database stopped among migrations that are gone."""
        require_whole(options["database"])
        super().handle(*args, **options)
