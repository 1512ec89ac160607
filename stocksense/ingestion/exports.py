"""Data out: rows stream from the database into a CSV, gzipped CSV or XLSX file, however many they are."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.db import connection
from psycopg import Copy

from stocksense.core.errors import InvalidInput
from stocksense.ingestion import exporters, formula
from stocksense.ingestion.columns import Column, ColumnType
from stocksense.ingestion.exporters import Export

SUFFIXES: Final = (".csv", ".csv.gz", ".xlsx")
MOST_SHEET_ROWS: Final = 1_048_575
EXACT_DIGITS: Final = 15
"""Digits that a number of a workbook can hold; longer numbers are written as text."""

Write = Callable[[Export, Path], int]
WriteCell = Callable[[int, int, str], Any]


class FileExists(InvalidInput):
    """The file is there already and may not be overwritten."""

    code = "file_exists"


def export(kind: str, file: Path, *, scenario: str | None = None, overwrite: bool = False) -> int:
    """Write the rows of a kind to `file`, in the format of its ending; returns how many.

    The file appears whole or not at all. Results of runs are those of the scenario's current run (default: the
    baseline). Raises FileExists, NothingToExport and InvalidInput (unknown kind, ending or folder; too many rows for
    a workbook).
    """
    write = _writer(file)
    prepared = exporters.prepare(kind, scenario=scenario)
    if not file.parent.is_dir():
        raise InvalidInput(f"There is no folder {file.parent}.")
    if file.exists() and not overwrite:
        raise FileExists(f"{file} exists already. Choose another name, or allow it to be overwritten (--force).")
    with _whole(file) as unfinished:
        return write(prepared, unfinished)


def export_csv(kind: str, stream: BinaryIO, *, scenario: str | None = None) -> int:
    """Write the rows of a kind as CSV to a stream; returns how many. Raises as `export`."""
    return _write_csv(exporters.prepare(kind, scenario=scenario), stream)


def _writer(file: Path) -> Write:
    name = file.name.lower()
    if name.endswith(".csv"):
        return _csv_file
    if name.endswith(".csv.gz"):
        return _gzip_file
    if name.endswith(".xlsx"):
        return _workbook_file
    raise InvalidInput(f"{file.name} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, which tells the format.")


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A hidden file beside `file` that takes its name once it is complete."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield unfinished
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)


def _csv_file(prepared: Export, path: Path) -> int:
    with path.open("wb") as stream:
        return _write_csv(prepared, stream)


def _gzip_file(prepared: Export, path: Path) -> int:
    with path.open("wb") as packed, gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=6) as stream:
        return _write_csv(prepared, stream)


def _write_csv(prepared: Export, stream: Any) -> int:
    with _copy(prepared, "FORMAT csv, HEADER true") as copy:
        for block in copy:
            stream.write(block)
        return copy.cursor.rowcount


def _workbook_file(prepared: Export, path: Path) -> int:
    from xlsxwriter import Workbook

    count = 0
    with Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(prepared.kind)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [column.name for column in prepared.columns], book.add_format({"bold": True}))
        writers = [_cell_writer(sheet, column) for column in prepared.columns]
        with _copy(prepared, "FORMAT text") as copy:
            for count, cells in enumerate(copy.rows(), start=1):
                if count > MOST_SHEET_ROWS:
                    raise InvalidInput(f"A workbook holds {MOST_SHEET_ROWS:,} rows, too few for these. Use .csv.gz.")
                for position, cell in enumerate(cells):
                    if cell is not None:
                        writers[position](count, position, cell)
    return count


def _cell_writer(sheet: Any, column: Column) -> WriteCell:
    if column.type in _NUMBERS:
        return partial(_write_number, sheet)
    return partial(_write_date, sheet) if column.type is ColumnType.DATE else sheet.write_string


def _write_number(sheet: Any, row: int, position: int, cell: str) -> None:
    if len(cell) <= EXACT_DIGITS or sum(mark.isdigit() for mark in cell) <= EXACT_DIGITS:
        sheet.write_number(row, position, float(cell))
    else:
        sheet.write_string(row, position, cell)


def _write_date(sheet: Any, row: int, position: int, cell: str) -> None:
    if cell[:1].isdigit():
        sheet.write_datetime(row, position, date.fromisoformat(cell))
    else:
        sheet.write_string(row, position, cell)


@contextmanager
def _copy(prepared: Export, options: str) -> Iterator[Copy]:
    names = [column.name for column in prepared.columns]
    cells = ", ".join(f"{_cell(column)} AS {column.name}" for column in prepared.columns)
    rows = f"SELECT {cells} FROM ({prepared.query.sql}) AS t ({', '.join(names)})"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({rows}) TO STDOUT ({options})", prepared.query.parameters) as copy,
    ):
        yield copy


def _cell(column: Column) -> str:
    """SQL of a column's text: numbers without trailing zeros, 1 and 0, text that no spreadsheet computes."""
    stored = f"t.{column.name}"
    if column.type is ColumnType.FLAG:
        return f"({stored})::boolean::int"
    if column.type in _NUMBERS:
        return f"trim_scale(round(({stored})::numeric, {column.decimals}))"
    if column.type is ColumnType.DATE:
        return stored
    return f"nullif({formula.safe_sql(f'({stored})::text')}, '')"


_NUMBERS: Final = frozenset({ColumnType.DECIMAL, ColumnType.INTEGER})
