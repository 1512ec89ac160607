"""Workbooks, read within limits: a small file can hold a sheet that fills all memory."""

import re
import zipfile
import zlib
from copy import copy
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from stocksense.ingestion.errors import FileRefused

MOST_BYTES: Final = 300 * 1024 * 1024
MOST_CELLS: Final = 20_000_000
MOST_PARTS: Final = 2_000
READ_BYTES: Final = 1024 * 1024
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")

Cell = str | None


def read_rows(path: Path, *, sheet: str) -> list[list[Cell]]:
    """All rows of the sheet of that name, else of the first one, as text. Raises FileRefused."""
    require_harmless(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        chosen = next((name for name in names if name.strip().lower() == sheet), names[0] if names else None)
        if chosen is None:
            raise FileRefused(f"{path.name} has no sheet.")
        rows = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise FileRefused(f"{path.name} is not a workbook that can be read: {error}.") from error
    return [[_text(cell) for cell in row] for row in rows]


def require_harmless(path: Path) -> None:
    """Refuse a workbook that unpacks to too much, or whose cells span too wide an area, before it is opened."""
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise FileRefused(f"{path.name} has too many parts for a workbook.")
            if sum(part.file_size for part in parts) > MOST_BYTES:
                raise _too_large(path)
            for part in parts:
                total += _unpacked(path, archive, part, MOST_BYTES - total)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileRefused(f"{path.name} is not a workbook that can be read: {error}.") from error


def _unpacked(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Bytes that a part really unpacks to, whatever the archive says of its size."""
    honest = copy(part)
    honest.file_size = left + 1
    size, columns, rows, tail = 0, 0, 0, b""
    with archive.open(honest) as stream:
        while block := stream.read(READ_BYTES):
            size += len(block)
            if size > left:
                raise _too_large(path)
            if _SHEET.match(part.filename):
                cells = _CELL.findall(tail + block)
                tail = block[-24:]
                columns = max(columns, max((_column_number(letters) for letters, _ in cells), default=0))
                rows = max(rows, max((int(row) for _, row in cells), default=0))
                if columns * rows > MOST_CELLS:
                    raise FileRefused(
                        f"{path.name} has a sheet of {rows} rows and {columns} columns; "
                        "delete stray cells far out, or use CSV."
                    )
    return size


def _too_large(path: Path) -> FileRefused:
    return FileRefused(f"{path.name} unpacks to more than {MOST_BYTES // 1024**2} MB; use CSV for so much data.")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(cell: object) -> Cell:
    """A cell as a CSV would hold it: ISO dates, plain numbers, 1 and 0 for true and false."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
