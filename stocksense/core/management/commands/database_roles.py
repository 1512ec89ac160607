"""`manage.py database_roles`: creates the serving roles on a server of one's own, and grants what they need."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connections
from psycopg import sql

from stocksense.core.database import roles


class Command(BaseCommand):
    """Idempotent. Run as the owner (DATABASE_OWNER_URL), who must be allowed to create roles the first time."""

    help = "Create the web and portal database roles where they are missing, and grant their privileges."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, grant, report."""
        with connections["owner"].cursor() as cursor:
            for alias in ("default", "portal"):
                self._create(cursor, alias)
        roles.grant_privileges("owner")
        self.stdout.write("The web and portal roles have their privileges.")

    def _create(self, cursor: Any, alias: str) -> None:
        configured = connections[alias].settings_dict
        name, password = configured["USER"], configured["PASSWORD"]
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if cursor.fetchone():
            return
        statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name))
        if password:
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
        try:
            cursor.execute(statement)
        except ProgrammingError as error:
            raise CommandError(
                f"The owner may not create the role {name}. As a superuser run: CREATE ROLE {name} LOGIN PASSWORD '…';"
            ) from error
        self.stdout.write(f"Created the role {name}.")
