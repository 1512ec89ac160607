"""Who may approve how much, and what is approved without asking."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from planning.models.runs import OrderKind
from stocksense.accounts.roles import Role
from stocksense.audit.tracking import tracked
from stocksense.core.models import TimeStamped, money_field, not_negative, one_of


@tracked()
class ApprovalLimit(TimeStamped):
    """The most that one order may be worth for a role to approve it; a role without a row has no limit."""

    role = models.CharField(max_length=8, choices=Role, unique=True)
    max_order_value = money_field(help_text="Company currency, of one whole order.")

    class Meta:
        ordering = ["max_order_value"]
        constraints = [one_of("approval_limit", "role", Role), *not_negative("approval_limit", "max_order_value")]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.max_order_value}"


@tracked()
class AutoApproveRule(TimeStamped):
    """Proposals that are approved after each cycle without asking. Blank conditions fit everything."""

    name = models.CharField(max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Rules are tried in this order.")
    is_active = models.BooleanField("active", default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="In whose name it approves: this person's rights and limit apply.",
    )
    kind = models.CharField(max_length=8, choices=OrderKind, blank=True)
    supplier = models.ForeignKey("vendors.Supplier", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="With everything below it.",
    )  # fmt: skip
    location = models.ForeignKey(
        "inventory.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Where the goods go.",
    )  # fmt: skip
    abc = models.CharField("ABC class", max_length=1, blank=True)
    only_regular = models.BooleanField(
        "only regular orders", default=True, help_text="Leave orders that answer a shortage to a person."
    )
    max_line_value = money_field(null=True, blank=True, help_text="Company currency.")
    max_order_value = money_field(
        null=True, blank=True, help_text="Company currency, of all that the rule would order from one source at once."
    )
    max_change_percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Most that a quantity may differ from the last order of the item; a first order is left to a person.",
    )

    class Meta:
        verbose_name = "auto-approve rule"
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="") | Q(kind__in=OrderKind.values), name="auto_approve_rule_kind_known"
            ),
            *not_negative("auto_approve_rule", "max_line_value", "max_order_value"),
        ]

    def __str__(self) -> str:
        return self.name
