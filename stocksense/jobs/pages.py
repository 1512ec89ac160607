"""The admin's pages that show what a job made: each app names those of its kinds of jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from stocksense.jobs.models import Job


@dataclass(frozen=True)
class Page:
    """A page of the admin, for whoever has its permission."""

    label: str
    url_name: str
    permission: str
    args: tuple[Any, ...] = ()


_PAGES: dict[str, Callable[[Job], Sequence[Page]]] = {}


def register(kind: str, pages: Callable[[Job], Sequence[Page]]) -> None:
    """Let the page of a job of `kind` link to these, the one that tells most first."""
    _PAGES[kind] = pages


def links(job: Job, user: Any) -> list[tuple[str, str]]:
    """Label and address of each page about the job that this person may see."""
    found = _PAGES[job.kind](job) if job.kind in _PAGES else ()
    return [(page.label, reverse(page.url_name, args=page.args)) for page in found if user.has_perm(page.permission)]
