"""Telling a database that is held up for a moment from one that is broken or away."""

BUSY = frozenset({"40001", "40P01", "55P03", "57014"})
"""Serialisation, deadlock, lock and statement time-outs: PostgreSQL rolled back and says try again."""


def is_busy(error: BaseException | None) -> bool:
    """Whether PostgreSQL gave up waiting for others, or stopped what took too long."""
    return getattr(getattr(error, "__cause__", None), "sqlstate", None) in BUSY
