"""Policy rules over REST."""

from typing import ClassVar

from inventory.models import Category
from policies.models import PolicyRule
from policies.services import rules
from stocksense.core.api.filters import CHOICE, CODE, NUMBER, TEXT, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row


class PolicyRuleRow(Row):
    """Service target, method and review of a segment; blank selectors fit everything."""

    category = code("category.path", "With everything below it.", null=True)
    category_id = ident("Id of that category.", null=True)

    class Meta:
        model = PolicyRule
        fields = (
            "id", "name", "position", "abc", "xyz", "demand_class", "category", "category_id", "location_kind",
            "service_target", "method", "review_days", "is_active", "created_at", "updated_at",
        )  # fmt: skip


class PolicyRuleInput(Input):
    """A rule, its category by path."""

    category = Reference(Category, "path", required=False, allow_null=True)

    class Meta:
        model = PolicyRule
        fields = (
            "name", "position", "abc", "xyz", "demand_class", "category", "location_kind", "service_target", "method",
            "review_days", "is_active",
        )  # fmt: skip


class PolicyRuleView(MasterView):
    """Rules in the order in which they are tried; the first that fits an item-location wins."""

    resource, model, row = "policy-rules", PolicyRule, PolicyRuleRow
    master, create_body, change_body = rules.RULES, PolicyRuleInput, PolicyRuleInput
    permissions: ClassVar = verbs("policies.policyrule")
    filter_fields: ClassVar = {
        "name": TEXT,
        "category": CODE,
        "location_kind": CHOICE,
        "method": CHOICE,
        "is_active": ("exact",),
        "position": NUMBER,
        "updated_at": TIME,
    }
    ordering_fields = ("position", "name", "updated_at")
    ordering = ("position",)
