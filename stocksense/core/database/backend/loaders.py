"""PostgreSQL's text as the text that JSON shows, without numbers and times between that nobody computes with.

Decimals lose trailing zeros, times are UTC with a Z, as `core.api.renderers.dump` writes both.
"""

from functools import lru_cache
from typing import Any

from psycopg.adapt import AdaptersMap, Buffer, Loader

_ATTRIBUTE = "stocksense_json_adapters"


class Exact(Loader):
    """12.500 as "12.5"."""

    def load(self, data: Buffer) -> str:
        """The number in plain notation."""
        text = str(data, "ascii")
        return text.rstrip("0").rstrip(".") if "." in text else text


def of(connection: Any) -> AdaptersMap:
    """The connection's adapters with these loaders; made once for each connection."""
    found: AdaptersMap | None = getattr(connection, _ATTRIBUTE, None)
    if found is None:
        found = AdaptersMap(connection.adapters)
        found.register_loader("numeric", Exact)
        usual = connection.adapters.get_loader(connection.adapters.types["timestamptz"].oid, 0)
        found.register_loader("timestamptz", _instant(usual))
        setattr(connection, _ATTRIBUTE, found)
    return found


@lru_cache(maxsize=8)
def _instant(usual: Any) -> type[Loader]:
    class Instant(usual):  # type: ignore[misc]
        """2026-07-14 22:30:00+00 as "2026-07-14T22:30:00Z"; whatever is written otherwise as it always is."""

        def load(self, data: Buffer) -> Any:
            text = str(data, "ascii")
            if text[10:11] != " " or text[-3:] != "+00" or len(text) > 29:
                return super().load(data)
            if len(text) == 22:
                return f"{text[:10]}T{text[11:19]}Z"
            return f"{text[:10]}T{text[11:-3]:0<15}Z"

    return Instant
