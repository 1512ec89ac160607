"""What an import did, or would do: counts, warnings, examples."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN_REJECTS = 50
SHOWN_CHANGES = 10
MOST_REJECTS = 0.05


@dataclass(frozen=True)
class Reject:
    """One problem of one row."""

    file: str
    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Change:
    """One value that an import changes."""

    line: int
    key: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class FileReport:
    """Counts of one file. rows = new + changed + same + repeated + rejected; `gone` rows are not in the file."""

    kind: str
    file: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    repeated: int = 0
    rejected: int = 0
    warnings: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def loaded(self) -> int:
        """Rows of the file that are in the database now."""
        return self.new + self.changed + self.same


@dataclass(frozen=True)
class Feed:
    """How fresh a kind of data is after the import."""

    kind: str
    rows: int
    as_of: str | None


@dataclass(frozen=True)
class ImportReport:
    """Outcome of one import. Where it was refused, nothing was written and `reason` says why."""

    files: tuple[FileReport, ...] = ()
    warnings: tuple[str, ...] = ()
    feeds: tuple[Feed, ...] = ()
    refused: bool = False
    reason: str = ""
    dry_run: bool = False
    batch_id: int | None = None
    seconds: float = 0.0

    @property
    def rejected(self) -> int:
        """Rejected rows of all files."""
        return sum(file.rejected for file in self.files)

    def of(self, kind: str) -> FileReport:
        """The report of one kind of file. Raises KeyError where it was not imported."""
        for file in self.files:
            if file.kind == kind:
                return file
        raise KeyError(kind)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)

    def sentences(self) -> Iterator[str]:
        """All warnings, each naming its file."""
        for file in self.files:
            yield from (f"{file.file}: {warning}" for warning in file.warnings)
        yield from self.warnings


@dataclass
class Counts:
    """Counts of one merge, while it goes on."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    present: int = 0
    changes: list[Change] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        """Add the counts of another part of the same file."""
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.gone += other.gone
        self.present += other.present
        self.changes.extend(other.changes[: SHOWN_CHANGES - len(self.changes)])
