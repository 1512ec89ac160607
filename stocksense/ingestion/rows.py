"""From batches of text to staged rows: headers matched, cells read, references looked up, bad rows set aside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from stocksense.ingestion import cells
from stocksense.ingestion.cells import Problem
from stocksense.ingestion.columns import Column, ColumnType
from stocksense.ingestion.dialect import Dialect, Evidence
from stocksense.ingestion.errors import FileRefused
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.rejects import META, Rejects
from stocksense.ingestion.sources import EXTRA, LINE, Batch, Source, normal_name
from stocksense.ingestion.stage import Stage

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PreparedFile:
    """A file whose header fits its kind, with the decision how its values are written."""

    importer: Importer
    source: Source
    positions: dict[str, str]
    dialect: Dialect
    rows: int

    @property
    def given(self) -> set[str]:
        """Names of the columns that the file has."""
        return set(self.positions)


def prepare_file(importer: Importer, source: Source) -> PreparedFile:
    """Match the header and look through all values once. Raises FileRefused."""
    positions = _match_header(importer, source)
    evidence = Evidence()
    rows = 0
    numeric = {ColumnType.DECIMAL, ColumnType.INTEGER}
    for batch in source.batches():
        rows += batch.frame.height
        for column in importer.columns:
            if column.name not in positions:
                continue
            values = batch.frame[positions[column.name]].drop_nulls()
            if column.type in numeric:
                evidence.add_numbers(values)
            elif column.type is ColumnType.DATE:
                evidence.add_dates(values)
    dialect = evidence.dialect(source.name, delimiter=source.delimiter, plain_numbers=source.plain_numbers)
    return PreparedFile(importer, source, positions, dialect, rows)


def _match_header(importer: Importer, source: Source) -> dict[str, str]:
    known = set(importer.names)
    positions: dict[str, str] = {}
    unknown = []
    for index, title in enumerate(source.header):
        name = normal_name(title)
        if name in positions:
            raise FileRefused(f"{source.name} has two columns called {name}. Keep one.")
        if name in known:
            positions[name] = f"c{index}"
        elif name and name not in META:
            unknown.append(title.strip())
    missing = [column.name for column in importer.columns if column.required and column.name not in positions]
    if missing:
        found = ", ".join(title.strip() for title in source.header if title.strip())
        raise FileRefused(
            f"{source.name} has no column {', '.join(missing)}, which it needs. Its columns are: {found}."
        )
    if unknown:
        source.warnings.append(f"Unknown columns are not used: {', '.join(unknown)}.")
    return positions


def stage_file(prepared: PreparedFile, stage: Stage, context: ImportContext, progress: Progress | None = None) -> None:
    """Read all rows into the staging table; rejected rows stay there, marked, so that they do not count as absent."""
    done = 0
    stage.given = prepared.given
    for batch in prepared.source.batches():
        for frame in _parsed(prepared, batch, stage.rejects, context):
            stage.copy(frame)
        done += batch.frame.height
        if progress:
            progress(prepared.importer.kind, done, prepared.rows)
    stage.execute(f"ANALYZE {stage.table}")


def _parsed(prepared: PreparedFile, batch: Batch, rejects: Rejects, context: ImportContext) -> Iterator[pl.DataFrame]:
    importer, raw = prepared.importer, batch.frame
    problems = _ragged(prepared, raw)
    columns: list[pl.Series] = [raw[LINE]]
    for column in importer.columns:
        position = prepared.positions.get(column.name)
        text = raw[position] if position else pl.Series(column.name, [None] * raw.height, dtype=pl.String)
        values = cells.read(column, text, prepared.dialect)
        problems += values.problems
        columns += [values.series.alias(column.value_column), *values.more]
        if column.reference:
            ids, unknown = _look_up(column, values.series, context)
            columns.append(ids)
            problems += unknown
    frame, more = importer.derive(pl.DataFrame(columns), context)
    bad = _add_problems(prepared, raw, problems + more, rejects)
    _remember_rejected(importer, frame, bad, context)
    frame = frame.with_columns(bad.alias("rejected"))
    yield frame if importer.snapshot or not bad.any() else frame.filter(~pl.col("rejected"))


def _ragged(prepared: PreparedFile, raw: pl.DataFrame) -> list[Problem]:
    extra = raw[EXTRA].is_not_null()
    if not extra.any():
        return []
    width = len(prepared.source.header)
    reason = f"The row has more cells than the header ({width}); quote cells that hold {prepared.source.delimiter!r}."
    return [Problem(EXTRA, extra, reason)]


def _look_up(column: Column, codes: pl.Series, context: ImportContext) -> tuple[pl.Series, list[Problem]]:
    """Ids of codes, and the rows whose code nobody knows."""
    assert column.reference is not None  # noqa: S101
    known = context.known(column.reference)
    found = pl.DataFrame({"code": codes}).join(known, on="code", how="left", maintain_order="left")["id"]
    unknown = found.is_null() & codes.is_not_null()
    if not unknown.any():
        return found.alias(column.staged), []
    kind = column.reference.kind
    rejected = codes.is_in(list(context.rejected_codes.get(kind, ())))
    texts = pl.DataFrame({"code": codes, "rejected": rejected}).select(
        pl.when("rejected")
        .then(pl.format("The row of {} in {} was rejected; correct that one first.", "code", pl.lit(kind)))
        .otherwise(
            pl.format(f"{column.name} {{}} is not known; add it to {column.reference.where} or correct it.", "code")
        )
    )
    return found.alias(column.staged), [Problem(column.name, unknown, texts.to_series())]


def _add_problems(prepared: PreparedFile, raw: pl.DataFrame, problems: list[Problem], rejects: Rejects) -> pl.Series:
    """Collect the problems; returns which rows are bad."""
    bad = pl.Series("rejected", [False]).new_from_index(0, raw.height)
    for problem in problems:
        mask = problem.mask.fill_null(False)
        position = EXTRA if problem.column == EXTRA else prepared.positions.get(problem.column)
        value = raw[position] if position else pl.Series([None] * raw.height, dtype=pl.String)
        reason = pl.lit(problem.reason) if isinstance(problem.reason, str) else problem.reason
        column = "" if problem.column == EXTRA else problem.column
        found = pl.DataFrame({LINE: raw[LINE], "value": value}).with_columns(
            pl.lit(column).alias("column"), reason.alias("reason")
        )
        rejects.add(found.filter(mask))
        bad = bad | mask
    return bad


def _remember_rejected(importer: Importer, frame: pl.DataFrame, bad: pl.Series, context: ImportContext) -> None:
    if len(importer.key) == 1 and bad.any():
        codes = frame.filter(bad)[importer.key[0].name].cast(pl.String).drop_nulls()
        context.rejected_codes.setdefault(importer.kind, set()).update(codes.to_list())
