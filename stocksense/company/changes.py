"""Company-wide inputs of plans: whoever counts what plans have not seen listens here."""

from collections.abc import Callable
from typing import Any

AFTER_CHANGE: list[Callable[[], None]] = []
"""Called, inside the transaction, when settings, calendars or exchange rates have changed; apps above add theirs."""


def tell(_rows: Any = None) -> None:
    """Say that something company-wide has changed."""
    for listener in AFTER_CHANGE:
        listener()
