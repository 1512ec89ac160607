"""Plan runs and what they propose, project and warn of."""

from typing import TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from stocksense.company.models import CurrentRun, Run, RunKind, Scenario
from stocksense.core.models import money_field, one_of, positive, quantity_field


class PlanRun(Run):
    """One plan of the whole network from one policy run."""

    policy_run = models.ForeignKey("policies.PolicyRun", on_delete=models.PROTECT, related_name="+")
    horizon_days = models.PositiveSmallIntegerField()
    inputs_seen_at = models.DateTimeField(
        null=True, blank=True, help_text="Every change before then is in the plan; blank: from when it started."
    )
    first_need_on = models.DateField(
        null=True, blank=True, help_text="Earliest need date of its proposals; blank: not known."
    )

    class Meta(Run.Meta):
        permissions = [("run_cycle", "Can start a planning cycle")]


class RunRow(models.Model):
    """A row of a plan run about one item at one location.

    No database foreign keys: rows go with their partition. And no index per key: every read names the run, which the
    indexes of each table begin with, and each index more takes its part of every night.
    """

    run = models.ForeignKey(PlanRun, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    run_date = models.DateField()
    item = models.ForeignKey(
        "inventory.Item", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        abstract = True


RowT = TypeVar("RowT", bound=RunRow)


class RunRowQuerySet(models.QuerySet[RowT]):
    """Reads of run rows; each carries the partition key, so that one partition is read."""

    def of_run(self, pointer: CurrentRun | None) -> "RunRowQuerySet[RowT]":
        """The rows of the run that `pointer` names; none before the first run."""
        if pointer is None:
            return self.none()
        return self.filter(run_id=pointer.run_id, run_date=pointer.run_date)

    def current(self, scenario: Scenario | None = None) -> "RunRowQuerySet[RowT]":
        """The rows of the scenario's (default: the baseline's) current plan."""
        return self.of_run(CurrentRun.objects.run_of(RunKind.PLAN, scenario))


class OrderKind(models.TextChoices):
    """What a proposal becomes when it is approved."""

    PURCHASE = "purchase"
    TRANSFER = "transfer"


class PlannedOrder(RunRow):
    """A proposal of one run: order or move `quantity` (stock units) into `location`. Immutable; see PlanDecision."""

    kind = models.CharField(max_length=8, choices=OrderKind)
    origin = models.ForeignKey(
        "inventory.Location",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    supplier = models.ForeignKey(
        "vendors.Supplier",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    source_id = models.PositiveBigIntegerField(help_text="Lane or supplier term that the order uses.")
    quantity = quantity_field()
    unit_price = money_field(null=True, help_text="Company currency per stock unit.")
    value = money_field(help_text="Company currency.")
    release_on = models.DateField()
    due_on = models.DateField()
    need_on = models.DateField(help_text="The review day whose need the order covers; the period key of decisions.")
    cost_of_inaction = money_field(default=0, help_text="Expected cost of not ordering, company currency.")
    exception_kind = models.CharField(
        max_length=20, blank=True, help_text="The most costly shortage that the order answers; blank: a regular order."
    )
    reason = models.CharField(max_length=40)
    trace = models.JSONField(default=dict)

    objects = RunRowQuerySet.as_manager()

    class Meta:
        verbose_name = "planned order"
        constraints = [
            one_of("planned_order", "kind", OrderKind),
            models.CheckConstraint(
                condition=Q(kind="purchase", supplier__isnull=False, origin__isnull=True)
                | Q(kind="transfer", supplier__isnull=True, origin__isnull=False),
                name="planned_order_source_fits_kind",
            ),
            *positive("planned_order", "quantity"),
        ]
        indexes = [
            models.Index(fields=["run", "release_on", "-cost_of_inaction"], name="planned_order_worklist"),
            models.Index(
                fields=["run", "-cost_of_inaction", "release_on", "-value", "id"], name="planned_order_dearest"
            ),
            models.Index(fields=["run", "supplier"], name="planned_order_by_supplier"),
            models.Index(fields=["run", "item", "location"], name="planned_order_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} due {self.due_on}"


class Projection(RunRow):
    """Projected stock of one item-location per day from `first_date`, with and without the proposals."""

    first_date = models.DateField()
    on_hand_mean = ArrayField(models.FloatField())
    on_hand_p10 = ArrayField(models.FloatField())
    on_hand_p90 = ArrayField(models.FloatField())
    on_hand_without_orders = ArrayField(models.FloatField())
    inputs = models.JSONField(default=dict, help_text="What the plan knew here: enough to plan the item again.")

    objects = RunRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "location", "run_date"], name="projection_unique")
        ]

    def __str__(self) -> str:
        return f"projection of {self.item_id} at {self.location_id}"


class ExceptionKind(models.TextChoices):
    """What a planner should look at."""

    STOCK_OUT = "stock_out", "stocked out"
    STOCK_OUT_RISK = "stock_out_risk", "at risk"
    LATE_ORDER = "late_order", "late order"
    EXPEDITE = "expedite", "bring forward"
    OVERDUE_RECEIPT = "overdue_receipt", "overdue receipt"
    PAST_DUE_RELEASE = "past_due_release", "not sent in time"
    SOURCE_SHORT = "source_short", "source short"
    DEFER = "defer", "put off"
    CANCEL = "cancel", "reduce or cancel"
    EXCESS = "excess"
    EXPIRING = "expiring", "will expire"
    BELOW_MINIMUM = "below_minimum", "below minimum"
    CANNOT_PLAN = "cannot_plan", "cannot plan"
    HORIZON_TOO_SHORT = "horizon_too_short", "horizon too short"


class PlanException(RunRow):
    """A warning of one run, ranked by the expected cost of doing nothing."""

    kind = models.CharField(max_length=20, choices=ExceptionKind)
    subject = models.CharField(
        max_length=64, blank=True, help_text="Open order or lot that it is about; with item, location and kind its key."
    )
    due_on = models.DateField()
    cost_of_inaction = money_field(default=0, help_text="Company currency.")
    message = models.TextField()
    details = models.JSONField(default=dict)

    objects = RunRowQuerySet.as_manager()

    class Meta:
        verbose_name = "exception"
        constraints = [one_of("plan_exception", "kind", ExceptionKind)]
        indexes = [
            models.Index(fields=["run", "kind", "-cost_of_inaction"], name="plan_exception_ranked"),
            models.Index(fields=["run", "item", "location"], name="plan_exception_by_item"),
        ]

    def __str__(self) -> str:
        return self.message


class SupplyKind(models.TextChoices):
    """What a need is covered by."""

    STOCK = "stock", "stock on hand"
    RECEIPT = "receipt", "open order"
    ORDER = "order", "planned order"


class Pegging(RunRow):
    """Units of one supply at a place and what they serve: its customers over a span of days, or one transfer."""

    supply_kind = models.CharField(max_length=7, choices=SupplyKind, default=SupplyKind.ORDER)
    planned_order_id = models.PositiveBigIntegerField(null=True, help_text="The supply, where it is a planned order.")
    order_number = models.CharField(max_length=64, blank=True, help_text="The supply, where it is an open order.")
    origin = models.ForeignKey(
        "inventory.Location",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    arrives_on = models.DateField(null=True, help_text="Blank: on hand.")
    quantity = quantity_field()
    need_from = models.DateField()
    need_to = models.DateField()
    downstream_location = models.ForeignKey(
        "inventory.Location",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    downstream_order_id = models.PositiveBigIntegerField(
        null=True, help_text="Planned transfer that the units leave with."
    )
    downstream_number = models.CharField(max_length=64, blank=True, help_text="Open transfer that they leave with.")

    objects = RunRowQuerySet.as_manager()

    class Meta:
        constraints = [one_of("pegging", "supply_kind", SupplyKind)]
        indexes = [models.Index(fields=["run", "item", "location"], name="pegging_by_item")]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.need_from} to {self.need_to}"
