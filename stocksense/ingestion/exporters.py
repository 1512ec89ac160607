"""What an app says about a kind of file that can be exported, and the list of all kinds.

Every import kind is one: its importer says how its rows are read (`Importer.export_sql`). Results of the current
runs are registered by the apps that own them, in `AppConfig.ready()`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stocksense.company import services as company
from stocksense.company.models import CurrentRun, RunKind, Scenario
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.ingestion import importers, rooms
from stocksense.ingestion.columns import Column
from stocksense.ingestion.importers import Importer


class NothingToExport(Conflict):
    """There is no current run whose results could be exported."""

    code = "nothing_to_export"


@dataclass(frozen=True)
class Query:
    """A SELECT of the file's columns in their order, and its parameters (none: no placeholders)."""

    sql: str
    parameters: dict[str, Any] | tuple[Any, ...] | None = None


@dataclass(frozen=True)
class RunExporter:
    """A kind of file with results of a scenario's current run. `query` is given the run's pointer."""

    kind: str
    help: str
    run_kind: RunKind
    columns: tuple[Column, ...]
    query: Callable[[CurrentRun], Query] = field(repr=False)


@dataclass(frozen=True)
class Export:
    """One export, ready to be read."""

    kind: str
    columns: tuple[Column, ...]
    query: Query


_run_exporters: dict[str, RunExporter] = {}


def register(*exporters: RunExporter) -> None:
    """Make kinds of results known. A kind registered twice replaces the first."""
    for exporter in exporters:
        _run_exporters[exporter.kind] = exporter


def run_exporters() -> list[RunExporter]:
    """The kinds of results, as registered."""
    rooms.load()
    return list(_run_exporters.values())


def kinds() -> list[str]:
    """Every kind that can be exported: those that can be imported first, in the order of an import."""
    return [importer.kind for importer in _exportable()] + list(_run_exporters)


def prepare(kind: str, *, scenario: str | None = None) -> Export:
    """What an export of `kind` reads. Raises InvalidInput for an unknown kind, or where a scenario makes no sense."""
    rooms.load()
    exporter = _run_exporters.get(kind)
    if exporter is not None:
        return Export(kind, exporter.columns, exporter.query(_pointer(exporter, company.scenario_named(scenario))))
    importer = next((known for known in _exportable() if known.kind == kind), None)
    if importer is None:
        raise InvalidInput(f"There is no kind {kind}. Known kinds: {', '.join(kinds())}.", kind=kind)
    if scenario is not None:
        raise InvalidInput(f"{kind} is the same in every scenario; leave the scenario out.", scenario=scenario)
    return Export(kind, importer.columns, Query(importer.export_sql))


def _exportable() -> list[Importer]:
    return [importer for importer in importers.all_importers() if importer.export_sql]


def _pointer(exporter: RunExporter, scenario: Scenario) -> CurrentRun:
    pointer = CurrentRun.objects.run_of(exporter.run_kind, scenario)
    if pointer is None:
        raise NothingToExport(
            f"Scenario {scenario.name} has no {exporter.run_kind.label.lower()} yet. Run a planning cycle first."
        )
    return pointer
