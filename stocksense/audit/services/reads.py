"""What happened, for pages and programs: changes of rows with what was before and after, and the access log.

Every read is a fixed number of queries: one finds the newest changes over all tables that are asked for, one reads
them with the version before each, one names the rows that they point to.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from psycopg import sql

from stocksense.audit.models import AccessEntry
from stocksense.audit.tracking import HistoryEvent, event_models, kept_fields

PAGE = 50
_NAMES = ("number", "sku", "code", "path", "name", "email", "currency", "label", "codename")

Position = tuple[datetime, int]


@dataclass(frozen=True)
class FieldChange:
    """One field before and after; None where there was or is nothing."""

    name: str
    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Change:
    """One change of one row."""

    number: int
    at: datetime
    kind: str
    """Model label in lower case, such as `inventory.item`."""
    kind_label: str
    row: str
    row_label: str
    action: str
    """`insert`, `update`, `delete` or `baseline` (what was there when history began)."""
    actor_id: int | None
    actor: str
    channel: str
    request_id: str
    reason: str
    role: str
    fields: list[FieldChange] = field(default_factory=list)

    @property
    def position(self) -> Position:
        """Where a page that ends here goes on."""
        return self.at, self.number


@dataclass(frozen=True)
class Query:
    """What to look for. `kinds` are labels of models; `rows` limits each kind to these primary keys."""

    kinds: Sequence[str] = ()
    rows: "Sequence[tuple[str, Any]]" = ()
    """(kind, primary key or SELECT of primary keys) pairs: only changes of these rows."""
    actor_id: int | None = None
    request_id: str = ""
    channel: str = ""
    action: str = ""
    number: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: Position | None = None


@cache
def kinds() -> dict[str, type[HistoryEvent]]:
    """Every kind of row with a history: label of the table's model in lower case, and its event model."""
    return {kind_of(_tracked(model)): model for model in event_models()}


def kind_of(model: type[models.Model]) -> str:
    """The kind of a model's rows; proxies share that of their table where they have their own history."""
    return model._meta.label_lower


def kind_labels() -> list[tuple[str, str]]:
    """(kind, what people call it) in alphabetical order."""
    named = [(kind, str(_tracked(event)._meta.verbose_name)) for kind, event in kinds().items()]
    return sorted(((kind, label[:1].upper() + label[1:]) for kind, label in named), key=lambda pair: pair[1].lower())


def changes(query: Query, *, size: int = PAGE) -> list[Change]:
    """The newest changes that fit, at most `size`, newest first. Three queries, whatever is found."""
    found = _found(query, size)
    if not found:
        return []
    versions = _versions(found)
    names = _names(versions.values())
    return [_change(event, versions[event, number], names) for event, number in found]


def of_object(row: models.Model, *, before: Position | None = None, size: int = PAGE) -> list[Change]:
    """Changes of a row and of the rows that are part of it (an order's lines), newest first."""
    return changes(Query(rows=parts_of(row), before=before), size=size)


def has_history(model: type[models.Model]) -> bool:
    """Whether changes of this model's rows are kept."""
    return kind_of(model) in kinds() or kind_of(_tracked_twin(model)) in kinds()


def stream(query: Query, *, size: int = 500) -> Iterator[Change]:
    """Every change that fits, newest first, read page by page."""
    while page := changes(query, size=size):
        yield from page
        if len(page) < size:
            return
        query = Query(**{**query.__dict__, "before": page[-1].position})


def accesses(
    *, user_id: int | None = None, request_id: str = "", since: datetime | None = None, until: datetime | None = None,
    before: int | None = None, size: int = PAGE,
) -> list[AccessEntry]:  # fmt: skip
    """Rows of the access log, newest first; one query. `before` is the id at which the page before ended."""
    given: dict[str, Any] = {
        "user_id": user_id, "request_id": request_id or None, "at__gte": since, "at__lt": until, "id__lt": before
    }  # fmt: skip
    rows = AccessEntry.objects.filter(**{name: value for name, value in given.items() if value is not None})
    return list(rows.order_by("-id")[:size])


def rows_of(kind: str, key: str, *, parts: bool = False) -> list[tuple[str, Any]]:
    """The row of that kind and key for a `Query`, with its parts where asked. Raises ValueError for what is no key."""
    model = _tracked(kinds()[kind])
    try:
        pk = model._meta.pk.to_python(key)
    except ValidationError as error:
        raise ValueError(key) from error
    if isinstance(pk, int) and abs(pk) > 2**63 - 1:
        raise ValueError(key)
    return parts_of(model(pk=pk)) if parts else [(kind, pk)]


