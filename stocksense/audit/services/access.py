"""The access log: rows wait in a bounded buffer of the process and are written in batches by a thread of it.

A request never waits for the database: where it is away rows are kept up to `MOST_WAITING`, what comes after is counted
and told in the log. A process that is killed loses what waited for less than `FLUSH_SECONDS`.
"""

import atexit
import logging
import multiprocessing.util
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connections, transaction

from stocksense.audit.models import AccessEntry, SealedAccess
from stocksense.core import clock
from stocksense.core.database.copy import copy_rows
from stocksense.core.database.partitions import drop_partitions

KEPT = timedelta(days=30)
MOST_WAITING = 20_000
BATCH = 1_000
FLUSH_SECONDS = 1.0
LONGEST_PAUSE = 30.0
ENSURE_SECONDS = 600.0
COLUMNS = (
    "at", "request_id", "channel", "user_id", "credential", "credential_id", "route", "method", "status",
    "duration_ms", "address",
)  # fmt: skip

_TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
_ENSURE = f"SELECT stocksense_ensure_partitions(%s, ARRAY[today, today + 1]) FROM (SELECT {_TODAY} AS today) AS days"

logger = logging.getLogger(__name__)
Row = Sequence[Any]


class AccessLog:
    """The buffer of one process, its thread and what was lost."""

    def __init__(self, *, most: int = MOST_WAITING) -> None:
        self._waiting: deque[Row] = deque()
        self._most = most
        self._flushing = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._ensured_at = -ENSURE_SECONDS
        self.dropped = 0
        """Rows for which there was no room, since the process began."""
        self._told = 0

    def add(self, row: Row) -> None:
        """Keep a row for writing, or count it as lost where the buffer is full. Never waits."""
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append(row)
        if len(self._waiting) >= BATCH:
            self._wake.set()
        if settings.ACCESS_LOG_THREAD and (self._process != os.getpid() or self._thread is None):
            self._start()

    def waiting(self) -> int:
        """How many rows are not written yet."""
        return len(self._waiting)

    def flush(self) -> int:
        """Write what waits; returns how many rows. Raises django.db.Error and keeps the rows where that fails."""
        with self._flushing:
            written = 0
            while batch := self._take():
                try:
                    self._write(batch)
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    raise
                written += len(batch)
            return written

    def _take(self) -> list[Row]:
        batch: list[Row] = []
        while self._waiting and len(batch) < BATCH:
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: Sequence[Row]) -> None:
        with transaction.atomic():
            if time.monotonic() - self._ensured_at > ENSURE_SECONDS:
                with connections["default"].cursor() as cursor:
                    cursor.execute(_ENSURE, [AccessEntry._meta.db_table])
            copy_rows(AccessEntry, COLUMNS, batch)
        self._ensured_at = time.monotonic()

    def _start(self) -> None:
        with self._flushing:
            if self._process == os.getpid() and self._thread is not None:
                return
            if self._process not in (0, os.getpid()):
                self._waiting.clear()  # they are the parent's, which writes them itself
            self._process = os.getpid()
            self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
            self._thread.start()
            atexit.register(self._end)
            # Servers that fork end their children without atexit; multiprocessing runs its finalizers.
            multiprocessing.util.Finalize(None, self._end, exitpriority=10)

    def _run(self) -> None:
        pause = FLUSH_SECONDS
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            try:
                self.flush()
                pause = FLUSH_SECONDS
                self._tell()
            except Error as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                logger.warning(
                    "the access log cannot be written (%s); %s rows wait, next attempt in %.0f s",
                    type(error).__name__, len(self._waiting), pause,
                )  # fmt: skip
                connections["default"].close()
                time.sleep(pause)

    def _tell(self) -> None:
        if self.dropped > self._told:
            logger.error("the access log lacks %s rows: there was no room for them", self.dropped - self._told)
            self._told = self.dropped

    def _end(self) -> None:
        """The last flush of a process: one attempt."""
        if self._process != os.getpid() or not self._waiting:
            return
        try:
            self.flush()
        except Error as error:
            logger.warning("%s rows of the access log are lost: %s", len(self._waiting), type(error).__name__)
        finally:
            connections["default"].close()


log = AccessLog()


def row(
    *,
    at: datetime,
    started: float,
    request_id: str,
    channel: str,
    user_id: int | None,
    credential: str,
    credential_id: str,
    route: str,
    method: str,
    status: int,
    address: str,
) -> Row:
    """The log's row (`COLUMNS`) of a request answered now; it came in at `at`, `started` of `time.perf_counter`."""
    took_ms = round((time.perf_counter() - started) * 1000, 2)
    return (
        at, request_id, channel, user_id, credential[:16], credential_id[:64], route[:120], method[:8], status, took_ms,
        address or None,
    )  # fmt: skip


def drop_old(*, today: Any = None) -> int:
    """Drop the days of the access log that are older than 30 days; returns how many. Their seals stay."""
    before = (today or clock.now().date()) - KEPT
    drop_partitions(SealedAccess, before=before, keep=[])
    return drop_partitions(AccessEntry, before=before, keep=[])
