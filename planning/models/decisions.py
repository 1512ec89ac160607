"""What planners decided: the word that stands on each proposal and exception, and the history of every act."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from planning.models.runs import ExceptionKind
from stocksense.audit.tracking import tracked
from stocksense.core.models import DatabaseAccess, TimeStamped, money_field, one_of, quantity_field


class Decision(models.TextChoices):
    """What a planner did with a proposal."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SNOOZED = "snoozed"
    EDITED = "edited"


class ExceptionWord(models.TextChoices):
    """What a planner did with an exception."""

    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    DONE = "done"


class BatchVerb(models.TextChoices):
    """What one act did to all of its lines."""

    APPROVE = "approve", "approved"
    REJECT = "reject", "rejected"
    SNOOZE = "snooze", "snoozed"
    EDIT = "edit", "edited"
    REOPEN = "reopen", "reopened"
    DISMISS = "dismiss", "dismissed"
    DONE = "done", "done"


@tracked(exclude=["token"])
class DecisionBatch(models.Model):
    """One act of a person (or of an auto-approve rule) on one or many lines; it is undone as a whole."""

    scenario = models.ForeignKey("company.Scenario", on_delete=models.PROTECT, related_name="+")
    run_id = models.PositiveBigIntegerField(help_text="The plan run whose lines were decided.")
    verb = models.CharField(max_length=7, choices=BatchVerb)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey(
        "planning.AutoApproveRule", null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    reason = models.CharField(max_length=300, blank=True)
    lines = models.PositiveIntegerField()
    value = money_field(help_text="Company currency.")
    token = models.UUIDField(null=True, blank=True, help_text="Of the form that was sent: sent twice, it acts once.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name_plural = "decision batches"
        ordering = ["-id"]
        constraints = [
            one_of("decision_batch", "verb", BatchVerb),
            models.UniqueConstraint(fields=["token"], name="decision_batch_token_unique"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="decision_batch_undone_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["actor", "-id"], name="decision_batch_by_actor")]

    def __str__(self) -> str:
        return f"{self.lines} {self.get_verb_display()}"


class DecisionEntry(models.Model):
    """What an act did to one proposal or exception, and what stood there before. Written once, kept for good."""

    database_access = DatabaseAccess.APPEND_ONLY

    batch = models.ForeignKey(DecisionBatch, on_delete=models.PROTECT, related_name="entries")
    planned_order_id = models.PositiveBigIntegerField(null=True, blank=True)
    exception_id = models.PositiveBigIntegerField(null=True, blank=True)
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    origin = models.ForeignKey("inventory.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey("vendors.Supplier", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    need_on = models.DateField(null=True, blank=True)
    exception_kind = models.CharField(max_length=20, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    decision = models.CharField(max_length=9)
    proposed_quantity = quantity_field(null=True, blank=True)
    quantity = quantity_field(null=True, blank=True, help_text="What was ordered or set; blank: as proposed.")
    value = money_field(default=0, help_text="Company currency.")
    snoozed_until = models.DateField(null=True, blank=True)
    until_change = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    order_number = models.CharField(max_length=32, blank=True)
    drafted = models.JSONField(
        null=True, blank=True, encoder=DjangoJSONEncoder, help_text="The schedule row that an approval added."
    )
    previous = models.JSONField(
        null=True, blank=True, encoder=DjangoJSONEncoder, help_text="The word that stood before; blank: none."
    )

    class Meta:
        verbose_name_plural = "decision entries"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_order_id__isnull=False, exception_id__isnull=True)
                | Q(planned_order_id__isnull=True, exception_id__isnull=False),
                name="decision_entry_about_one_thing",
            )
        ]
        indexes = [models.Index(fields=["item", "destination", "-id"], name="decision_entry_by_item")]

    def __str__(self) -> str:
        return f"{self.decision} {self.item_id} at {self.destination_id}"


@tracked()
class PlanDecision(TimeStamped):
    """A planner's word on a proposal, keyed by what it is about, so that it survives runs."""

    scenario = models.ForeignKey("company.Scenario", on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    origin = models.ForeignKey("inventory.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey("vendors.Supplier", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    need_on = models.DateField()
    decision = models.CharField(max_length=8, choices=Decision)
    proposed_quantity = quantity_field(help_text="All parts of the need together.")
    proposed_due_on = models.DateField(null=True, blank=True, help_text="Arrival of the first part.")
    proposed_value = money_field(null=True, blank=True, help_text="Company currency.")
    quantity = quantity_field(null=True, blank=True, help_text="What the planner set, where it differs.")
    snoozed_until = models.DateField(null=True, blank=True)
    until_change = models.BooleanField(default=False, help_text="Snoozed until the plan proposes something else.")
    spans_to = models.DateField(
        null=True,
        blank=True,
        help_text="A rejection or snooze is about all order days before this one: on it the plan would ask anew.",
    )
    next_quantity = quantity_field(null=True, blank=True, help_text="What the plan would have asked for on that day.")
    tolerance = quantity_field(null=True, blank=True, help_text="How much more than expected a need may be.")
    most_cost = money_field(null=True, blank=True, help_text="What waiting may cost until the need comes back.")
    reason = models.CharField(max_length=300, blank=True)
    run_id = models.PositiveBigIntegerField(help_text="The plan run whose proposal was decided.")
    planned_order_ids = ArrayField(
        models.PositiveBigIntegerField(),
        default=list,
        blank=True,
        help_text="The parts that an approval took, of that run; blank: all.",
    )
    order_number = models.CharField(max_length=32, blank=True, help_text="Draft order that an approval made.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    batch = models.ForeignKey(DecisionBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-updated_at"]
        permissions = [
            ("decide", "Can reject, snooze and edit proposals"),
            ("approve", "Can approve proposals"),
            ("approve_over_limit", "Can approve above the limit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "item", "destination", "origin", "supplier", "need_on"],
                nulls_distinct=False,
                name="plan_decision_unique",
            ),
            one_of("plan_decision", "decision", Decision),
            models.CheckConstraint(
                condition=Q(origin__isnull=False, supplier__isnull=True)
                | Q(origin__isnull=True, supplier__isnull=False),
                name="plan_decision_one_source",
            ),
            models.CheckConstraint(
                condition=Q(spans_to__isnull=True, next_quantity__isnull=True, tolerance__isnull=True)
                | Q(spans_to__gt=models.F("need_on"), next_quantity__isnull=False, tolerance__isnull=False),
                name="plan_decision_span_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.item_id} at {self.destination_id}"


@tracked()
class ExceptionDecision(TimeStamped):
    """A planner's word on an exception. It ends with its date, or when what it is about has grown by over a fifth."""

    scenario = models.ForeignKey("company.Scenario", on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey("inventory.Item", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=ExceptionKind)
    subject = models.CharField(max_length=64, blank=True, help_text="Open order or lot that it is about.")
    decision = models.CharField(max_length=9, choices=ExceptionWord)
    snoozed_until = models.DateField(null=True, blank=True)
    until_change = models.BooleanField(default=False)
    cost = money_field(help_text="Cost of inaction when it was decided, company currency.")
    quantity = quantity_field(null=True, blank=True, help_text="How much it was about then, where it names a quantity.")
    reason = models.CharField(max_length=300, blank=True)
    run_id = models.PositiveBigIntegerField(help_text="The plan run whose exception was decided.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    batch = models.ForeignKey(DecisionBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "item", "location", "kind", "subject"], name="exception_decision_unique"
            ),
            one_of("exception_decision", "decision", ExceptionWord),
            one_of("exception_decision", "kind", ExceptionKind),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.item_id} at {self.location_id} {self.decision}"
