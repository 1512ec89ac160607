"""Databases made by migrations that one migration has replaced since.

Where all of them ran, Django carries the database along; where none did, the new one makes the tables. Where some
did, Django would leave an app out without a word: such a database is refused.
"""

from collections.abc import Container, Iterable

from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def require_whole(using: str) -> None:
    """Raise CommandError, saying what to do, where the database stopped among migrations that are gone."""
    loader = MigrationLoader(connections[using], load=False)
    loader.load_disk()
    applied = MigrationRecorder(connections[using]).applied_migrations()
    if missing := missing_of_begun(loader.disk_migrations.values(), applied):
        raise CommandError(
            f"This database is of an older version and lacks migrations that are gone since: {', '.join(missing)}. "
            "To keep its data, run manage.py migrate with the last version that has them, then come back. "
            "To start the demo afresh: make demo-reset"
        )


def missing_of_begun(migrations: Iterable[Migration], applied: Container[tuple[str, str]]) -> list[str]:
    """Replaced migrations that were not applied although others replaced by the same migration were."""
    missing = []
    for migration in migrations:
        absent = [name for name in migration.replaces if name not in applied]
        if 0 < len(absent) < len(migration.replaces):
            missing += [f"{app}.{name}" for app, name in absent]
    return missing
