"""Reads and changes of company-wide rows that every app needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stocksense.company.models import CompanySettings, CurrentRun, ExchangeRate, Run, RunKind, Scenario
from stocksense.core import clock
from stocksense.core.errors import InvalidInput

BASELINE = "baseline"


def ensure_base_rows(using: str) -> None:
    """Create the settings row and the baseline scenario where they are missing."""
    CompanySettings.objects.using(using).get_or_create(pk=1)
    Scenario.objects.using(using).get_or_create(is_baseline=True, defaults={"name": BASELINE})


def settings() -> CompanySettings:
    """The company's settings, read afresh: they are one row and must not be cached across companies."""
    return CompanySettings.objects.get(pk=1)


def second_factor_roles() -> list[str]:
    """The roles whose people must have a second factor to sign in."""
    return CompanySettings.objects.filter(pk=1).values_list("second_factor_roles", flat=True).first() or []


def today() -> date:
    """The company's local day."""
    return clock.local_date(settings().time_zone)


def scenario_named(name: str | None) -> Scenario:
    """The scenario of that name, the baseline for None. Raises InvalidInput where there is none."""
    rows = Scenario.objects.filter(name=name) if name else Scenario.objects.filter(is_baseline=True)
    found = rows.first()
    if found is None:
        known = ", ".join(Scenario.objects.order_by("name").values_list("name", flat=True))
        raise InvalidInput(f"There is no scenario called {name!r}. Known scenarios: {known}.", scenario=name)
    return found


def publish_run(*, kind: RunKind, run: Run, built_on: Sequence[Run] = ()) -> None:
    """Make `run`, made from the runs `built_on`, the one that readers see, in the transaction that finishes it."""
    CurrentRun.objects.update_or_create(
        scenario=run.scenario,
        kind=kind,
        defaults={
            "run_id": run.pk,
            "run_date": run.run_date,
            "as_of": run.as_of,
            "built_on": sorted({earlier.run_date for earlier in built_on}),
        },
    )


@dataclass(frozen=True)
class RateTable:
    """Exchange rates in force on one day, in company currency per unit."""

    company_currency: str
    rates: dict[str, tuple[float, date]]

    def rate(self, currency: str) -> float:
        """Company currency per unit of `currency`. Raises InvalidInput where no rate is known."""
        if currency in ("", self.company_currency):
            return 1.0
        if currency not in self.rates:
            raise InvalidInput(
                f"There is no exchange rate for {currency}. Import one in exchange_rates.", currency=currency
            )
        return self.rates[currency][0]


def rates_on(day: date) -> RateTable:
    """The newest rate of each currency that is valid on `day`."""
    rows = ExchangeRate.objects.filter(valid_from__lte=day).order_by("currency", "-valid_from").distinct("currency")
    return RateTable(settings().currency, {row.currency: (float(row.rate), row.valid_from) for row in rows})
