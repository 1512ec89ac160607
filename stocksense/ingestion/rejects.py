"""Rows that cannot be taken, with the reason of each, and the file of them that a person can mend."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from stocksense.ingestion.report import SHOWN_REJECTS, Reject
from stocksense.ingestion.sources import LINE, SHOWN_ZERO, ZERO, Source

SCHEMA = {LINE: pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}
META = ("error_file", "error_line", "error_column", "error_value", "error_reason")


class Rejects:
    """The rejected rows of one file. A row may have several problems; it counts once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: set[int] = set()
        self._frames: list[pl.DataFrame] = []

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, frame: pl.DataFrame) -> None:
        """Add problems: line, column, value, reason."""
        if not frame.is_empty():
            self.lines.update(frame[LINE].to_list())
            typed = frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
            self._frames.append(typed.with_columns(pl.col("value").str.replace_all(ZERO, SHOWN_ZERO, literal=True)))

    def add_rows(self, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Add problems as (line, column, value, reason)."""
        self.add(pl.DataFrame(rows, schema=SCHEMA, orient="row"))

    def by_line(self) -> pl.DataFrame:
        """One row per rejected line: its first column and value, all reasons in one text."""
        if not self._frames:
            return pl.DataFrame(schema=SCHEMA)
        problems = pl.concat(self._frames)
        return (
            problems.group_by(LINE, maintain_order=True)
            .agg(pl.col("column").first(), pl.col("value").first(), pl.col("reason").unique(maintain_order=True))
            .with_columns(pl.col("reason").list.join(" "))
            .sort(LINE)
        )

    def shown(self) -> tuple[Reject, ...]:
        """The first of them, for a page or a terminal."""
        rows = self.by_line().head(SHOWN_REJECTS).iter_rows()
        return tuple(Reject(self.file, line, column, value or "", reason) for line, column, value, reason in rows)


def write_errors(path: Path, rejected: Mapping[str, Rejects], sources: Mapping[str, Source]) -> int:
    """Write every rejected row as it stood, after what is wrong with it; returns how many.

    The first five columns (error_…) are ignored when the mended rows are imported again.
    """
    kinds = [kind for kind in sources if len(rejected[kind])]
    columns = list(dict.fromkeys(name for kind in kinds for name in sources[kind].header if name))
    count = 0
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, [*META, *columns], restval="", extrasaction="ignore")
        writer.writeheader()
        for kind in kinds:
            for row in _original_rows(rejected[kind], sources[kind]):
                writer.writerow(row)
                count += 1
    return count


def _original_rows(rejects: Rejects, source: Source) -> Iterator[dict[str, object]]:
    problems = rejects.by_line()
    for batch in source.batches():
        for row in batch.frame.join(problems, on=LINE, how="inner", maintain_order="left").iter_rows(named=True):
            meta = (rejects.file, row[LINE], row["column"], row["value"], row["reason"])
            cells = {name: row[f"c{index}"] or "" for index, name in enumerate(source.header) if name}
            yield dict(zip(META, meta, strict=True)) | cells
