"""Native range partitions: the migration operation that makes a partitioned table, and its upkeep.

The tables are known to the database itself (`stocksense_partitioned_table`), and partitions are made by a
SECURITY DEFINER function, so that the serving role can add one without owning anything.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connections, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel whose table is partitioned by range of one date column.

    Django's primary key stays the identity `id`; the database's is (id, column), as PostgreSQL demands.
    `step` is 'day', 'month' or 'year'; `droppable` tables hold run outputs and logs that age out by partition, none
    younger than `kept_days`.
    """

    serialization_expand_args = ["fields", "options", "managers"]

    def __init__(
        self, name: str, fields: list[Any], options: dict[str, Any] | None = None, bases: Any = None,
        managers: Any = None, *, column: str, step: str, droppable: bool = False, kept_days: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(name, fields, options, bases, managers)
        self.column, self.step, self.droppable, self.kept_days = column, step, droppable, kept_days

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, args, {
            **kwargs, "column": self.column, "step": self.step, "droppable": self.droppable, "kept_days": self.kept_days
        }  # fmt: skip

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        create, parameters = schema_editor.table_sql(model)
        schema_editor.execute(self._partitioned(create), parameters or None)
        schema_editor.execute(
            "INSERT INTO stocksense_partitioned_table (name, key_column, step, droppable) VALUES (%s, %s, %s, %s)",
            [model._meta.db_table, self.column, self.step, self.droppable],
        )
        if self.kept_days > 1:
            schema_editor.execute(
                "UPDATE stocksense_partitioned_table SET kept_days = %s WHERE name = %s",
                [self.kept_days, model._meta.db_table],
            )
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))  # type: ignore[attr-defined]

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = from_state.apps.get_model(app_label, self.name)._meta.db_table
        super().database_backwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("DELETE FROM stocksense_partitioned_table WHERE name = %s", [table])

    def _partitioned(self, create: str) -> str:
        inline_key = "bigint NOT NULL PRIMARY KEY GENERATED"
        if create.count(inline_key) != 1 or not create.endswith(")"):
            raise ValueError(f"{self.name} needs a BigAutoField primary key to be partitioned")
        body = create.replace(inline_key, "bigint NOT NULL GENERATED")[:-1]
        return f'{body}, PRIMARY KEY ("id", "{self.column}")) PARTITION BY RANGE ("{self.column}")'


def ensure_partitions(model: type[models.Model], days: Iterable[date], *, using: str = "default") -> int:
    """Make the partitions that hold `days`; returns how many were new.

    Raises django.db.DataError where a day lies more than 15 years back (30 for tables by year) or 3 years ahead.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT stocksense_ensure_partitions(%s, %s::date[])", [model._meta.db_table, sorted(set(days))])
        return int(cursor.fetchone()[0])


def drop_partitions(model: type[models.Model], *, before: date, keep: Iterable[date], using: str = "default") -> int:
    """Drop the day partitions older than `before` whose day is not in `keep`; returns how many went."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT stocksense_drop_partitions(%s, %s, %s::date[])", [model._meta.db_table, before, sorted(set(keep))]
        )
        return int(cursor.fetchone()[0])


def analyze_partition(model: type[models.Model], day: date, *, using: str = "default") -> None:
    """Have the database learn what the partition of `day` holds, so that reads after a bulk load are planned well.

    Raises django.db.ProgrammingError where there is no such partition.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT stocksense_analyze_partition(%s, %s)", [model._meta.db_table, day])