def parts_of(row: models.Model, depth: int = 2) -> list[tuple[str, Any]]:
    """(kind, keys) of a row and of what is deleted with it, two levels deep."""
    model = type(row)
    kind = kind_of(model) if kind_of(model) in kinds() else kind_of(_tracked_twin(model))
    parts: list[tuple[str, Any]] = [(kind, row.pk)]
    for path, child in _children(model._meta.concrete_model or model, depth):
        keys = child._base_manager.filter(**{path: row.pk}).values("pk").order_by()
        parts.append((kind_of(child), keys))
    return parts


def _children(model: type[models.Model], depth: int) -> Iterator[tuple[str, type[models.Model]]]:
    for event in kinds().values():
        child = _tracked(event)
        for relation in child._meta.concrete_fields:
            if not isinstance(relation, models.ForeignKey) or relation.remote_field.on_delete is not models.CASCADE:
                continue
            if relation.remote_field.model._meta.concrete_model is not model:
                continue
            yield relation.name, child
            if depth > 1:
                yield from ((f"{path}__{relation.name}", deeper) for path, deeper in _children(child, depth - 1))


def _tracked(event: type[HistoryEvent]) -> Any:
    return event.pgh_tracked_model


def _tracked_twin(model: type[models.Model]) -> type[models.Model]:
    """The proxy under which a library's model is tracked; the model itself where there is none."""
    concrete = model._meta.concrete_model
    for event in kinds().values():
        if _tracked(event)._meta.concrete_model is concrete:
            tracked: type[models.Model] = _tracked(event)
            return tracked
    return model


_CONDITIONS = (
    ("actor_id", "pgh_actor_id = %s"),
    ("request_id", "pgh_request_id = %s AND pgh_request_id <> ''"),
    ("channel", "pgh_channel = %s"),
    ("action", "pgh_label = %s"),
    ("number", "pgh_id = %s"),
    ("since", "pgh_created_at >= %s"),
    ("until", "pgh_created_at < %s"),
)


def _found(query: Query, size: int) -> list[tuple[type[HistoryEvent], int]]:
    by_kind = dict.fromkeys(query.kinds or kinds())
    wanted = [(kind, keys) for kind, keys in query.rows] or [(kind, None) for kind in by_kind]
    branches, parameters = [], []
    conditions = [(text, getattr(query, name)) for name, text in _CONDITIONS if getattr(query, name) not in (None, "")]
    events: list[type[HistoryEvent]] = []
    for kind, keys in wanted:
        event = kinds().get(kind)
        if event is None:
            continue
        where, values = [text for text, _ in conditions], [value for _, value in conditions]
        if query.before is not None:
            where.append("(pgh_created_at, pgh_id) < (%s, %s)")
            values += query.before
        if keys is not None:
            text, given = _of_rows(event, keys)
            where.append(text)
            values += given
        branches.append(
            f"(SELECT {len(events)} AS branch, pgh_created_at, pgh_id FROM {_quoted(event._meta.db_table)}"
            f" WHERE {' AND '.join(where) or 'true'} ORDER BY pgh_created_at DESC, pgh_id DESC LIMIT {int(size)})"
        )
        parameters += values
        events.append(event)
    if not branches:
        return []
    union = " UNION ALL ".join(branches)
    statement = f"SELECT * FROM ({union}) AS found ORDER BY pgh_created_at DESC, pgh_id DESC LIMIT {int(size)}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(events[branch], number) for branch, _, number in cursor.fetchall()]


def _of_rows(event: type[HistoryEvent], keys: Any) -> tuple[str, list[Any]]:
    key = _quoted(_key(event))
    if not isinstance(keys, models.QuerySet):
        return f"{key} = %s", [keys]
    text, given = keys.query.sql_with_params()
    return f"{key} IN ({text})", list(given)


def _key(event: type[HistoryEvent]) -> str:
    return str(_tracked(event)._meta.pk.column)


def _versions(found: Iterable[tuple[type[HistoryEvent], int]]) -> dict[tuple[type[HistoryEvent], int], tuple[Any, Any]]:
    """Each change as it is, and the version of the row before it."""
    numbers: dict[type[HistoryEvent], list[int]] = {}
    for event, number in found:
        numbers.setdefault(event, []).append(number)
    events = list(numbers)
    branches = [
        f"SELECT {index}, e.pgh_id, to_jsonb(e), (SELECT to_jsonb(p) FROM {_quoted(event._meta.db_table)} p"
        f" WHERE p.{_quoted(_key(event))} = e.{_quoted(_key(event))} AND p.pgh_id < e.pgh_id"
        f" ORDER BY p.pgh_id DESC LIMIT 1) FROM {_quoted(event._meta.db_table)} e WHERE e.pgh_id = ANY(%s)"
        for index, event in enumerate(events)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(branches), [numbers[event] for event in events])
        return {
            (events[index], number): (_loaded(events[index], now), _loaded(events[index], then))
            for index, number, now, then in cursor.fetchall()
        }


