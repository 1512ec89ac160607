"""Where the history of a table begins: its rows as they are, so that the first change has something before it."""

from typing import Any

from django.db import connections, models, transaction
from psycopg import sql

from stocksense.audit.tracking import SEQUENCE, event_models, kept_fields

_INSERT = sql.SQL(
    "INSERT INTO {events} ({columns}, pgh_id, pgh_created_at, pgh_label, pgh_actor, pgh_request_id, pgh_channel,"
    " pgh_reason, pgh_role) SELECT {columns}, nextval({sequence}), clock_timestamp(), 'baseline', '', '', '', '',"
    " session_user FROM {table} WHERE NOT EXISTS (SELECT FROM {events})"
)


def write_baselines(using: str) -> None:
    """Note the rows of every tracked table whose history is empty. Only the owner's connection can do this."""
    if using != "owner":
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for event in event_models():
            tracked: Any = event.pgh_tracked_model
            columns = sql.SQL(", ").join(sql.Identifier(_column(field)) for field in kept_fields(event))
            names = {"events": sql.Identifier(event._meta.db_table), "table": sql.Identifier(tracked._meta.db_table)}
            cursor.execute(_INSERT.format(columns=columns, sequence=sql.Literal(SEQUENCE), **names))


def _column(field: "models.Field[Any, Any]") -> str:
    return str(field.column)
