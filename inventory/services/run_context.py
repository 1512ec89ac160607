"""What every step of a planning cycle works on."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from stocksense.company.models import CompanySettings, Scenario
from stocksense.jobs.services import Lease
from stocksense.jobs.worker import Progress

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class RunContext:
    """One cycle: its scenario and day, the item-locations, and the job that carries it.

    nodes: as `inventory.services.nodes` reads them. run_date: the company's day on which the cycle began,
    the partition key of everything it writes.
    """

    scenario: Scenario
    as_of: date
    run_date: date
    settings: CompanySettings
    nodes: "polars.DataFrame"
    lease: Lease
    progress: Progress

    @property
    def horizon(self) -> int:
        """Days planned."""
        return self.settings.planning_horizon_days
