"""Why an import cannot start or go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from stocksense.core.errors import Conflict, DomainError, InvalidInput


class NothingToImport(InvalidInput):
    """The folder is missing, or holds none of the known files."""

    code = "nothing_to_import"


class ImportRunning(Conflict):
    """Another import holds the lock."""

    code = "import_running"


class FileRefused(DomainError):
    """A file cannot be read as what it says it is; the whole import is refused with this sentence."""

    code = "file_refused"
    status = 422


@dataclass(frozen=True)
class RejectedRow:
    """What is wrong with the row at this place (from 0) of those sent."""

    index: int
    column: str
    reason: str


class RowsRejected(InvalidInput):
    """Some of the rows that a program sent cannot be taken, so none was."""

    code = "rows_rejected"

    def __init__(self, rows: Sequence[RejectedRow]) -> None:
        super().__init__(f"{len(rows)} rows cannot be taken; none was.")
        self.rows = rows
