"""A builder of import folders."""

from pathlib import Path
from typing import Any

import pytest

from stocksense.ingestion import services
from stocksense.ingestion.report import ImportReport


class FolderBuilder:
    """Writes small files and imports them. Rows are texts as they stand in a CSV."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def write(self, kind: str, *lines: str, encoding: str = "utf-8", name: str = "") -> Path:
        path = self.folder / (name or f"{kind}.csv")
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    def clear(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()

    def masters(self, *skus: str, places: tuple[str, ...] = ("DC", "S1")) -> None:
        self.write("items", "sku,name", *(f"{sku},Item {sku}" for sku in skus or ("A", "B")))
        self.write("locations", "code,kind", *(f"{code},{'dc' if code == 'DC' else 'store'}" for code in places))

    def run(self, **options: Any) -> ImportReport:
        return services.import_folder(folder=self.folder, actor=None, **options)

    def ok(self, **options: Any) -> ImportReport:
        report = self.run(**options)
        assert not report.refused, report.reason
        return report


@pytest.fixture
def folder(tmp_path: Path) -> FolderBuilder:
    return FolderBuilder(tmp_path / "import")


def counts(report: ImportReport, kind: str) -> tuple[int, int, int, int, int]:
    file = report.of(kind)
    return file.new, file.changed, file.same, file.gone, file.rejected
