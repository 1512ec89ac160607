"""The rules that set stock parameters, and the parameters that each run worked out."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from inventory.models import LocationKind, PolicyMethod
from stocksense.audit.tracking import tracked
from stocksense.company.models import Run
from stocksense.core.models import TimeStamped, positive


@tracked()
class PolicyRule(TimeStamped):
    """Service target, method and review of a segment. The first rule that fits an item-location wins.

    Blank selectors fit everything; what a planner set on the item-location itself stands above all rules.
    """

    name = models.CharField(max_length=120, unique=True)
    position = models.PositiveIntegerField(default=100, help_text="Rules are tried in this order.")
    abc = models.CharField("ABC", max_length=3, blank=True, help_text="Letters that fit, such as AB.")
    xyz = models.CharField("XYZ", max_length=3, blank=True, help_text="Letters that fit, such as X.")
    demand_class = models.CharField(max_length=12, blank=True)
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    location_kind = models.CharField(max_length=9, choices=LocationKind, blank=True)
    service_target = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    method = models.CharField(max_length=8, choices=PolicyMethod, blank=True)
    review_days = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(service_target__gt=0, service_target__lt=1), name="policy_rule_service_in_range"
            ),
            *positive("policy_rule", "review_days"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyRun(Run):
    """One computation of every item-location's stock parameters from one forecast run."""

    forecast_run = models.ForeignKey("forecasting.ForecastRun", on_delete=models.PROTECT, related_name="+")

    class Meta(Run.Meta):
        pass


class Policy(models.Model):
    """Effective parameters of one item-location in one run, today's values first; `trace` recomputes them.

    `reorder_points` and `order_up_to_levels` are per day of the planning horizon.
    """

    run = models.ForeignKey(PolicyRun, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    run_date = models.DateField()
    item = models.ForeignKey("inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    method = models.CharField(max_length=8, choices=PolicyMethod)
    abc = models.CharField("ABC", max_length=1)
    xyz = models.CharField("XYZ", max_length=1)
    demand_class = models.CharField(max_length=12)
    service_target = models.FloatField()
    lead_time_days = models.FloatField()
    review_days = models.FloatField()
    reorder_point = models.FloatField()
    order_up_to = models.FloatField()
    safety_stock = models.FloatField()
    order_quantity = models.FloatField()
    reorder_points = ArrayField(models.FloatField())
    order_up_to_levels = ArrayField(models.FloatField())
    trace = models.JSONField()

    class Meta:
        verbose_name_plural = "policies"
        constraints = [models.UniqueConstraint(fields=["run", "item", "location", "run_date"], name="policy_unique")]

    def __str__(self) -> str:
        return f"s {self.reorder_point:g}, S {self.order_up_to:g}"