def _loaded(event: type[HistoryEvent], value: Any) -> Any:
    if value is None:
        return None
    row = json.loads(value, parse_float=str) if isinstance(value, str) else value  # decimals keep their digits
    return {**row, "__kind__": kind_of(_tracked(event))}


def _names(versions: Iterable[tuple[Any, Any]]) -> dict[tuple[str, str], str]:
    """What people call the rows that changes point to: {(table, key): name}. One query."""
    wanted: dict[type[models.Model], set[int]] = {}
    for now, then in versions:
        for column, target in _targets(now):
            keys = {row[column] for row in (now, then) if row and row.get(column) is not None}
            if keys and _name_column(target):
                wanted.setdefault(target, set()).update(keys)
    if not wanted:
        return {}
    branches = [
        f"SELECT {sql.Literal(model._meta.db_table).as_string(None)} AS kind, {_quoted(model._meta.pk.column)}::text,"
        f" {_quoted(_name_column(model))}::text FROM {_quoted(model._meta.db_table)}"
        f" WHERE {_quoted(model._meta.pk.column)} = ANY(%s)"
        for model in wanted
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(branches), [list(keys) for keys in wanted.values()])
        return {(kind, key): name for kind, key, name in cursor.fetchall()}


def _targets(version: Any) -> Iterator[tuple[str, type[models.Model]]]:
    yield from _relations(version["__kind__"])


@cache
def _relations(kind: str) -> list[tuple[str, type[models.Model]]]:
    fields = _tracked(kinds()[kind])._meta.concrete_fields
    return [(row.column, row.remote_field.model) for row in fields if isinstance(row, models.ForeignKey)]


@cache
def _name_column(model: type[models.Model]) -> str:
    columns = {row.name: row.column for row in model._meta.concrete_fields}
    return next((str(columns[name]) for name in _NAMES if name in columns), "")


def _quoted(name: str | None) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _change(event: type[HistoryEvent], versions: tuple[Any, Any], names: dict[tuple[str, str], str]) -> Change:
    now, then = versions
    model = _tracked(event)
    return Change(
        number=now["pgh_id"],
        at=datetime.fromisoformat(now["pgh_created_at"]),
        kind=kind_of(model),
        kind_label=str(model._meta.verbose_name),
        row=str(now[_key(event)]),
        row_label=_row_label(model, now),
        action=now["pgh_label"],
        actor_id=now["pgh_actor_id"],
        actor=now["pgh_actor"],
        channel=now["pgh_channel"],
        request_id=now["pgh_request_id"],
        reason=now["pgh_reason"],
        role=now["pgh_role"],
        fields=list(_field_changes(event, now, then, names)),
    )


def _row_label(model: Any, version: Any) -> str:
    name = _name_column(model)
    return str((name and version.get(name)) or f"#{version[model._meta.pk.column]}")


def _field_changes(
    event: type[HistoryEvent], now: Any, then: Any, names: dict[tuple[str, str], str]
) -> Iterator[FieldChange]:
    model = _tracked(event)
    for kept in kept_fields(event):
        if kept.name == model._meta.pk.name:
            continue
        source = model._meta.get_field(kept.name) if kept.name in _field_names(model) else kept
        after = None if now["pgh_label"] == "delete" else now.get(kept.column)
        before = now.get(kept.column) if now["pgh_label"] == "delete" else (then or {}).get(kept.column)
        if now["pgh_label"] in {"insert", "baseline"}:
            before = None
        if before != after:
            label = str(getattr(source, "verbose_name", kept.name))
            yield FieldChange(kept.name, label, _shown(source, before, names), _shown(source, after, names))


@cache
def _field_names(model: Any) -> frozenset[str]:
    return frozenset(row.name for row in model._meta.concrete_fields)


def _shown(source: Any, value: Any, names: dict[tuple[str, str], str]) -> str | None:
    if value is None:
        return None
    if isinstance(source, models.ForeignKey):
        named = names.get((source.remote_field.model._meta.db_table, str(value)))
        return f"{named} (#{value})" if named else f"#{value}"
    if source.choices:
        return str(dict(source.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
