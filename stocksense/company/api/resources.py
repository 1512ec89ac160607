"""Settings, calendars, exchange rates and scenarios over REST."""

from typing import Any, ClassVar

from rest_framework import serializers

from stocksense.company import masters
from stocksense.company.models import Calendar, CalendarDay, CalendarWeekday, CompanySettings, ExchangeRate, Scenario
from stocksense.core.api.filters import CODE, EXACT, TIME
from stocksense.core.api.inputs import Entry, Input
from stocksense.core.api.masters import MasterView, verbs
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed

SETTING_FIELDS = (
    "name",
    "currency",
    "bucket",
    "week_start",
    "time_zone",
    "default_lead_time_days",
    "default_review_days",
    "default_service_target",
    "holding_rate_per_year",
    "default_order_cost",
    "unmet_demand",
    "max_cover_days",
    "planning_horizon_days",
    "frozen_days",
    "separate_approver",
    "nightly_run_at",
)


class CompanyRow(Row):
    """Company-wide settings, and the defaults that stand in for missing data."""

    class Meta:
        model = CompanySettings
        fields = (*SETTING_FIELDS, "updated_at")


class CompanyInput(Input):
    """Settings to change."""

    class Meta:
        model = CompanySettings
        fields = SETTING_FIELDS


class CompanyView(Detailed, Changed):
    """The one row of company settings."""

    resource, model, row = "company", CompanySettings, CompanyRow
    singular = "the company's settings"
    permissions: ClassVar = {
        "retrieve": "company.view_companysettings",
        "partial_update": "company.change_companysettings",
    }
    change_body = CompanyInput

    def change_one(self, found: CompanySettings, data: dict[str, Any]) -> None:
        """Other settings."""
        masters.SETTINGS.change(row=found, actor=self.request.user, **data)


class WeekdayRow(Row):
    """A weekday, 0 = Monday, on which a calendar is closed (or open) unless a date says otherwise."""

    class Meta:
        model = CalendarWeekday
        fields = ("weekday", "closed")


class DayRow(Row):
    """A date that differs from the weekly pattern."""

    class Meta:
        model = CalendarDay
        fields = ("date", "closed", "label")


class CalendarRow(Row):
    """Working days of suppliers, lanes and locations."""

    children: ClassVar = {
        "weekdays": Children(WeekdayRow, CalendarWeekday.objects.all, "calendar_id", ("weekday",)),
        "days": Children(DayRow, CalendarDay.objects.all, "calendar_id", ("date",)),
    }

    class Meta:
        model = Calendar
        fields = ("id", "code", "name", "created_at", "updated_at")


class WeekdayInput(Entry, Input):
    """A weekday, 0 = Monday."""

    class Meta:
        model = CalendarWeekday
        fields = ("weekday", "closed")


class DayInput(Entry, Input):
    """A date."""

    class Meta:
        model = CalendarDay
        fields = ("date", "closed", "label")


class CalendarInput(Input):
    """A calendar. `weekdays` and `days`, where given, replace all that it had. The code cannot change."""

    weekdays: Any = serializers.ListSerializer(child=WeekdayInput(), required=False, max_length=7)
    days: Any = serializers.ListSerializer(child=DayInput(), required=False, max_length=5000)

    class Meta:
        model = Calendar
        fields = ("code", "name", "weekdays", "days")


class CalendarView(MasterView):
    """Calendars with their weekly pattern and dates."""

    resource, model, row = "calendars", Calendar, CalendarRow
    master, create_body, change_body = masters.CALENDARS, CalendarInput, CalendarInput
    permissions: ClassVar = verbs("company.calendar")
    filter_fields: ClassVar = {"code": CODE, "updated_at": TIME}
    ordering_fields = ("code",)
    ordering = ("code",)
    always_expanded = ("weekdays", "days")


class ExchangeRateRow(Row):
    """Company currency per unit of a foreign currency, from a date on."""

    class Meta:
        model = ExchangeRate
        fields = ("id", "currency", "valid_from", "rate", "created_at", "updated_at")


class ExchangeRateInput(Input):
    """A rate. Currency and date cannot change."""

    class Meta:
        model = ExchangeRate
        fields = ("currency", "valid_from", "rate")


class ExchangeRateView(MasterView):
    """Exchange rates by currency and first day."""

    resource, model, row = "exchange-rates", ExchangeRate, ExchangeRateRow
    master, create_body, change_body = masters.EXCHANGE_RATES, ExchangeRateInput, ExchangeRateInput
    permissions: ClassVar = verbs("company.exchangerate")
    filter_fields: ClassVar = {"currency": CODE, "valid_from": ("exact", "gte", "lte")}
    ordering_fields = ("currency", "valid_from")
    ordering = ("currency", "valid_from")


class ScenarioRow(Row):
    """A line of planning with its own runs and decisions."""

    class Meta:
        model = Scenario
        fields = ("id", "name", "description", "is_baseline", "created_at", "updated_at")


class ScenarioView(Listed, Detailed):
    """Scenarios; the baseline is what the company does."""

    resource, model, row = "scenarios", Scenario, ScenarioRow
    permissions: ClassVar = {"list": "company.view_scenario", "retrieve": "company.view_scenario"}
    filter_fields: ClassVar = {"name": CODE, "is_baseline": EXACT}
    ordering_fields = ("name",)
    ordering = ("name",)
