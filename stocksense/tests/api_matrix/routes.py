"""Every endpoint of `/api/v1/`, as the URL configuration has it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

from stocksense import api_v1

READING = ("get",)
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Endpoint:
    """One method of one route."""

    method: str
    name: str
    path: str
    """Below `/api/v1/`, with `{pk}` and the like where ids go."""
    view: Any
    action: str

    @property
    def title(self) -> str:
        """As it stands in the matrix."""
        return f"{self.method.upper()} {self.name}"

    @property
    def reads(self) -> bool:
        """Whether it is a question."""
        return self.method in READING

    @property
    def takes_id(self) -> bool:
        """Whether the path names an object."""
        return "{" in self.path

    def at(self, pk: object) -> str:
        """The path of one object."""
        return re.sub(r"\{\w+\}", str(pk), self.path)


def endpoints() -> list[Endpoint]:
    """All of them, ordered by name and method."""
    return sorted(_walk(api_v1.urlpatterns), key=lambda one: (one.name, METHODS.index(one.method)))


def _walk(patterns: Sequence[URLPattern | URLResolver], before: str = "") -> Iterator[Endpoint]:
    for pattern in patterns:
        path = before + _readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
            continue
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        actions = getattr(pattern.callback, "actions", None) or {
            method: method for method in METHODS if view is not None and hasattr(view, method)
        }
        for method, action in actions.items():
            if method in METHODS:
                yield Endpoint(method, pattern.name or path, path, view, action)


def _readable(pattern: str) -> str:
    named = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", named).replace("^", "").replace(r"\Z", "").replace("$", "")
