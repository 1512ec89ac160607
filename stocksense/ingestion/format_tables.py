"""The tables of the data format guide, written from the specifications that imports and exports use."""

from collections.abc import Iterable
from typing import Final

from stocksense.ingestion import exporters, importers
from stocksense.ingestion.columns import Column, ColumnType
from stocksense.ingestion.importers import Importer

IMPORTS: Final = "import files"
RESULTS: Final = "results"


class MarkerMissing(ValueError):
    """The page lacks the comments between which a part is written."""


def with_tables(page: str) -> str:
    """The page with its generated parts written anew. Raises MarkerMissing."""
    for name, body in ((IMPORTS, import_tables()), (RESULTS, result_tables())):
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        if begin not in page or end not in page:
            raise MarkerMissing(f"The page lacks {begin.strip()} or {end}.")
        before, rest = page.split(begin, 1)
        page = f"{before}{begin}\n{body}\n{end}{rest.split(end, 1)[1]}"
    return page


def import_tables() -> str:
    """A section per kind of import file, in the order in which they are imported."""
    return "\n".join(_import_section(importer) for importer in importers.all_importers())


def result_tables() -> str:
    """A section per kind of result."""
    return "\n".join(_section(one.kind, [one.help], one.columns, given=False) for one in exporters.run_exporters())


def _import_section(importer: Importer) -> str:
    if importer.snapshot:
        nature = f"A **snapshot**: of rows that are known and absent from the file, {importer.gone_help}."
    else:
        nature = "Rows are added and corrected; what is absent stays as it is."
    return _section(importer.kind, [importer.help, nature], importer.columns, given=True)


def _section(kind: str, sentences: Iterable[str], columns: Iterable[Column], *, given: bool) -> str:
    head = (
        "| column | needed | type | meaning |\n|---|---|---|---|"
        if given
        else "| column | type | meaning |\n|---|---|---|"
    )
    rows = [_row(column, given=given) for column in columns]
    said = " ".join(sentence for sentence in sentences if sentence)
    return "\n".join([f"### {kind}", "", said, "", head, *rows, ""])


def _row(column: Column, *, given: bool) -> str:
    needed = ", ".join(word for word, holds in (("key", column.key), ("required", column.required)) if holds)
    cells = [f"`{column.name}`", *([needed] if given else []), _type(column), _meaning(column)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(column: Column) -> str:
    match column.type:
        case ColumnType.CODE | ColumnType.TEXT:
            return f"{column.type.value}, up to {column.max_length}" if column.max_length else column.type.value
        case ColumnType.DECIMAL:
            return ", ".join([f"number, {column.decimals} decimals", *_limits(column)])
        case ColumnType.INTEGER:
            return ", ".join(["whole number", *_limits(column)])
        case ColumnType.FLAG:
            return "1 or 0"
        case ColumnType.CHOICE:
            return "one of " + ", ".join(f"`{choice}`" for choice in column.choices)
        case ColumnType.DATE:
            return "date or weekday" if column.weekday_too else "date"
        case ColumnType.WEEKDAYS:
            return "weekdays"


def _limits(column: Column) -> list[str]:
    limits = (("≥", column.minimum), (">", column.above), ("≤", column.maximum), ("<", column.below))
    return [f"{sign} {limit:g}" for sign, limit in limits if limit is not None and abs(limit) < 2**31 - 1]


def _meaning(column: Column) -> str:
    known = f"A code of {column.reference.where}." if column.reference else ""
    return " ".join(part for part in (column.help, known) if part)
