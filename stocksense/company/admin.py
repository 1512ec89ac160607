"""The company's own rows."""

from django.contrib import admin

from stocksense.company.masters import CALENDARS
from stocksense.company.models import Calendar, CalendarDay, CalendarWeekday, CompanySettings, ExchangeRate, Scenario
from stocksense.core.admin.base import EditableInline, SingletonAdmin, StockSenseModelAdmin


@admin.register(CompanySettings)
class CompanySettingsAdmin(SingletonAdmin):
    """The one row of company settings."""

    fieldsets = (
        ("Company", {"fields": (("name", "currency"), ("time_zone", "nightly_run_at"))}),
        (
            "Planning",
            {
                "fields": (
                    ("bucket", "week_start"),
                    ("planning_horizon_days", "frozen_days"),
                    ("max_cover_days", "message_minimum"),
                )
            },
        ),
        ("Approvals", {"fields": ("separate_approver",)}),
        ("Sign-in", {"fields": ("second_factor_roles",)}),
        (
            "Defaults where data is missing",
            {
                "fields": (
                    ("default_lead_time_days", "default_review_days"),
                    ("default_service_target", "unmet_demand"),
                    ("holding_rate_per_year", "default_order_cost"),
                )
            },
        ),
    )


class CalendarWeekdayInline(EditableInline):
    """The weekly pattern."""

    model = CalendarWeekday


class CalendarDayInline(EditableInline):
    """Dates that differ."""

    model = CalendarDay
    per_page = 50


@admin.register(Calendar)
class CalendarAdmin(StockSenseModelAdmin):
    """Working days of suppliers, lanes and locations."""

    instead = CALENDARS.instead
    list_display = ("code", "name")
    search_fields = ("code__istartswith", "name")
    inlines = (CalendarWeekdayInline, CalendarDayInline)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(StockSenseModelAdmin):
    """Dated rates."""

    list_display = ("currency", "valid_from", "rate")
    list_filter = ("currency",)


@admin.register(Scenario)
class ScenarioAdmin(StockSenseModelAdmin):
    """Lines of planning."""

    instead = "A scenario that was planned stays: its runs and decisions belong to it."
    list_display = ("name", "description", "is_baseline")
    readonly_fields = ("is_baseline",)

    def has_delete_permission(self, request, obj=None) -> bool:
        """The baseline stays."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_baseline)
