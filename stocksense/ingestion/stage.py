"""The staging table of one file: parsed rows with their line numbers, on their way to the real tables."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from django.db.backends.utils import CursorWrapper

from stocksense.ingestion.columns import Column
from stocksense.ingestion.rejects import Rejects

_CREATE = """
CREATE TEMP TABLE {table} (line bigint, rejected boolean NOT NULL, repeated boolean NOT NULL DEFAULT false, {columns})
"""
_MARK = "UPDATE {table} SET rejected = true WHERE line = ANY (%s) AND NOT rejected"
_REPEATED_KEYS = """
CREATE TEMP TABLE {table}_keys AS
SELECT {keys} FROM {table} WHERE NOT rejected GROUP BY {keys} HAVING count(*) > 1
"""
_REPEATED_ROWS = """
CREATE TEMP TABLE {table}_repeated AS
SELECT s.line, min(s.line) OVER same_key AS first_line,
       ({values}) IS NOT DISTINCT FROM first_value(({values})) OVER same_key AS identical
FROM {table} s JOIN {table}_keys k ON {joined}
WHERE NOT s.rejected
WINDOW same_key AS (PARTITION BY {s_keys} ORDER BY s.line ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
"""
_COLLAPSE = """
UPDATE {table} s SET repeated = true FROM {table}_repeated r
WHERE s.line = r.line AND r.line <> r.first_line
  AND NOT EXISTS (SELECT 1 FROM {table}_repeated o WHERE o.first_line = r.first_line AND NOT o.identical)
"""
_CONFLICTING = """
SELECT r.line, string_agg(o.line::text, ', ' ORDER BY o.line)
FROM {table}_repeated r
JOIN LATERAL (
    SELECT line FROM {table}_repeated x WHERE x.first_line = r.first_line AND x.line <> r.line LIMIT 5
) o ON true
WHERE EXISTS (SELECT 1 FROM {table}_repeated x WHERE x.first_line = r.first_line AND NOT x.identical)
GROUP BY r.line ORDER BY r.line
"""


class Stage:
    """A temporary table `import_<kind>`. Alias `s` in all SQL; `valid` is the condition of rows to merge."""

    valid = "NOT s.rejected AND NOT s.repeated"

    def __init__(
        self, cursor: CursorWrapper, kind: str, columns: Sequence[Column], more: dict[str, str], rejects: Rejects
    ) -> None:
        self.cursor, self.kind, self.rejects = cursor, kind, rejects
        self.table = f"import_{kind}"
        self.types: dict[str, str] = {}
        self.given: set[str] = set()
        self.size = 0
        for column in columns:
            self.types[column.value_column] = column.sql_type
            if column.reference:
                self.types[column.staged] = "bigint"
            if column.weekday_too:
                self.types[f"{column.name}_weekday"] = "smallint"
        self.types.update(more)
        self.drop()
        definitions = ", ".join(f"{name} {kind}" for name, kind in self.types.items())
        self.execute(_CREATE.format(table=self.table, columns=definitions))

    def drop(self) -> None:
        """Remove the table and what was derived from it."""
        for suffix in ("", "_keys", "_repeated", "_merge"):
            self.cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{self.table}{suffix}")

    def execute(self, statement: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> int:
        """Run SQL; returns the number of rows it changed."""
        self.cursor.execute(statement, parameters)
        return int(self.cursor.rowcount)

    def rows(self, statement: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        self.cursor.execute(statement, parameters)
        return list(self.cursor.fetchall())

    def copy(self, frame: pl.DataFrame) -> None:
        """Append parsed rows by COPY. Columns that the frame lacks stay null."""
        self.size += frame.height
        names = [name for name in ("line", "rejected", *self.types) if name in frame.columns]
        with self.cursor.copy(f"COPY {self.table} ({', '.join(names)}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(frame.select(names).write_csv(include_header=False).encode())

    def reject(self, statement: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> int:
        """Reject the rows that a query names: line, column, value, reason. Returns how many problems."""
        rows = self.rows(statement, parameters)
        if rows:
            self.rejects.add_rows([(line, column, str(value or ""), reason) for line, column, value, reason in rows])
            self.execute(_MARK.format(table=self.table), [[row[0] for row in rows]])
        return len(rows)

    def settle_repeated(self, keys: Sequence[str], key_names: str) -> int:
        """Collapse rows that repeat another exactly (returns how many); reject those that contradict another."""
        values = [name for name in self.types if name not in keys]
        parts = {
            "table": self.table,
            "keys": ", ".join(keys),
            "s_keys": ", ".join(f"s.{key}" for key in keys),
            "joined": " AND ".join(f"coalesce(s.{key}::text, '') = coalesce(k.{key}::text, '')" for key in keys),
            "values": "ROW(" + ", ".join(f"s.{name}" for name in values) + ")::text",
        }
        if self.execute(_REPEATED_KEYS.format(**parts)) == 0:
            return 0
        self.execute(_REPEATED_ROWS.format(**parts))
        self.execute(f"ANALYZE {self.table}_repeated")
        repeated = self.execute(_COLLAPSE.format(**parts))
        rows = self.rows(_CONFLICTING.format(**parts))
        if rows:
            reason = "The same {} stands on line {} with other values; keep one of them."
            self.rejects.add_rows([(line, key_names, "", reason.format(key_names, lines)) for line, lines in rows])
            self.execute(_MARK.format(table=self.table), [[row[0] for row in rows]])
        return repeated
