"""Real servers for the suite: an embedded PostgreSQL and Valkey in a folder of its own, gone afterwards."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_FOLDER = "STOCKSENSE_TEST_DATA"
_OWNED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before Django reads its settings. Workers of a parallel run share the first one's."""
    if _FOLDER not in os.environ:
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="stocksense-test-")
        config.stash[_OWNED] = Path(os.environ[_FOLDER])
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PORTAL_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        os.environ.pop(name, None)
    os.environ["STOCKSENSE_DATA"] = os.environ[_FOLDER]
    # Registered last, so that our database fixture replaces pytest-django's.
    config.pluginmanager.import_plugin("stocksense.testing.fixtures")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers and remove their folder, in the process that made it."""
    folder = config.stash.get(_OWNED, None)
    if folder is None:
        return
    from stocksense import embedded

    embedded.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
