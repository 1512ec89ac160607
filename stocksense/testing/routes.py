"""Every route of the URL configuration with an address to ask it at, for tests that must miss none."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_GROUP = re.compile(r"\(\?P<(?P<name>\w+)>[^)]*\)")
_SAMPLES = {"int": "1", "slug": "x", "str": "x", "path": "1", "uuid": "00000000-0000-0000-0000-000000000000"}


@dataclass(frozen=True)
class Route:
    """A route: its full name (with namespaces), or its pattern where it has none, and a sample address."""

    name: str
    pattern: str
    address: str


def routes(samples: Mapping[str, str] | None = None) -> list[Route]:
    """All routes in order of name. `samples` are values for parameters by name; others get one of their kind."""
    found = list(_walk(get_resolver().url_patterns, "", (), samples or {}))
    return sorted(found, key=lambda route: (route.name, route.pattern))


def _walk(
    patterns: Iterable[Any], prefix: str, namespaces: tuple[str, ...], samples: Mapping[str, str]
) -> Iterator[Route]:
    for entry in patterns:
        written = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry.url_patterns, written, inner, samples)
        elif isinstance(entry, URLPattern):
            name = ":".join((*namespaces, entry.name)) if entry.name else written
            yield Route(name, written, "/" + _sample(written, samples))


def _sample(pattern: str, samples: Mapping[str, str]) -> str:
    def value(match: "re.Match[str]") -> str:
        kind = match.groupdict().get("kind") or "str"
        return samples.get(match["name"], _SAMPLES.get(kind, "x"))

    text = _PARAMETER.sub(value, _GROUP.sub(value, pattern))
    return re.sub(r"[\^$]|\\Z|\(\?:.*\)|\\", "", text).replace("/?", "/").replace(".*", "x")
