"""Row history: `@tracked()` on a model keeps a row of every insert, update and delete, whoever made it.

The rows are written by statement-level triggers of the database (django-pghistory), so that bulk updates, COPY, MERGE
and raw SQL are caught as well. The triggers run with the owner's rights and the serving role may only read what they
write. Context (who, why, by which request) comes from the settings that `core.database.attribution` makes.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from pghistory import trigger
from pghistory.models import Event
from pgtrigger import compiler

from stocksense.core.models import DatabaseAccess

Tracked = TypeVar("Tracked", bound=models.Model)

SEQUENCE = "audit_event_number"
"""Numbers the events of all tables in one order."""

OWN_TIMES = ("created_at", "updated_at")
"""Kept by the row itself; history has times of its own, and a change of nothing else is no event."""

CONTEXT_COLUMNS = ("pgh_actor_id", "pgh_actor", "pgh_request_id", "pgh_channel", "pgh_reason", "pgh_role")
_CONTEXT: dict[str, str] = {
    "pgh_actor_id": "NULLIF(current_setting('stocksense.actor_id', true), '')::bigint",
    "pgh_actor": "COALESCE(current_setting('stocksense.actor', true), '')",
    "pgh_request_id": "COALESCE(current_setting('stocksense.request_id', true), '')",
    "pgh_channel": "COALESCE(current_setting('stocksense.channel', true), '')",
    "pgh_reason": "COALESCE(current_setting('stocksense.reason', true), '')",
    "pgh_role": "session_user::text",
}
_TYPES = {"pgh_actor_id": "bigint"}


class HistoryEvent(Event):
    """One change of one row: the row as it is afterwards (as it was, for a deletion), and the context."""

    database_access = DatabaseAccess.READ_ONLY

    pgh_id = models.BigIntegerField(primary_key=True)
    pgh_created_at = models.DateTimeField()
    pgh_label = models.CharField(max_length=8)
    pgh_actor_id = models.BigIntegerField(null=True)
    pgh_actor = models.TextField()
    pgh_request_id = models.TextField()
    pgh_channel = models.TextField()
    pgh_reason = models.TextField()
    pgh_role = models.TextField()

    class Meta:
        abstract = True


class HistoryTriggerSql(compiler.UpsertTriggerSql):
    """Installs a history trigger.

    Unlike pgtrigger's own it cannot be switched off by a setting of the session, and its function runs as the owner
    and can be attached to no table of anybody else's. Old and new rows are never joined by a loop: PostgreSQL keeps the
    plan that fitted the first, small statement of a session, and a loop over 100,000 × 100,000 rows would not end.
    """

    def get_template(self) -> str:
        """The SQL with its gaps. Migrations refer to it: a change needs a class of its own."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
                SET enable_nestloop = off AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$;
            REVOKE ALL ON FUNCTION {pgid}() FROM PUBLIC;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid} {when} {operation} ON {table} {referencing}
                FOR EACH {level} EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class HistoryTrigger(trigger.Event):
    """Copies the changed rows of a statement into the event table."""

    def get_declare(self, model: Any) -> list[tuple[str, str]]:
        """The context, read once per statement."""
        kinds = [(name, f"{_TYPES.get(name, 'text')} := {value}") for name, value in _CONTEXT.items()]
        return [("happened_at", "timestamptz := clock_timestamp()"), *((f"_{name}", kind) for name, kind in kinds)]

    def get_func(self, model: Any) -> Any:
        """INSERT … SELECT from the transition table, only of rows in which a tracked field changed."""
        alias = "old_values" if self.row == "OLD" else "new_values"
        event_model: Any = self.event_model
        columns = {field.column: f'{alias}."{field.column}"' for field in kept_fields(event_model)}
        columns |= {"pgh_created_at": "happened_at", "pgh_label": f"'{self.label}'", "pgh_id": f"nextval('{SEQUENCE}')"}
        columns |= {name: f"_{name}" for name in CONTEXT_COLUMNS}
        names = ", ".join(f'"{name}"' for name in columns)
        table = event_model._meta.db_table
        function: Any = pgtrigger.Func
        return function(
            f'INSERT INTO "{table}" ({names}) SELECT {", ".join(columns.values())} FROM {{cond_{alias}}}; RETURN NULL;'
        )

    def render_func(self, model: Any) -> str:
        """A row whose primary key was changed has no old version: it is kept all the same."""
        rendered = str(super().render_func(model))
        return rendered.replace("old_values JOIN new_values", "new_values LEFT JOIN old_values")

    def compile(self, model: Any) -> compiler.Trigger:
        """The trigger for migrations, installed by our own SQL."""
        compiled = super().compile(model)
        known = {name: value for name, value in compiled.sql.kwargs.items() if name != "ignore_func_name"}
        return compiler.Trigger(name=compiled.name, sql=HistoryTriggerSql(**known))


