"""How much of the database's work is reading: for the measuring process of a benchmark."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Reads:
    """Processor seconds of a server process in statements that only read, from when this is made on.

    Every cursor of psycopg is watched; made once in a process.
    """

    def __init__(self, pid: int) -> None:
        import psycopg

        self.seconds = 0.0
        self._work = Path(f"/proc/{pid}/schedstat")
        execute: Callable[..., Any] = psycopg.Cursor.execute
        copy: Callable[..., Any] = psycopg.Cursor.copy

        def watched_execute(cursor: Any, query: Any, *arguments: Any, **named: Any) -> Any:
            with self._counted(query):
                return execute(cursor, query, *arguments, **named)

        @contextmanager
        def watched_copy(cursor: Any, query: Any, *arguments: Any, **named: Any) -> Iterator[Any]:
            with self._counted(query), copy(cursor, query, *arguments, **named) as opened:
                yield opened

        psycopg.Cursor.execute = watched_execute  # type: ignore[method-assign]
        psycopg.Cursor.copy = watched_copy  # type: ignore[method-assign, assignment]

    @contextmanager
    def _counted(self, query: Any) -> Iterator[None]:
        begun = self._now()
        yield
        if _reads(query):
            self.seconds += self._now() - begun

    def _now(self) -> float:
        return int(self._work.read_text().split()[0]) / 1e9


def _reads(query: Any) -> bool:
    text = query if isinstance(query, str) else str(query)
    if "FROM STDIN" in text:
        return False
    return text.lstrip(" \n(").upper().startswith(("SELECT", "COPY (", "WITH")) and "FOR UPDATE" not in text
