"""Seals: what a past day held, chained to the day before, so that a later change of it shows.

A day is sealed when no transaction can add to it any more: rows carry the database's own time of writing, and sealing
waits until every transaction that was under way after midnight has ended.
"""

import hashlib
import json
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from stocksense.audit.models import AccessEntry, Seal, SealedAccess, SealedHistory, SealedRows
from stocksense.audit.tracking import event_models
from stocksense.core.database.partitions import ensure_partitions
from stocksense.core.errors import Conflict

CHUNK = 10_000
GRACE = timedelta(minutes=10)
"""How long after midnight a day is left alone, for clocks that are set back a little."""

PATIENCE_SECONDS = 60.0
FIRST = "0" * 64
DAY_CLOSED = "*"
SHORT = 8
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('stocksense audit seal'))"


@dataclass(frozen=True)
class Sealed:
    """A table under seal: its key, and the column that says to which day a row belongs."""

    model: type[models.Model]
    key: str
    day_column: str
    lists: type[SealedRows]

    @property
    def table(self) -> str:
        """Its name in the database."""
        return self.model._meta.db_table

    @property
    def is_access_log(self) -> bool:
        """Whether its days age out."""
        return self.lists is SealedAccess

    def of_day(self) -> str:
        """SQL that a row belongs to the day %(day)s."""
        if self.is_access_log:
            return f'"{self.day_column}" = %(day)s'
        day = "(%(day)s::date)::timestamp AT TIME ZONE 'UTC'"
        return f'"{self.day_column}" >= {day} AND "{self.day_column}" < ({day} + interval \'1 day\')'


@dataclass
class Digest:
    """The rows of one table and day, as far as they were read."""

    rows: int = 0
    chunks: list[tuple[bytes, bytes]] = field(default_factory=list)
    _whole: Any = field(default_factory=hashlib.sha256)
    _lists: Any = field(default_factory=hashlib.sha256)

    def add(self, numbers: Sequence[int], digests: Sequence[bytes]) -> None:
        """Take in the next rows, in order of their number."""
        for number, row in zip(numbers, digests, strict=True):
            self._whole.update(struct.pack(">q", number) + row)
        chunk = (struct.pack(f">{len(numbers)}q", *numbers), b"".join(row[:SHORT] for row in digests))
        self._lists.update(chunk[0] + chunk[1])
        self.chunks.append(chunk)
        self.rows += len(numbers)

    @property
    def whole(self) -> str:
        """SHA-256 over all rows."""
        return str(self._whole.hexdigest())

    @property
    def lists(self) -> str:
        """SHA-256 over the lists kept with the seal."""
        return str(self._lists.hexdigest())


def sealed_tables() -> list[Sealed]:
    """Every table under seal."""
    history = [Sealed(model, "pgh_id", "pgh_created_at", SealedHistory) for model in event_models()]
    return [*history, Sealed(AccessEntry, "id", "recorded_on", SealedAccess)]


def seal_past_days() -> list[tuple[date, str]]:
    """Seal every finished day that is not sealed yet; returns each with the hash that closes it.

    Raises Conflict where transactions from before are still under way after a minute of waiting.
    """
    last = _last_day()
    if not _open_days(last):
        return []
    _wait_until_settled()
    sealed = []
    for day in _open_days(last):
        closed = _seal_day(day)
        if closed is not None:
            sealed.append((day, closed))
    return sealed


