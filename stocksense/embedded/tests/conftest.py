"""Data folders whose servers are ended when the test is over."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stocksense import embedded


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    embedded.stop(folder)


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A folder every user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="stocksense-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can do this")


class Sql:
    """One statement, one answer, as one of the roles."""

    def __init__(self, data_dir: Path) -> None:
        self.urls = embedded.endpoints(data_dir)

    def owner(self, statement: str) -> object:
        return self._run(self.urls.database_owner_url, statement)

    def web(self, statement: str) -> object:
        return self._run(self.urls.database_url, statement)

    def portal(self, statement: str) -> object:
        return self._run(self.urls.database_portal_url, statement)

    @staticmethod
    def _run(url: str, statement: str) -> object:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@pytest.fixture
def sql(data_dir: Path) -> Sql:
    return Sql(data_dir)
