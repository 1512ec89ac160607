"""`manage.py document_tables`: the tables section of docs/architecture.md, from the models themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models

from stocksense.core.models import DatabaseAccess
from stocksense.settings.env import BASE_DIR

LIBRARIES = ("django.", "allauth.", "pghistory.")
START, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


class Command(BaseCommand):
    """Rewrites the section between its two marks."""

    help = "Rewrite the tables section of docs/architecture.md."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page."""
        path = page()
        text = path.read_text()
        head, rest = text.split(START)
        path.write_text(head + START + "\n".join(section()) + "\n" + END + rest.split(END)[1])


def page() -> Path:
    """The page that holds the section."""
    return BASE_DIR / "docs" / "architecture.md"


def section() -> Iterator[str]:
    """One table per app: each model, what it is, its unique keys."""
    for config in apps.get_app_configs():
        own = [model for model in config.get_models() if _is_documented(model)]
        if not own:
            continue
        yield f"\n### {config.label}\n"
        yield "| table | a row is | unique by |\n|---|---|---|"
        for model in own:
            yield f"| `{model._meta.db_table}`{_append_only(model)} | {_purpose(model)} | {_keys(model)} |"
    yield ""


def _is_documented(model: type[models.Model]) -> bool:
    """Not a library's table, and not the history of another one."""
    return not (model.__module__.startswith(LIBRARIES) or model._meta.proxy or hasattr(model, "pgh_tracked_model"))


def _append_only(model: type[models.Model]) -> str:
    return " (append only)" if getattr(model, "database_access", None) is DatabaseAccess.APPEND_ONLY else ""


def _purpose(model: type[models.Model]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")


def _keys(model: type[models.Model]) -> str:
    keys = [
        ", ".join(rule.fields) if rule.fields else rule.name.replace("_", " ")
        for rule in model._meta.constraints
        if isinstance(rule, models.UniqueConstraint)
    ]
    keys += [field.name for field in model._meta.local_fields if field.unique and not field.primary_key]
    return "; ".join(keys)
