"""The company's own settings, calendars, exchange rates, scenarios, and which run of each kind is current."""

from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from stocksense.accounts.roles import Role
from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, lead_time_field, money_field, not_negative, one_of, positive

CURRENCY_CODE = RegexValidator(r"^[A-Z]{3}$", "A currency is three capital letters, such as EUR.")


@cache
def _time_zones() -> set[str]:
    """Names of the time zone database, which are read from hundreds of files."""
    return available_timezones()


def validate_time_zone(value: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if value not in _time_zones():
        raise ValidationError(f"{value!r} is not a time zone, such as Europe/Paris.")


class Bucket(models.TextChoices):
    """The grain in which the company forecasts."""

    DAY = "day"
    WEEK = "week"


class UnmetDemand(models.TextChoices):
    """What becomes of demand that stock cannot meet."""

    LOST = "lost"
    BACKORDERED = "backordered"


class Weekday(models.IntegerChoices):
    """Days of the week as Python's date.weekday() counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


MESSAGE_SHARE_OF_ORDER_COST = Decimal("0.2")
"""Looking at a message takes about a fifth of the work of placing an order; one that costs less to ignore is noise."""


@tracked()
class CompanySettings(TimeStamped):
    """The one row of company-wide settings and the defaults that stand in for missing data."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=200, default="My company")
    currency = models.CharField(max_length=3, default="EUR", validators=[CURRENCY_CODE])
    bucket = models.CharField(max_length=4, choices=Bucket, default=Bucket.WEEK)
    week_start = models.PositiveSmallIntegerField(choices=Weekday, default=Weekday.MONDAY)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    default_lead_time_days = lead_time_field(default=Decimal(7), validators=[MinValueValidator(0)])
    default_review_days = models.PositiveSmallIntegerField(default=7, validators=[MinValueValidator(1)])
    default_service_target = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.95"), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    holding_rate_per_year = models.DecimalField(
        max_digits=6,
        decimal_places=4,
        default=Decimal("0.20"),
        help_text="Cost of holding stock, as a share of its value per year.",
    )
    default_order_cost = money_field(default=Decimal(25))
    message_minimum = money_field(
        null=True,
        blank=True,
        help_text="Exceptions that cost less to ignore are left out, in company currency; shortages of a whole unit "
        "are always told. Blank: a fifth of the default order cost, about what looking at a message costs.",
    )
    unmet_demand = models.CharField(
        max_length=11, choices=UnmetDemand, blank=True, help_text="Blank: lost at stores, backordered elsewhere."
    )
    max_cover_days = models.PositiveSmallIntegerField(
        default=120, help_text="Stock beyond this many days of demand is excess."
    )
    planning_horizon_days = models.PositiveSmallIntegerField(
        default=182, validators=[MinValueValidator(28), MaxValueValidator(728)]
    )
    frozen_days = models.PositiveSmallIntegerField(default=0, help_text="No new order is released within these days.")
    separate_approver = models.BooleanField(
        default=False, help_text="Who changed a quantity or made a draft order may not approve it."
    )
    second_factor_roles = ArrayField(
        models.CharField(max_length=8, choices=Role),
        default=list,
        blank=True,
        help_text="People of these roles must set up two-factor sign-in before anything else. "
        "Recommended: approver and admin.",
    )
    nightly_run_at = models.TimeField(default="02:00", help_text="Local time at which the nightly cycle starts.")

    class Meta:
        verbose_name = verbose_name_plural = "company settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="company_settings_single"),
            models.CheckConstraint(
                condition=Q(default_service_target__gt=0, default_service_target__lt=1),
                name="company_settings_service_in_range",
            ),
            *not_negative("company_settings", "default_lead_time_days", "holding_rate_per_year", "default_order_cost"),
            *not_negative("company_settings", "message_minimum"),
            *positive("company_settings", "default_review_days", "planning_horizon_days", "max_cover_days"),
            one_of("company_settings", "bucket", Bucket),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def least_message_cost(self) -> Decimal:
        """What an exception must cost at least to be worth a planner's time, company currency."""
        usual: Decimal = self.default_order_cost * MESSAGE_SHARE_OF_ORDER_COST
        return usual if self.message_minimum is None else Decimal(self.message_minimum)

    @property
    def bucket_days(self) -> int:
        """Days in one forecast bucket."""
        return 7 if self.bucket == Bucket.WEEK else 1


@tracked()
class Calendar(TimeStamped):
    """Working days of a supplier, a lane or a location: a weekly pattern with dated exceptions."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.code


@tracked()
class CalendarWeekday(models.Model):
    """A weekday on which a calendar is closed (or open) unless a date says otherwise."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="weekdays")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    closed = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "weekday"], name="calendar_weekday_unique"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="calendar_weekday_weekday_known"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.get_weekday_display()}"


@tracked()
class CalendarDay(models.Model):
    """One date of a calendar that differs from its weekly pattern."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    closed = models.BooleanField(default=True)
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="calendar_day_unique")]

    def __str__(self) -> str:
        return f"{self.calendar} {self.date}"


@tracked()
class ExchangeRate(TimeStamped):
    """Company currency per unit of a foreign currency, from a date on."""

    currency = models.CharField(max_length=3, validators=[CURRENCY_CODE])
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        ordering = ["currency", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "valid_from"], name="exchange_rate_unique"),
            *positive("exchange_rate", "rate"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate} from {self.valid_from}"


@tracked()
class Scenario(TimeStamped):
    """A line of planning with its own runs and decisions. The baseline is what the company does."""

    name = models.CharField(max_length=64, unique=True)
    description = models.TextField(blank=True)
    is_baseline = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_baseline"], condition=Q(is_baseline=True), name="scenario_one_baseline")
        ]

    def __str__(self) -> str:
        return self.name


class RunKind(models.TextChoices):
    """The steps of a planning cycle that leave a run behind."""

    FORECAST = "forecast"
    POLICY = "policy"
    PLAN = "plan"


class RunState(models.TextChoices):
    """How far a run is. Only a finished run can become current."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class Run(models.Model):
    """What the three kinds of run share. `run_date` is the partition key of all their rows."""

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateField(help_text="The day whose stock and orders the run starts from.")
    run_date = models.DateField(help_text="The company's day on which the run was made.")
    state = models.CharField(max_length=8, choices=RunState, default=RunState.RUNNING)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    fencing_token = models.PositiveBigIntegerField(default=0, help_text="Token of the job attempt that writes the run.")
    parameters = models.JSONField(default=dict, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk} of {self.as_of}"


class CurrentRunQuerySet(models.QuerySet["CurrentRun"]):
    """Which run readers see."""

    def run_of(self, kind: RunKind, scenario: Scenario | None = None) -> "CurrentRun | None":
        """The pointer of this kind, of the baseline unless a scenario is given; None before the first run."""
        where: dict[str, Any] = {"scenario": scenario} if scenario else {"scenario__is_baseline": True}
        return self.filter(kind=kind, **where).first()


class CurrentRun(models.Model):
    """Which run of a kind readers see. Switching this row publishes a run: the old one or the new, never a mix."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="current_runs")
    kind = models.CharField(max_length=8, choices=RunKind)
    run_id = models.PositiveBigIntegerField()
    run_date = models.DateField()
    as_of = models.DateField()
    built_on = ArrayField(
        models.DateField(), default=list, help_text="Run dates of the runs that this one was made from."
    )
    switched_at = models.DateTimeField(auto_now=True)

    objects = CurrentRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scenario", "kind"], name="current_run_unique"),
            one_of("current_run", "kind", RunKind),
            *positive("current_run", "run_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.run_id}"
