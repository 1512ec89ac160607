"""Day offsets of a plan as dates."""

from datetime import date, timedelta

from stocksense.core.numeric import IntArray


def dates_of(offsets: IntArray, as_of: date) -> list[date]:
    """The dates of day offsets from `as_of`, each date made once."""
    first = int(offsets.min(initial=0))
    days = [as_of + timedelta(days=day) for day in range(first, int(offsets.max(initial=0)) + 1)]
    return [days[offset - first] for offset in offsets.tolist()]
