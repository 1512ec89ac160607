"""What each database role may do, derived from what the models declare (see `core.models.DatabaseAccess`)."""

from collections.abc import Iterable

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from stocksense.core.models import DatabaseAccess

FULL = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"
PRIVILEGES = {DatabaseAccess.FULL: FULL, DatabaseAccess.APPEND_ONLY: APPEND, DatabaseAccess.READ_ONLY: "SELECT"}

_PARTITION_FUNCTIONS = (
    "stocksense_ensure_partitions(text, date[])",
    "stocksense_drop_partitions(text, date, date[])",
    "stocksense_analyze_partition(text, date)",
)
"""They run with the owner's rights, and PostgreSQL lets everybody execute a new function unless told."""


def grant_privileges(using: str) -> None:
    """Give the web and portal roles exactly what their work needs. Only the owner's connection can do this.

    In one transaction: what serves meanwhile never sees a table without its privileges or policies.
    """
    if using != "owner":
        return
    owner = _role("owner")
    web, portal = _role("default"), _role("portal")
    if owner == web:
        return
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(web)))
        cursor.execute(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(sql.Identifier(web))
        )
        for table, access in _tables():
            _grant(cursor, table, web, PRIVILEGES[access])
        for table in ("django_migrations", "stocksense_partitioned_table"):
            _grant(cursor, table, web, "SELECT")
        for function in _PARTITION_FUNCTIONS:
            cursor.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC").format(sql.SQL(function)))
            cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), sql.Identifier(web)))
        if portal not in {owner, web}:
            _grant_portal(cursor, web, portal)


def _role(alias: str) -> str:
    return str(connections[alias].settings_dict["USER"])


def _tables() -> Iterable[tuple[str, DatabaseAccess]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model._meta.db_table, getattr(model, "database_access", DatabaseAccess.FULL)


def _grant(cursor: CursorWrapper, table: str, role: str, privileges: str) -> None:
    names = {"table": sql.Identifier(table), "role": sql.Identifier(role), "privileges": sql.SQL(privileges)}
    cursor.execute(sql.SQL("REVOKE ALL ON {table} FROM {role}").format(**names))
    cursor.execute(sql.SQL("GRANT {privileges} ON {table} TO {role}").format(**names))


def _grant_portal(cursor: CursorWrapper, web: str, portal: str) -> None:
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(portal)))
    cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(sql.Identifier(portal)))
    for model in _portal_models():
        names = {
            "table": sql.Identifier(model._meta.db_table),
            "web": sql.Identifier(web),
            "portal": sql.Identifier(portal),
            "rows": sql.SQL(model.portal_rows),  # type: ignore[attr-defined]
        }
        _grant(cursor, model._meta.db_table, portal, "SELECT")
        for statement in (
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            "DROP POLICY IF EXISTS stocksense_web ON {table}",
            "CREATE POLICY stocksense_web ON {table} TO {web} USING (true) WITH CHECK (true)",
            "DROP POLICY IF EXISTS stocksense_portal ON {table}",
            "CREATE POLICY stocksense_portal ON {table} FOR SELECT TO {portal} USING ({rows})",
        ):
            cursor.execute(sql.SQL(statement).format(**names))


def _portal_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "portal_rows", "")]
