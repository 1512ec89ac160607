"""From a staging table into a model's table: what is new, changed or the same, without a row loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from stocksense.ingestion.columns import Column
from stocksense.ingestion.report import SHOWN_CHANGES, Change, Counts
from stocksense.ingestion.stage import Stage

LARGE = 20_000

_CLASSIFY = """
CREATE TEMP TABLE {merge} AS
SELECT s.*, t.id AS target_id,
       CASE WHEN t.id IS NULL THEN 'new' WHEN {differs} THEN 'changed' ELSE 'same' END AS action
FROM {stage} s LEFT JOIN {table} t ON {joined}
WHERE NOT s.rejected AND NOT s.repeated AND ({where})
"""
_COUNT = "SELECT action, count(*) FROM {merge} GROUP BY action"
_PREVIEW = """
SELECT s.line, concat_ws(' / ', {keys}), ARRAY[{changed}]::boolean[], ARRAY[{before}]::text[], ARRAY[{after}]::text[]
FROM {merge} s JOIN {table} t ON t.id = s.target_id AND {same_key}
WHERE s.action = 'changed' ORDER BY s.line LIMIT {limit}
"""
_INSERT = """
INSERT INTO {table} AS t ({columns}) SELECT {values} FROM {merge} s WHERE s.action = 'new' ORDER BY s.line
"""
_ON_CONFLICT = "ON CONFLICT ({conflict}) DO UPDATE SET {conflict_updates}"
_UPDATE = """
UPDATE {table} t SET {updates} FROM {merge} s WHERE s.action = 'changed' AND t.id = s.target_id AND {same_key}
"""
_UNORDERED = """
SELECT s.line, '{high}', s.{high}::text, '{reason}'
FROM {stage} s LEFT JOIN {table} t ON {joined}
WHERE NOT s.rejected AND coalesce(s.{high}, t.{high}) < coalesce(s.{low}, t.{low})
"""


@dataclass(frozen=True)
class Value:
    """How one database column is written from a staged row `s`, and compared with the stored row `t`.

    `new` is SQL that is null where the file says nothing. `current` defaults to the stored column; `written`
    is false for what the importer writes itself afterwards. `shown_*` is what people see where that differs.
    """

    new: str
    current: str = ""
    written: bool = True
    shown_current: str = ""
    shown_new: str = ""


@dataclass(frozen=True)
class Target:
    """A table to merge into: its key and values as {database column: SQL over s}.

    Rows that somebody else may add at the same time need a slower insert: `only_imports_write` says nobody does.
    """

    model: type[models.Model]
    key: Mapping[str, str]
    values: Mapping[str, Value]
    extra_join: str = "true"
    shown_key: Sequence[str] = ()
    only_imports_write: bool = False

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.model._meta.db_table


def target_of(
    model: type[models.Model], columns: Sequence[Column], given: set[str], *,
    extra_key: Mapping[str, str] | None = None,
    extra: Mapping[str, Value] | None = None, extra_join: str = "true",
) -> Target:  # fmt: skip
    """The target that the columns describe; columns that the file does not have are left alone."""
    key = {column.column: f"s.{column.staged}" for column in columns if column.key}
    values = {column.column: _value_of(column) for column in columns if not column.key and column.name in given}
    shown = [f"s.{column.name}::text" for column in columns if column.key]
    return Target(model, {**key, **(extra_key or {})}, {**values, **(extra or {})}, extra_join, shown)


def _value_of(column: Column) -> Value:
    if column.reference is None:
        return Value(f"s.{column.staged}")
    stored = "(SELECT r.{code} FROM {table} r WHERE r.id = t.{column})"
    shown = stored.format(code=column.reference.code, table=column.reference.table, column=column.column)
    return Value(f"s.{column.staged}", shown_current=shown, shown_new=f"s.{column.name}")


def merge(stage: Stage, target: Target, *, where: str = "true", keep: str = "_merge") -> Counts:
    """Insert what is new, update what differs. Leaves `import_<kind><keep>` with the action of each row behind."""
    table = f"{stage.table}{keep}"
    stage.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
    parts = _parts(target) | {"merge": table, "stage": stage.table, "where": where, "table": target.table}
    large = stage.size > LARGE
    if large:  # statistics of a table just filled mislead the planner into a loop over its index
        stage.execute("SET LOCAL enable_nestloop = off")
    stage.execute(_CLASSIFY.format(**parts))
    if large:
        stage.execute("SET LOCAL enable_nestloop = on")
    found = dict(stage.rows(_COUNT.format(**parts)))
    counts = Counts(new=found.get("new", 0), changed=found.get("changed", 0), same=found.get("same", 0))
    if counts.changed:
        counts.changes.extend(_preview(stage, target, parts))
        if any(value.written for value in target.values.values()):
            stage.execute(_UPDATE.format(**parts))
    if counts.new:
        statement = _INSERT if target.only_imports_write else _INSERT + _ON_CONFLICT
        stage.execute(statement.format(**parts), _insert_defaults(target))
    return counts


def reject_unordered(stage: Stage, target: Target, low: str, high: str) -> None:
    """Reject rows whose `high` lies below their `low`, what is stored standing in for blank cells."""
    if not {low, high} & stage.given:
        return
    reason = f"{high} lies before {low}." if stage.types[low] == "date" else f"{high} is less than {low}."
    parts = _parts(target) | {"stage": stage.table, "table": target.table, "low": low, "high": high, "reason": reason}
    stage.reject(_UNORDERED.format(**parts))


def _parts(target: Target) -> dict[str, str]:
    fields = _fields(target.model)
    pairs = {name: (value.new, value.current or f"t.{name}") for name, value in target.values.items()}
    differs = [f"(({new}) IS NOT NULL AND ({new}) IS DISTINCT FROM {current})" for new, current in pairs.values()]
    same_key = [
        f"(t.{name} = {key} OR (t.{name} IS NULL AND {key} IS NULL))" if fields[name].null else f"t.{name} = {key}"
        for name, key in target.key.items()
    ]
    written = {name: value.new for name, value in target.values.items() if value.written}
    updates = [f"{name} = coalesce({new}, t.{name})" for name, new in written.items()]
    stamped = ["updated_at = now()"] if "updated_at" in fields else []
    columns, values = _insert_columns(target)
    shown_pairs = [
        (value.shown_current or pairs[name][1], value.shown_new or pairs[name][0])
        for name, value in target.values.items()
    ]
    first = next(iter(target.key))
    return {
        "differs": " OR ".join(differs) or "false",
        "joined": " AND ".join([*same_key, target.extra_join]),
        "same_key": " AND ".join(same_key),
        "keys": ", ".join(target.shown_key) or "s.line",
        "changed": ", ".join(differs) or "false",
        "before": ", ".join(f"({shown})::text" for shown, _ in shown_pairs) or "''",
        "after": ", ".join(f"({shown})::text" for _, shown in shown_pairs) or "''",
        "limit": str(SHOWN_CHANGES),
        "columns": ", ".join(columns),
        "values": ", ".join(values),
        "conflict": ", ".join(target.key),
        "conflict_updates": ", ".join(
            [f"{name} = excluded.{name}" for name in written] + stamped or [f"{first} = excluded.{first}"]
        ),
        "updates": ", ".join(updates + stamped) or f"{first} = t.{first}",
    }


def _fields(model: type[models.Model]) -> dict[str, Any]:
    return {str(field.column): field for field in model._meta.concrete_fields}


def _insert_columns(target: Target) -> tuple[list[str], list[str]]:
    columns, values = [], []
    for name, field in _fields(target.model).items():
        value = target.values.get(name)
        if field.primary_key:
            continue
        columns.append(name)
        if name in target.key:
            values.append(target.key[name])
        elif value is not None and value.written:
            values.append(f"coalesce({value.new}, %({name})s::{field.db_type(connection)})")
        elif name in ("created_at", "updated_at"):
            values.append("now()")
        else:
            values.append(f"%({name})s::{field.db_type(connection)}")
    return columns, values


def _insert_defaults(target: Target) -> dict[str, Any]:
    defaults = {}
    for name, field in _fields(target.model).items():
        default: Any = None if field.primary_key else field.get_default()
        defaults[name] = default.value if hasattr(default, "value") else default
    return defaults


def _preview(stage: Stage, target: Target, parts: dict[str, str]) -> list[Change]:
    changes = []
    names = list(target.values)
    for line, key, changed, before, after in stage.rows(_PREVIEW.format(**parts)):
        for name, is_changed, old, new in zip(names, changed, before, after, strict=True):
            if is_changed:
                changes.append(Change(line, key, name.removesuffix("_id"), old, new))
    return changes[:SHOWN_CHANGES]
