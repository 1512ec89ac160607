"""The one error of this package, and what to do about the usual causes."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWN_SERVERS = "set DATABASE_URL, DATABASE_OWNER_URL, DATABASE_PORTAL_URL and REDIS_URL to servers of your own"
OTHER_FOLDER = "choose another data folder with STOCKSENSE_DATA"


class EmbeddedError(Exception):
    """An embedded server cannot run; the message says what a person can do about it."""


_ADVICE_BY_ERRNO = {
    errno.ENOSPC: f"the disk is full. Free some space (a new company needs about 200 MB), or {OTHER_FOLDER}.",
    errno.EDQUOT: f"your disk quota is used up. Free some space, or {OTHER_FOLDER}.",
    errno.EROFS: f"the file system is read-only. Please {OTHER_FOLDER}.",
    errno.EACCES: f"permission denied. Make the folder yours, or {OTHER_FOLDER}.",
    errno.EPERM: f"the operation is not permitted. Make the folder yours, or {OTHER_FOLDER}.",
    errno.ENOTDIR: f"a part of the path is a file, not a folder. Please {OTHER_FOLDER}.",
    errno.EEXIST: f"a file is in the way. Move it away, or {OTHER_FOLDER}.",
    errno.ENOLCK: f"the file system has no file locks. Please {OTHER_FOLDER}, on a local disk.",
    errno.ENOTSUP: f"the file system lacks what a database needs. Please {OTHER_FOLDER}, on a local disk.",
}

_ADVICE_BY_LOG = (
    ("No space left on device", _ADVICE_BY_ERRNO[errno.ENOSPC]),
    ("Disk quota exceeded", _ADVICE_BY_ERRNO[errno.EDQUOT]),
    ("Read-only file system", _ADVICE_BY_ERRNO[errno.EROFS]),
    ("Cannot allocate memory", "there is not enough free memory (about 400 MB). Close other programs and try again."),
    ("could not create any Unix-domain sockets", "the socket folder is not usable."),
    ("Permission denied", _ADVICE_BY_ERRNO[errno.EACCES]),
)

_CORRUPTION_SIGNS = (
    "invalid checkpoint record",
    "could not locate a valid checkpoint record",
    "could not open file",
    "could not read file",
    "could not access directory",
    "incorrect checksum in control file",
    "invalid page in block",
    "invalid data in",
    "is not a valid data directory",
    "control file",
    "could not find the database system",
    "Bad file format",
    "Wrong signature",
    "Internal error in RDB",
    "Error reading the RDB",
    "Fatal error loading",
    "Can't open or create append-only",
    "PANIC:",
)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals about `folder` into EmbeddedError."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE_BY_ERRNO.get(error.errno or 0, f"{error.strerror}. Repair that, or {OTHER_FOLDER}.")
        place = error.filename if error.filename is not None else folder
        raise EmbeddedError(f"Cannot use the data folder {folder}: at {place}, {advice}") from error
    except subprocess.TimeoutExpired as error:
        raise EmbeddedError(
            f"{Path(error.cmd[0]).name} has not finished within {error.timeout:.0f} seconds on {folder}. "
            "The machine may be overloaded or its disk very slow; try again."
        ) from error


def from_log(what: str, log_text: str, *, folder: Path, log_file: Path | None = None) -> EmbeddedError:
    """The error for a program that wrote `log_text` and gave up."""
    seen = f" Details: {log_file}." if log_file else ""
    for sign, advice in _ADVICE_BY_LOG:
        if sign in log_text:
            return EmbeddedError(f"{what} did not start on {folder}: {advice}{seen}")
    last_lines = "\n".join(f"  {line}" for line in log_text.strip().splitlines()[-5:]) or "  (it said nothing)"
    if any(sign in log_text for sign in _CORRUPTION_SIGNS):
        advice = (
            f"its files are damaged. Restore {folder} from a backup, or, if nothing in it is needed, "
            "move it away and start again (`make demo-reset` does so for the demo)."
        )
        return EmbeddedError(f"{what} did not start: {advice}{seen}\n{last_lines}")
    return EmbeddedError(
        f"{what} did not start on {folder}. Repair the cause below and try again, or {OWN_SERVERS}.{seen}\n{last_lines}"
    )
