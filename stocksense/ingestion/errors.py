"""Why an import cannot start or go on."""

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
