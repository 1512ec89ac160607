"""Company settings, calendars and exchange rates."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from stocksense.company import services as company
from stocksense.company.models import Calendar, CalendarDay, CalendarWeekday, CompanySettings, ExchangeRate
from stocksense.ingestion import columns as c
from stocksense.ingestion import importers
from stocksense.ingestion.dialect import read_weekday
from stocksense.ingestion.importers import ImportContext, Importer
from stocksense.ingestion.merge import Target, Value, merge, target_of
from stocksense.ingestion.report import SHOWN_CHANGES, Change, Counts
from stocksense.ingestion.stage import Stage

SETTINGS = (
    "name",
    "currency",
    "bucket",
    "week_start",
    "time_zone",
    "default_lead_time_days",
    "default_service_target",
    "holding_rate_per_year",
    "default_order_cost",
    "message_minimum",
    "unmet_demand",
)


class CompanyImporter(Importer):
    """One row per setting of the company."""

    kind = "company"
    help = "Company-wide settings, one row each."
    columns = (
        c.choice("key", SETTINGS, "Name of the setting.", key=True, required=True),
        c.text("value", "Its value; blank leaves it as it is."),
    )
    export_sql = (
        "SELECT pair.key, pair.value FROM company_companysettings s CROSS JOIN LATERAL (VALUES"
        " ('name', s.name), ('currency', s.currency), ('bucket', s.bucket),"
        " ('week_start', (ARRAY['monday','tuesday','wednesday','thursday','friday','saturday','sunday'])"
        "[s.week_start + 1]),"
        " ('time_zone', s.time_zone), ('default_lead_time_days', s.default_lead_time_days::text),"
        " ('default_service_target', s.default_service_target::text),"
        " ('holding_rate_per_year', s.holding_rate_per_year::text), ('default_order_cost', s.default_order_cost::text),"
        " ('message_minimum', s.message_minimum::text),"
        " ('unmet_demand', s.unmet_demand)) AS pair (key, value)"
    )

    def check(self, stage: Stage, context: ImportContext) -> None:
        settings = company.settings()
        for line, key, value in _given_settings(stage):
            try:
                setattr(settings, key, read_setting(key, value))
                settings.clean_fields(exclude=[name for name in SETTINGS if name != key])
            except (ValidationError, InvalidOperation, ValueError) as error:
                reason = (
                    " ".join(error.messages) if isinstance(error, ValidationError) else f"{key} cannot be {value!r}."
                )
                stage.reject("SELECT %s::bigint, 'value', %s::text, %s::text", [line, value, f"{key}: {reason}"])
                settings = company.settings()

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        settings = CompanySettings.objects.select_for_update().get(pk=1)
        counts = Counts(
            same=stage.rows("SELECT count(*) FROM import_company WHERE NOT rejected AND value IS NULL")[0][0]
        )
        for line, key, value in _given_settings(stage):
            before, after = getattr(settings, key), read_setting(key, value)
            if before == after:
                counts.same += 1
                continue
            setattr(settings, key, after)
            counts.changed += 1
            counts.changes.append(Change(line, key, "value", str(before), str(after)))
        if counts.changed:
            settings.save()
        counts.changes = counts.changes[:SHOWN_CHANGES]
        return counts


def _given_settings(stage: Stage) -> list[tuple[int, str, str]]:
    return stage.rows(
        "SELECT line, key, value FROM import_company"
        " WHERE NOT rejected AND NOT repeated AND value IS NOT NULL ORDER BY line"
    )


def read_setting(key: str, value: str) -> object:
    """A setting's value from its text. Raises ValueError or InvalidOperation."""
    field = CompanySettings._meta.get_field(key)
    if key == "week_start":
        day = read_weekday(value)
        if day is None and value not in "0123456":
            raise ValueError(value)
        return int(value) if day is None else day
    if field.get_internal_type() == "DecimalField":
        number = Decimal(value.replace(",", "."))
        if not number.is_finite() or number < 0:
            raise ValueError(value)
        if key == "default_service_target" and not 0 < number < 1:
            raise ValueError(value)
        return number
    if key in ("bucket", "unmet_demand"):
        return value.lower()
    return value.upper() if key == "currency" else value


class CalendarsImporter(Importer):
    """Days on which a calendar is closed or open, by date or by weekday."""

    kind = "calendars"
    help = "Working days of suppliers, lanes and locations: a weekly pattern and dates that differ from it."
    columns = (
        c.code("calendar", "Code of the calendar.", key=True, required=True),
        c.date("date", "A date, or a weekday such as sunday.", key=True, required=True, weekday_too=True),
        c.flag("closed", "1 unless given."),
        c.text("label", "Such as the name of a holiday."),
    )
    export_sql = (
        "SELECT k.code, (ARRAY['monday','tuesday','wednesday','thursday','friday','saturday','sunday'])[w.weekday + 1],"
        " w.closed, NULL FROM company_calendarweekday w JOIN company_calendar k ON k.id = w.calendar_id"
        " UNION ALL SELECT k.code, d.date::text, d.closed, d.label"
        " FROM company_calendarday d JOIN company_calendar k ON k.id = d.calendar_id ORDER BY 1, 2"
    )

    def key_columns(self) -> list[str]:
        return ["calendar", "date", "date_weekday"]

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        codes = [
            code for (code,) in stage.rows(f"SELECT DISTINCT calendar FROM import_calendars s WHERE {stage.valid}")
        ]
        Calendar.objects.bulk_create([Calendar(code=code) for code in sorted(codes)], ignore_conflicts=True)
        owner = "(SELECT k.id FROM company_calendar k WHERE k.code = s.calendar)"
        shown = ("s.calendar", "coalesce(s.date::text, s.date_weekday::text)")
        closed = {"closed": Value("s.closed")} if "closed" in stage.given else {}
        label = {"label": Value("s.label")} if "label" in stage.given else {}
        weekday = Target(CalendarWeekday, {"calendar_id": owner, "weekday": "s.date_weekday"}, closed, shown_key=shown)
        day = Target(CalendarDay, {"calendar_id": owner, "date": "s.date"}, closed | label, shown_key=shown)
        counts = merge(stage, weekday, where="s.date_weekday IS NOT NULL")
        counts.add(merge(stage, day, where="s.date_weekday IS NULL"))
        return counts


class ExchangeRatesImporter(Importer):
    """Company currency per unit of a foreign currency."""

    kind = "exchange_rates"
    help = "Company currency per unit of a foreign currency, from a day on."
    columns = (
        c.currency("currency", "The foreign currency, such as USD.", key=True, required=True),
        c.date("valid_from", "First day of the rate; the newest one holds.", key=True, required=True),
        c.decimal("rate", "Company currency per unit.", digits=18, decimals=8, required=True, above=0),
    )
    export_sql = "SELECT currency, valid_from, rate FROM company_exchangerate ORDER BY currency, valid_from"

    def merge(self, stage: Stage, context: ImportContext) -> Counts:
        return merge(stage, target_of(ExchangeRate, self.columns, stage.given))


def register() -> None:
    """Make the kinds of files of the company app known."""
    importers.register(CompanyImporter(), CalendarsImporter(), ExchangeRatesImporter())
