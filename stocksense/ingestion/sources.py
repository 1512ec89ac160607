"""Files of an import folder as batches of text cells, whatever their encoding, delimiter or format."""

import codecs
import csv
import gzip
import io
import itertools
import zlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from stocksense.ingestion import workbook
from stocksense.ingestion.errors import FileRefused

SUFFIXES = (".csv", ".csv.gz", ".xlsx")
BLOCK_BYTES = 8 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
LARGEST_UNPACKED = 8 * 1024**3
BATCH_ROWS = 50_000
LINE = "line"
EXTRA = "extra"
ZERO, SHOWN_ZERO = "\x00", "\u2400"
"""A character that PostgreSQL cannot store, and the sign that stands for it in reports."""

_END = "\ue000end of file\ue000"
"""Read after the last line: inside of a cell it says that a quotation mark was left open."""


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: cells c0, c1, … as text (blank is null), their `line`, and cells too many."""

    frame: pl.DataFrame


class Source(ABC):
    """One file, read as often as needed."""

    kind: str
    path: Path
    delimiter = ","
    plain_numbers = False

    @property
    def name(self) -> str:
        """The file's name, as people see it."""
        return self.path.name

    header: list[str]
    warnings: list[str]

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """All rows below the header, blank ones left out."""


def locate(folder: Path, kinds: Collection[str]) -> tuple[dict[str, Path], list[str]]:
    """The file of each known kind, and a warning for each file not used. Raises FileRefused for two of a kind."""
    found: dict[str, Path] = {}
    warnings = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or not path.is_file():
            continue
        suffix = next((end for end in SUFFIXES if path.name.lower().endswith(end)), "")
        kind = path.name[: -len(suffix)].lower() if suffix else ""
        if kind not in kinds:
            if path.suffix.lower() not in (".md", ".txt"):
                warnings.append(f"{path.name} is not used: its name is none of the known kinds.")
        elif kind in found:
            raise FileRefused(f"There are two files of the same kind: {found[kind].name} and {path.name}. Keep one.")
        else:
            found[kind] = path
    return found, warnings


def open_source(kind: str, path: Path, known: Collection[str]) -> Source:
    """The file ready to be read. `known` column names tell the delimiter. Raises FileRefused."""
    if path.name.lower().endswith(".xlsx"):
        return WorkbookSource(kind, path)
    return TextSource(kind, path, known)


@dataclass
class WorkbookSource(Source):
    """The first sheet of a workbook, or the one named as the kind; within the limits of `workbook`."""

    kind: str
    path: Path
    plain_numbers = True
    header: list[str] = field(init=False)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = workbook.read_rows(self.path, sheet=self.kind)
        self.header = [_title(cell or "") for cell in rows[0]] if rows else []
        self._frame = _frame([(number, cells) for number, cells in enumerate(rows[1:], start=2)], len(self.header))

    def batches(self) -> Iterator[Batch]:
        for frame in self._frame.iter_slices(BATCH_ROWS):
            yield Batch(frame)


@dataclass
class RowsSource(Source):
    """Rows that a program sent, as if they had come in a file; lines are their places, from 0."""

    kind: str
    rows: Sequence[Mapping[str, Any]]
    known: Sequence[str]
    path: Path = field(default_factory=Path)
    plain_numbers = True
    header: list[str] = field(init=False)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        given = {name for row in self.rows for name in row}
        self.header = [name for name in self.known if name in given]

    @property
    def name(self) -> str:
        """What the rows are of."""
        return self.kind

    def batches(self) -> Iterator[Batch]:
        """All of them at once."""
        lines = [(at, [_cell(row.get(name)) for name in self.header]) for at, row in enumerate(self.rows)]
        yield Batch(_frame(lines, len(self.header)))


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


