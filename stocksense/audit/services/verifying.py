"""Does what is there now agree with what was sealed? Says which day, table and rows do not."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from pgtrigger import registry

from stocksense.audit.models import Seal
from stocksense.audit.services.access import KEPT
from stocksense.audit.services.sealing import (
    DAY_CLOSED,
    FIRST,
    SHORT,
    Digest,
    Sealed,
    columns_of,
    hash_of,
    read_digest,
    sealed_tables,
)
from stocksense.audit.tracking import HistoryTrigger
from stocksense.core import clock

SHOWN = 20
"""Rows named by number in one finding; more are counted."""


@dataclass(frozen=True)
class Finding:
    """One disagreement: where, and what is wrong."""

    table: str
    day: date | None
    said: str

    def __str__(self) -> str:
        return f"{self.day or ''} {self.table}: {self.said}".strip()


@dataclass
class Verification:
    """What was looked at and what was found."""

    findings: list[Finding]
    seals: int = 0
    rows: int = 0
    retired: int = 0
    """Days of the access log that aged out: sealed, and gone as they should be."""
    newest: str = ""
    """The hash that closes the chain: keep it elsewhere, and ask for it later with `expect`."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(*, since: date | None = None, expect: str = "") -> Verification:
    """Check the chain, every sealed day from `since` on, and that every history trigger is in force.

    `expect` is a hash told by an earlier sealing: a chain without it was made anew or cut short.
    """
    seals = list(Seal.objects.order_by("number"))
    result = Verification(list(_chain(seals, expect)), seals=len(seals), newest=seals[-1].hash if seals else "")
    tables = {table.table: table for table in sealed_tables()}
    for seal in seals:
        if seal.table != DAY_CLOSED and (since is None or seal.day >= since):
            _check(seal, tables.get(seal.table), result)
    result.findings += _unsealed(seals, list(tables.values()), since)
    result.findings += _triggers()
    return result


def _chain(seals: list[Seal], expect: str) -> Iterator[Finding]:
    previous, number = FIRST, 0
    for seal in seals:
        number += 1
        if seal.number != number:
            yield Finding("audit_seal", seal.day, f"seals {number} to {seal.number - 1} were deleted")
            number = seal.number
        if hash_of(seal) != seal.hash:
            yield Finding("audit_seal", seal.day, f"seal {seal.number} ({seal.table}) was changed")
        elif seal.previous != previous:
            yield Finding("audit_seal", seal.day, f"seal {seal.number} ({seal.table}) does not follow the one before")
        previous = seal.hash
    if expect and expect not in {seal.hash for seal in seals}:
        yield Finding("audit_seal", None, "no seal has the expected hash: the chain was made anew or cut short")


def _check(seal: Seal, table: Sealed | None, result: Verification) -> None:
    if table is None:
        result.findings.append(Finding(seal.table, seal.day, "the table is not known any more"))
        return
    if table.is_access_log and not _has_partition(table.table, seal.day):
        if seal.day < clock.now().date() - KEPT:
            result.retired += 1
        else:
            result.findings.append(Finding(seal.table, seal.day, f"the whole day ({seal.rows} rows) was deleted"))
        return
    missing = set(seal.columns) - set(columns_of(seal.table))
    if missing:
        gone = ", ".join(sorted(missing))
        result.findings.append(Finding(seal.table, seal.day, f"cannot be checked without the column {gone}"))
        return
    now = read_digest(table, seal.day, seal.columns)
    result.rows += now.rows
    if now.whole != seal.digest:
        result.findings.append(Finding(seal.table, seal.day, _difference(table, seal, now)))


def _difference(table: Sealed, seal: Seal, now: Digest) -> str:
    kept = table.lists._default_manager.filter(seal_number=seal.number).order_by("position")
    chunks = [(bytes(row.numbers), bytes(row.digests)) for row in kept]
    if hashlib.sha256(b"".join(numbers + digests for numbers, digests in chunks)).hexdigest() != seal.lists_digest:
        return f"the rows ({now.rows}, sealed {seal.rows}) and the list of sealed rows were changed"
    before, after = _by_number(chunks), _by_number(now.chunks)
    parts = [
        ("changed", sorted(number for number in before.keys() & after.keys() if before[number] != after[number])),
        ("inserted", sorted(after.keys() - before.keys())),
        ("deleted", sorted(before.keys() - after.keys())),
    ]
    return "; ".join(_rows(what, numbers) for what, numbers in parts if numbers)


def _by_number(chunks: list[tuple[bytes, bytes]]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for numbers, digests in chunks:
        for index, number in enumerate(struct.unpack(f">{len(numbers) // 8}q", numbers)):
            found[number] = digests[index * SHORT : (index + 1) * SHORT]
    return found


def _rows(what: str, numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return f"{'row' if len(numbers) == 1 else 'rows'} {what}: {shown}{more}"


def _unsealed(seals: list[Seal], tables: list[Sealed], since: date | None) -> Iterator[Finding]:
    """Rows of sealed days in tables that had none when the day was sealed."""
    closed = [seal.day for seal in seals if seal.table == DAY_CLOSED]
    if not closed:
        return
    first, last = max(closed[0], since or closed[0]), closed[-1]
    known = {(seal.table, seal.day) for seal in seals}
    for table in tables:
        day = f'"{table.day_column}"' if table.is_access_log else f"(\"{table.day_column}\" AT TIME ZONE 'UTC')::date"
        bounds = {"day": first, "end": last + timedelta(days=1)}
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT {day}, count(*), min("{table.key}"), max("{table.key}") FROM "{table.table}"'
                f" WHERE \"{table.day_column}\" >= (%(day)s::date)::timestamp AT TIME ZONE 'UTC'"
                f" AND \"{table.day_column}\" < (%(end)s::date)::timestamp AT TIME ZONE 'UTC' GROUP BY 1 ORDER BY 1",
                bounds,
            )
            for on, rows, low, high in cursor.fetchall():
                if (table.table, on) not in known:
                    numbers = f"{low}" if rows == 1 else f"{low} to {high}"
                    yield Finding(table.table, on, f"{_rows_word(rows)} inserted after the day was sealed: {numbers}")


def _rows_word(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def _has_partition(table: str, day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}_{day:%Y%m%d}"])
        return bool(cursor.fetchone()[0])


def _triggers() -> Iterator[Finding]:
    """History triggers that are missing, switched off or not the ones of this version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname, tgenabled::text, obj_description(oid) FROM pg_trigger")
        found = {(table, name): (enabled, comment) for table, name, enabled, comment in cursor.fetchall()}
    for model, trigger in registry.registered():
        if not isinstance(trigger, HistoryTrigger):
            continue
        enabled, comment = found.get((model._meta.db_table, trigger.get_pgid(model)), ("", ""))
        wrong = {"": "is missing", "D": "is switched off", "R": "is switched off"}.get(enabled)
        if wrong is None and comment != trigger.compile(model).hash:
            wrong = "is not the one of this version"
        if wrong:
            yield Finding(model._meta.db_table, None, f"the trigger {trigger.name} {wrong}")