class _Recorded:
    """A pghistory tracker whose trigger is ours."""

    def add_event_trigger(self, event_model: Any) -> None:
        """Register the trigger with the tracked model (called by pghistory when the event model is ready)."""
        row, history_trigger = cast("pghistory.RowEvent", self), cast("Any", HistoryTrigger)
        pgtrigger.register(
            history_trigger(
                event_model=event_model,
                label=row.label,
                name=f"history_{row.label}",
                row=row.row,
                operation=row.operation,
                condition=row.condition,
                level=pgtrigger.Statement,
            )
        )(event_model.pgh_tracked_model)


class _Inserted(_Recorded, pghistory.InsertEvent): ...


class _Updated(_Recorded, pghistory.UpdateEvent): ...


class _Deleted(_Recorded, pghistory.DeleteEvent): ...


def tracked(
    *, exclude: Iterable[str] = (), app_label: str | None = None, name: str | None = None
) -> Callable[[type[Tracked]], type[Tracked]]:
    """Keep the history of a model's rows in a table of their own, without the fields in `exclude`.

    A change of excluded fields alone is no event. Foreign keys are kept as plain numbers: what they point to may go.
    `app_label` and `name` are needed for models of other packages.
    """

    def keep(model: type[Tracked]) -> type[Tracked]:
        left_out = {*exclude, *OWN_TIMES}
        fields = [field for field in model._meta.concrete_fields if field.name not in left_out]
        event_name = name or f"{model.__name__}Event"
        nothing: Any = None
        pghistory.create_event_model(
            model,
            _Inserted(),
            _Updated(),
            _Deleted(),
            fields=[field.name for field in fields],
            obj_field=nothing,
            context_field=nothing,
            context_id_field=nothing,
            model_name=event_name,
            app_label=app_label,
            abstract=False,
            base_model=HistoryEvent,
            attrs={field.name: _kept(field) for field in fields},
            meta={"default_permissions": (), "indexes": _indexes(event_name, model._meta.pk.name)},
            level=pgtrigger.Statement,
        )
        return model

    return keep


def event_models() -> list[type[HistoryEvent]]:
    """The event model of every tracked model, by label."""
    from django.apps import apps

    found = [model for model in apps.get_models() if issubclass(model, HistoryEvent)]
    return sorted(found, key=lambda model: model._meta.label_lower)


def kept_fields(event_model: type[HistoryEvent]) -> "list[models.Field[Any, Any]]":
    """The fields of the tracked row that its events keep."""
    return [field for field in event_model._meta.concrete_fields if not field.name.startswith("pgh_")]


def _indexes(event_name: str, key: str) -> list[models.Index]:
    short = event_name.lower().removesuffix("event")[:22]
    when = ["pgh_created_at", "pgh_id"]
    by_somebody = models.Q(pgh_actor_id__isnull=False)
    return [
        models.Index(fields=[key, "pgh_id"], name=f"{short}_ev_row"),
        models.Index(fields=["pgh_actor_id", *when], condition=by_somebody, name=f"{short}_ev_actor"),
        models.Index(fields=["pgh_request_id"], condition=~models.Q(pgh_request_id=""), name=f"{short}_ev_req"),
        models.Index(fields=when, name=f"{short}_ev_at"),
    ]


_PLAIN = {"max_digits", "decimal_places", "encoder", "decoder", "protocol"}


def _kept(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """The field as its events keep it: the same values, no rules, blank where it was not there yet."""
    options: dict[str, Any] = {"null": True, "db_column": field.column if field.column != field.name else None}
    if isinstance(field, models.ForeignKey | models.AutoField):
        return models.BigIntegerField(**options)
    if isinstance(field, ArrayField):
        return ArrayField(_kept(field.base_field), **options)
    if isinstance(field, models.CharField):
        return models.TextField(**options)
    _, _, _, given = field.deconstruct()
    kind = type(field) if type(field).__module__.startswith("django.") else type(field).__mro__[1]
    return cast("models.Field[Any, Any]", kind(**options, **{name: given[name] for name in _PLAIN & given.keys()}))