@dataclass
class TextSource(Source):
    """A delimited text file, possibly gzipped, read in blocks."""

    kind: str
    path: Path
    known: Collection[str]
    delimiter: str = ","
    header: list[str] = field(init=False)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.encoding = self._detect_encoding()
        first = next(self._utf8_blocks(), b"")
        line = first.split(b"\n", 1)[0].decode().rstrip("\r")
        if not line.strip():
            raise FileRefused(f"{self.name} has no header row: write the column names in its first line.")
        self.delimiter = max(",;\t|", key=lambda mark: _familiar(line, mark, self.known))
        records = csv.reader(io.StringIO(first.decode(), newline=""), delimiter=self.delimiter)
        try:
            self.header = [_title(name) for name in next(records)]
        except csv.Error as error:
            raise FileRefused(f"{self.name}: the header cannot be read ({error}).") from error
        self._header_lines = records.line_num

    def batches(self) -> Iterator[Batch]:
        blocks = self._utf8_blocks()
        pending = next(blocks, b"")
        for _ in range(self._header_lines):
            pending = pending.partition(b"\n")[2]
        line = self._header_lines + 1
        while True:
            if b'"' in pending:
                yield from self._slow_batches(pending, blocks, line)
                return
            if pending:
                yield from self._plain_block(pending, line)
                line += pending.count(b"\n") + (not pending.endswith(b"\n"))
            following = next(blocks, None)
            if following is None:
                return
            pending = following

    def _plain_block(self, block: bytes, line: int) -> Iterator[Batch]:
        width = len(self.header)
        schema = {f"c{index}": pl.String for index in range(width)}
        try:
            frame = pl.read_csv(
                block, has_header=False, schema=schema, separator=self.delimiter, quote_char=None,
                missing_columns="insert", row_index_name=LINE, row_index_offset=line,
            )  # fmt: skip
        except pl.exceptions.PolarsError:
            yield from self._slow_batches(block, iter(()), line)
            return
        yield Batch(_tidy(frame.with_columns(pl.lit(None, pl.String).alias(EXTRA)), width))

    def _slow_batches(self, first: bytes, rest: Iterator[bytes], line: int) -> Iterator[Batch]:
        """Quoted cells and ragged rows, one record at a time."""
        records = csv.reader(itertools.chain(_lines(first, rest), [_END]), delimiter=self.delimiter)
        rows: list[tuple[int, Sequence[str | None]]] = []
        start = line
        try:
            for cells in records:
                if cells and cells[-1].endswith(_END):
                    if len(cells) > 1 or cells[0] != _END:
                        raise FileRefused(f"{self.name}: the quotation mark in the row of line {start} is left open.")
                    break
                rows.append((start, cells))
                start = line + records.line_num
                if len(rows) >= BATCH_ROWS:
                    yield Batch(_frame(rows, len(self.header)))
                    rows = []
        except csv.Error as error:
            raise FileRefused(
                f"{self.name}: the row from line {start} on cannot be read ({error}). Is a quotation mark left open?"
            ) from error
        if rows:
            yield Batch(_frame(rows, len(self.header)))

    def _open(self) -> BinaryIO:
        if self.path.name.lower().endswith(".gz"):
            return gzip.open(self.path, "rb")  # type: ignore[return-value]
        return self.path.open("rb")

    def _raw_blocks(self) -> Iterator[bytes]:
        total = 0
        try:
            with self._open() as stream:
                while block := stream.read(BLOCK_BYTES):
                    total += len(block)
                    if total > LARGEST_UNPACKED:
                        raise FileRefused(f"{self.name} unpacks to more than {LARGEST_UNPACKED // 1024**3} GB.")
                    yield block
        except (EOFError, OSError, zlib.error) as error:
            raise FileRefused(f"{self.name} cannot be read: {error}.") from error

    def _detect_encoding(self) -> str:
        """UTF-8 unless a byte order mark or its absence from valid UTF-8 says otherwise."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        first = True
        for block in self._raw_blocks():
            if first and (encoding := _utf16(block)):
                return encoding
            first = False
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return self._fall_back()
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return self._fall_back()
        return "utf-8-sig"

    def _fall_back(self) -> str:
        self.warnings.append("It is not UTF-8; it was read as Windows-1252. Check letters with accents.")
        return "cp1252"

    def _utf8_blocks(self) -> Iterator[bytes]:
        """The file as UTF-8, cut at line ends (lone carriage returns too), without byte order mark."""
        decoder = None if self.encoding == "utf-8-sig" else codecs.getincrementaldecoder(self.encoding)("replace")
        rest = b""
        first, only_returns = True, False
        for raw in self._raw_blocks():
            block = raw if decoder is None else decoder.decode(raw).encode()
            if first:
                block = block.removeprefix(codecs.BOM_UTF8)
                first, only_returns = False, b"\r" in block and b"\n" not in block
            if only_returns:
                block = block.replace(b"\r", b"\n")
            whole, newline, tail = (rest + block).rpartition(b"\n")
            if len(tail) > LONGEST_LINE:
                raise FileRefused(f"{self.name} has a line of more than {LONGEST_LINE // 1024} KB; is it a CSV file?")
            if newline:
                yield whole + newline
            rest = tail
        if rest:
            yield rest


def _title(name: str) -> str:
    return name.replace(ZERO, SHOWN_ZERO)


def _utf16(block: bytes) -> str:
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = block[:200]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > len(start) // 4 else ""


def _familiar(line: str, mark: str, known: Collection[str]) -> tuple[int, int]:
    names = [normal_name(name) for name in line.replace('"', "").split(mark)]
    return sum(name in known for name in names), len(names)


def normal_name(name: str) -> str:
    """A column name as the specifications write it."""
    return "_".join(name.strip().strip("*\ufeff").lower().replace("-", " ").replace("_", " ").split())


def _lines(first: bytes, rest: Iterator[bytes]) -> Iterator[str]:
    for block in itertools.chain([first], rest):
        yield from io.StringIO(block.decode(), newline="")


def _frame(rows: Sequence[tuple[int, Sequence[str | None]]], width: int) -> pl.DataFrame:
    """A batch from records of any width; what stands beyond the header goes to `extra`."""
    columns = {
        f"c{index}": [cells[index] if index < len(cells) else None for _, cells in rows] for index in range(width)
    }
    extra = [" ".join(cell for cell in cells[width:] if cell) or None for _, cells in rows]
    frame = pl.DataFrame(
        {LINE: [line for line, _ in rows], **columns, EXTRA: extra},
        schema={LINE: pl.Int64, **dict.fromkeys(columns, pl.String), EXTRA: pl.String},
    )
    return _tidy(frame, width)


def _tidy(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """Blank cells as null, blank rows left out."""
    names = [f"c{index}" for index in range(width)]
    cells = [pl.col(name).str.strip_chars().replace("", None).alias(name) for name in names]
    tidy = frame.with_columns(pl.col(LINE).cast(pl.Int64), *cells)
    return tidy.filter(pl.any_horizontal(pl.col(*names, EXTRA).is_not_null()))
