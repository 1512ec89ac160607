"""Real servers for the suite: an embedded PostgreSQL and Valkey in a folder of its own, gone afterwards."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

LONGEST_TEST_SECONDS = int(os.environ.get("LONGEST_TEST_SECONDS", "300"))
"""Far above the longest test on a busy machine; `make fuzz` allows more."""

_FOLDER = "STOCKSENSE_TEST_DATA"
_OUTSIDE = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PORTAL_URL", "REDIS_URL", "CELERY_BROKER_URL")


def _own_folder() -> Path:
    """The folder that this process made. Workers of a parallel run have each their own: nothing is shared."""
    made = Path(tempfile.mkdtemp(prefix="stocksense-test-"))
    for name in _OUTSIDE:
        os.environ.pop(name, None)
    os.environ[_FOLDER] = os.environ["STOCKSENSE_DATA"] = str(made)
    return made


# While this module is imported, which is before pytest-django reads the settings: they must name our own servers.
_MADE = _own_folder()


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures last, so that our database fixture replaces pytest-django's."""
    config.pluginmanager.import_plugin("stocksense.testing.fixtures")
    config.pluginmanager.import_plugin("stocksense.testing.api")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: a quarter of the suite's time is waiting for databases, browsers and programs."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with slow tests first where the files are divided among processes: none waits for another's last file."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Fail a test that hangs, its set-up and teardown included, instead of waiting for ever."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        pytest.fail(f"{item.nodeid} took longer than {LONGEST_TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_TEST_SECONDS)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers and remove their folder."""
    from stocksense import embedded

    embedded.stop(_MADE)
    shutil.rmtree(_MADE, ignore_errors=True)