def _seal_day(day: date) -> str | None:
    """Seal one day in a transaction of its own; None where another process did meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        newest = Seal.objects.order_by("-number").first()
        if newest is not None and newest.day >= day:
            return None
        number, previous = (newest.number, newest.hash) if newest else (0, FIRST)
        tables = 0
        for table in sealed_tables():
            columns = columns_of(table.table)
            digest = read_digest(table, day, columns)
            if digest.rows:
                number, tables = number + 1, tables + 1
                previous = _write(number, day, table.table, columns, digest.rows, digest.whole, digest.lists, previous)
                _write_lists(table, number, day, digest)
        return _write(number + 1, day, DAY_CLOSED, [], tables, "", "", previous)


def _write(
    number: int, day: date, table: str, columns: list[str], rows: int, digest: str, lists: str, previous: str
) -> str:
    seal = Seal(
        number=number, day=day, table=table, columns=columns, rows=rows, digest=digest, lists_digest=lists,
        previous=previous, sealed_at=_database_time(),
    )  # fmt: skip
    seal.hash = hash_of(seal)
    seal.save(force_insert=True)
    return seal.hash


def hash_of(seal: Seal) -> str:
    """SHA-256 over what a seal says and the hash of the one before."""
    said = [
        seal.number, seal.day.isoformat(), seal.table, list(seal.columns), seal.rows, seal.digest, seal.lists_digest,
        seal.previous, seal.sealed_at.isoformat(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def _write_lists(table: Sealed, number: int, day: date, digest: Digest) -> None:
    extra = {"day": day} if table.is_access_log else {}
    if table.is_access_log:
        ensure_partitions(SealedAccess, [day])
    table.lists._default_manager.bulk_create(
        (
            table.lists(seal_number=number, position=position, numbers=numbers, digests=digests, **extra)
            for position, (numbers, digests) in enumerate(digest.chunks)
        ),
        batch_size=20,
    )


def columns_of(table: str) -> list[str]:
    """The columns of a table, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            ' ORDER BY attname COLLATE "C"',
            [table],
        )
        return [str(name) for (name,) in cursor.fetchall()]


def read_digest(table: Sealed, day: date, columns: Sequence[str]) -> Digest:
    """Digest of the rows that a table holds for a day, over these columns, in chunks of 10,000 rows."""
    digest = Digest()
    for numbers, digests in _read(table, day, columns):
        digest.add(numbers, digests)
    return digest


def _read(table: Sealed, day: date, columns: Sequence[str]) -> Iterator[tuple[list[int], list[bytes]]]:
    values = ", ".join(f'"{column}"' for column in columns)
    query = (
        f"SELECT \"{table.key}\", sha256(convert_to(jsonb_build_array({values})::text, 'UTF8'))"
        f' FROM "{table.table}" WHERE {table.of_day()} AND "{table.key}" > %(after)s'
        f' ORDER BY "{table.key}" LIMIT {CHUNK}'
    )
    after = -(2**62)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(query, {"day": day, "after": after})
            found = cursor.fetchall()
            if found:
                yield [number for number, _ in found], [bytes(digest) for _, digest in found]
            if len(found) < CHUNK:
                return
            after = found[-1][0]


def _last_day() -> date | None:
    return Seal.objects.order_by("-number").values_list("day", flat=True).first()


def _open_days(last: date | None) -> list[date]:
    """Finished days after the last sealed one; without any, from the first day that holds a row."""
    end = (_database_time() - GRACE).date()
    first = last + timedelta(days=1) if last else _first_day()
    return [] if first is None else [first + timedelta(days=step) for step in range((end - first).days)]


def _first_day() -> date | None:
    found = []
    for table in sealed_tables():
        first = table.model._default_manager.aggregate(first=models.Min(table.day_column))["first"]
        found.append(first.date() if isinstance(first, datetime) else first)
    return min((day for day in found if day is not None), default=None)


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
        return at


def _wait_until_settled() -> None:
    """Wait until every transaction that writes now has ended: only they can still add rows of a past day."""
    if connection.in_atomic_block:
        raise RuntimeError("Days are sealed outside of a transaction: inside of one, the others' end cannot be seen.")
    with connection.cursor() as cursor:
        # A number of our own is above all that were given out; a snapshot's xmax would miss the newest one at work.
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (horizon,) = cursor.fetchone()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %s", [horizon])
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > deadline:
                raise Conflict("Past days are not sealed yet: a transaction from before is still under way.")
            time.sleep(0.2)
