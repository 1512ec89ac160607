"""Lists as files: all rows of a filtered list as CSV or XLSX, in constant memory, safe to open in a spreadsheet.

The file is written to disk first and sent then. So whatever goes wrong is still a problem document; no cursor of the
database waits for a slow reader; and the file is one consistent reading of the list.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse
from rest_framework import exceptions

from stocksense.core import clock, formula
from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.renderers import decimal_text, dump
from stocksense.core.api.rows import Json, Shape

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = (CSV, XLSX)
FORMATS = {"json": "application/json", "csv": CSV, "xlsx": XLSX}
MOST_ROWS = {CSV: 1_000_000, XLSX: 100_000}
_CHUNK = 2_000
_EXACT_DIGITS = 15
"""What a spreadsheet's numbers hold; longer ones are written as text there."""


class TooManyRows(exceptions.APIException):
    """The list is longer than a file may be."""

    status_code = 422
    default_code = "too_many_rows"
    default_detail = "The list is too long for a file. Narrow it by filters, or read it page by page."


def wanted(query: Any, accepted: str | None) -> str | None:
    """The media type of the file that is asked for, by `format=` or Accept; None for JSON."""
    if (named := query.get("format")) is not None:
        if named not in FORMATS:
            raise UnknownParameters({"format": [f"Known are {', '.join(FORMATS)}."]})
        accepted = FORMATS[named]
    return accepted if accepted in TYPES else None


def answer(rows: "QuerySet[Any]", shape: Shape, *, media_type: str, name: str) -> FileResponse:
    """The rows as a file. Raises TooManyRows, and UnknownParameters for children, which are no columns."""
    if nested := [one for one in shape.expand if one in shape.row.children]:
        raise UnknownParameters({"expand": [f"{', '.join(nested)}: rows of rows have no place in a table."]})
    records: Any = rows.values_list(*shape.paths()).iterator(chunk_size=_CHUNK)
    # (in a transaction the server-side cursor reads on as we go; outside of one it would copy the result first)
    with transaction.atomic(), closing(records):
        shown = (_flat(shape.json(values)) for values in records)
        return table(_columns(shape), shown, media_type=media_type, name=name)


def table(columns: list[str], rows: Iterator[Json], *, media_type: str, name: str) -> FileResponse:
    """Rows of these columns as a file. Raises TooManyRows."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the answer)
    write: Callable[[IO[bytes], list[str], Iterable[Json]], None] = _write_csv if media_type == CSV else _write_xlsx
    try:
        write(file, columns, _limited(rows, MOST_ROWS[media_type]))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    ending = "csv" if media_type == CSV else "xlsx"
    filename = f"{name}-{clock.now().date()}.{ending}"
    content_type = f"{CSV}; charset=utf-8" if media_type == CSV else XLSX
    return FileResponse(file, as_attachment=True, filename=filename, content_type=content_type)


def _limited(rows: Iterator[Json], most: int) -> Iterator[Json]:
    for number, row in enumerate(rows):
        if number == most:
            raise TooManyRows(f"A file holds up to {most:,} rows. Narrow the list by filters, or read it page by page.")
        yield row


def _columns(shape: Shape) -> list[str]:
    """The header: fields as named, those of expanded rows after their row's name and a point."""
    related = {name: list(shape.row.expandable[name][1].columns()) for name in shape.expand}
    names = [*shape.fields, *(name for name in related if name not in shape.fields)]
    return [column for name in names for column in _named(name, related.get(name))]


def _named(name: str, columns: Sequence[str] | None) -> list[str]:
    return [name] if columns is None else [f"{name}.{column}" for column in columns]


def _flat(row: Json) -> Json:
    if not any(isinstance(value, dict) for value in row.values()):
        return row
    flat: Json = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": found for inner, found in value.items()}
        flat[name] = value
    return flat


def _write_csv(file: IO[bytes], columns: list[str], rows: Iterable[Json]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_text(row.get(column)) for column in columns] for row in rows)
    text.flush()
    text.detach()


def _text(value: Any) -> str:
    """A cell: numbers and dates as JSON has them, text so that no spreadsheet computes it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return formula.safe(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, int | float | date):
        return str(value)
    return formula.safe(dump(value).decode())


def _write_xlsx(file: IO[bytes], columns: list[str], rows: Iterable[Json]) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column)
        for number, row in enumerate(rows, start=1):
            for at, column in enumerate(columns):
                _write_cell(sheet, number, at, row.get(column))


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and _is_exact(value):
        sheet.write_number(row, column, float(value))
    else:
        sheet.write_string(row, column, _text(value))


def _is_exact(value: float | Decimal) -> bool:
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    return len(Decimal(value).normalize().as_tuple().digits) <= _EXACT_DIGITS
