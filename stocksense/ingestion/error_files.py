"""Rejected rows, a file per kind: safe to open in a spreadsheet, to be mended there and imported again."""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from stocksense.ingestion import formula
from stocksense.ingestion.columns import ColumnType
from stocksense.ingestion.importers import importer_of
from stocksense.ingestion.rejects import META
from stocksense.ingestion.sources import normal_name

_TEXTS = frozenset({ColumnType.CODE, ColumnType.TEXT})
_NUMBER = re.compile(r"[+-]?[\d.,\s]+")


def split_errors(path: Path, kinds: Mapping[str, str]) -> list[Path]:
    """Write `<kind>.csv` beside the file of all rejected rows, for each file name in `kinds`; returns the files."""
    if not kinds:
        return []
    used = _used_columns(path, kinds)
    written = []
    with ExitStack() as stack, path.open(newline="", encoding="utf-8") as stream:
        writers: dict[str, Any] = {}
        for file, kind in kinds.items():
            target = path.with_name(f"{kind}.csv")
            out = stack.enter_context(target.open("w", newline="", encoding="utf-8"))
            writers[file] = csv.DictWriter(out, [*META, *used[file]], extrasaction="ignore")
            writers[file].writeheader()
            written.append(target)
        for row in csv.DictReader(stream):
            file = row["error_file"]
            texts = _text_columns(kinds[file])
            writers[file].writerow({name: _safe(name, cell, texts) for name, cell in row.items()})
    return written


def _used_columns(path: Path, kinds: Mapping[str, str]) -> dict[str, list[str]]:
    """The columns that each file had: those its kind knows, and those in which a rejected row holds something."""
    filled: dict[str, set[str]] = defaultdict(set)
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        columns = [name for name in reader.fieldnames or () if name not in META]
        for row in reader:
            filled[row["error_file"]].update(name for name in columns if row[name])
    return {
        file: [name for name in columns if name in filled[file] or normal_name(name) in importer_of(kind).names]
        for file, kind in kinds.items()
    }


def _text_columns(kind: str) -> set[str]:
    return {column.name for column in importer_of(kind).columns if column.type in _TEXTS}


def _safe(name: str, cell: str, texts: set[str]) -> str:
    """Text is read back without its apostrophe; numbers need none."""
    is_number = normal_name(name) not in texts and name not in META and _NUMBER.fullmatch(cell)
    return cell if is_number else formula.safe(cell)
