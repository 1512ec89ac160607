"""What planners know better, why, and what it did to each run."""

import secrets
from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from forecasting.models.runs import ForecastRun
from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, one_of, quantity_field


class OverrideMode(models.TextChoices):
    """How an override changes the statistical forecast."""

    REPLACE = "replace"
    ADD = "add"
    SCALE = "scale"


@tracked()
class OverrideReason(TimeStamped):
    """A reason that overrides are given: the company's own list."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField("offered", default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def new_reference() -> str:
    """A name for an override that was given none: OV- and ten characters."""
    return f"OV-{secrets.token_hex(5)}"


class ForecastOverrideQuerySet(models.QuerySet["ForecastOverride"]):
    """Which overrides count."""

    def in_force(self, *, on: date, ahead_from: date) -> "ForecastOverrideQuerySet":
        """Those that a forecast made `on` a day, of demand from `ahead_from` on, takes in."""
        return self.filter(
            Q(expires_on__isnull=True) | Q(expires_on__gte=on), withdrawn_at__isnull=True, end_date__gte=ahead_from
        )

    def touching(self, *, item_id: int, location_id: int, category_ids: Sequence[int]) -> "ForecastOverrideQuerySet":
        """Those that reach this series, at whatever level; `category_ids`: its item's category and those above it."""
        return self.filter(
            Q(item__isnull=True) | Q(item=item_id),
            Q(location__isnull=True) | Q(location=location_id),
            Q(category__isnull=True) | Q(category__in=category_ids),
        )


@tracked()
class ForecastOverride(TimeStamped):
    """A planner's change of the forecast over a span of days; in every run until the span is past or it expires.

    It is about an item at a location, an item everywhere, a category (and what is below it) everywhere or at a
    location, a location, or (all three blank) everything.
    """

    reference = models.CharField(
        max_length=64, unique=True, default=new_reference, help_text="Its name in files; the same again changes it."
    )
    item = models.ForeignKey("inventory.Item", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    start_date = models.DateField()
    end_date = models.DateField(help_text="Last day of the span.")
    mode = models.CharField(max_length=7, choices=OverrideMode)
    value = quantity_field(help_text="Units over the whole span (replace, add) or a factor (scale).")
    reason = models.ForeignKey(OverrideReason, on_delete=models.PROTECT, related_name="overrides")
    comment = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who wrote it; blank for what an unattended import brought.",
    )  # fmt: skip
    expires_on = models.DateField(null=True, blank=True, help_text="Last day on which runs take it in.")
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ForecastOverrideQuerySet.as_manager()

    class Meta:
        ordering = ["start_date", "id"]
        constraints = [
            one_of("forecast_override", "mode", OverrideMode),
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="forecast_override_span_ordered"),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True), name="forecast_override_item_or_category"
            ),
            models.CheckConstraint(
                condition=Q(mode=OverrideMode.ADD) | Q(value__gte=0), name="forecast_override_value_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["end_date"], name="forecast_override_by_end")]

    def __str__(self) -> str:
        return f"{self.mode} {self.value} from {self.start_date}"


class OverrideEffect(models.Model):
    """What one override did to one series in one run, frozen: the override may change or be withdrawn later.

    `change` is the units added to the mean per bucket, after the overrides with a lower `position` in the same run.
    """

    run = models.ForeignKey(ForecastRun, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    run_date = models.DateField()
    override = models.ForeignKey(ForecastOverride, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    position = models.PositiveIntegerField()
    reason = models.ForeignKey(OverrideReason, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    change = ArrayField(models.FloatField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "item", "location", "position", "run_date"], name="override_effect_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"override {self.override_id} in run {self.run_id}"
