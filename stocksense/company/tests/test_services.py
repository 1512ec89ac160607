"""Company-wide rows: the one settings row, scenarios, exchange rates, and which run is current."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from stocksense.company import services
from stocksense.company.models import CompanySettings, CurrentRun, ExchangeRate, RunKind, Scenario
from stocksense.core import clock
from stocksense.core.errors import InvalidInput

pytestmark = pytest.mark.django_db


def rate(currency: str, valid_from: date, value: str) -> None:
    ExchangeRate.objects.create(currency=currency, valid_from=valid_from, rate=Decimal(value))


def test_there_is_one_row_of_settings_and_no_second():
    refused = pytest.raises(IntegrityError, match="company_settings_single")
    with refused, transaction.atomic():
        CompanySettings.objects.create(id=2)
    assert CompanySettings.objects.count() == 1


def test_base_rows_are_made_once_and_kept_as_they_are():
    CompanySettings.objects.update(name="Bakery")
    services.ensure_base_rows("default")
    services.ensure_base_rows("default")
    assert list(CompanySettings.objects.values_list("name", flat=True)) == ["Bakery"]
    assert list(Scenario.objects.values_list("name", "is_baseline")) == [("baseline", True)]


def test_there_is_one_baseline():
    refused = pytest.raises(IntegrityError, match="scenario_one_baseline")
    with refused, transaction.atomic():
        Scenario.objects.create(name="another", is_baseline=True)


def test_a_scenario_is_found_by_name_and_the_baseline_without_one():
    rosy = Scenario.objects.create(name="rosy")
    assert services.scenario_named("rosy") == rosy
    assert services.scenario_named(None).name == "baseline"
    assert services.scenario_named("").name == "baseline"


def test_an_unknown_scenario_is_refused_with_those_that_exist():
    Scenario.objects.create(name="rosy")
    with pytest.raises(InvalidInput, match=r"no scenario called 'grim'. Known scenarios: baseline, rosy\."):
        services.scenario_named("grim")


def test_the_company_day_is_that_of_its_time_zone(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 16, 23, 30, tzinfo=UTC))
    assert services.today() == date(2026, 11, 16)
    CompanySettings.objects.update(time_zone="Europe/Paris")
    assert services.today() == date(2026, 11, 17)


def test_the_newest_rate_that_is_valid_on_the_day_counts():
    rate("USD", date(2026, 1, 1), "0.90")
    rate("USD", date(2026, 6, 1), "0.85")
    rate("USD", date(2026, 12, 1), "0.80")
    rate("GBP", date(2025, 1, 1), "1.15")
    table = services.rates_on(date(2026, 11, 16))
    assert table.rates == {"USD": (0.85, date(2026, 6, 1)), "GBP": (1.15, date(2025, 1, 1))}
    assert table.rate("USD") == 0.85


def test_a_rate_holds_from_its_first_day_on():
    rate("USD", date(2026, 6, 1), "0.85")
    assert services.rates_on(date(2026, 6, 1)).rate("USD") == 0.85
    assert services.rates_on(date(2026, 5, 31)).rates == {}


def test_the_company_currency_and_none_need_no_rate():
    table = services.rates_on(date(2026, 11, 16))
    assert (table.rate("EUR"), table.rate("")) == (1.0, 1.0)


def test_a_missing_rate_is_refused_by_its_currency():
    with pytest.raises(
        InvalidInput, match=r"There is no exchange rate for JPY\. Import one in exchange_rates"
    ) as refused:
        services.rates_on(date(2026, 11, 16)).rate("JPY")
    assert refused.value.fields == {"currency": "JPY"}


def test_the_current_run_is_the_baselines_unless_a_scenario_is_given():
    rosy = Scenario.objects.create(name="rosy")
    baseline = services.scenario_named(None)
    for scenario, run_id in ((baseline, 1), (rosy, 2)):
        CurrentRun.objects.create(
            scenario=scenario, kind=RunKind.PLAN, run_id=run_id, run_date=date(2026, 11, 16), as_of=date(2026, 11, 16)
        )
    assert CurrentRun.objects.run_of(RunKind.PLAN).run_id == 1
    assert CurrentRun.objects.run_of(RunKind.PLAN, rosy).run_id == 2
    assert CurrentRun.objects.run_of(RunKind.FORECAST) is None
