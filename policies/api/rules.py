"""Policy rules over REST."""

from typing import ClassVar

from rest_framework import serializers

from policies.models import PolicyRule
from stocksense.core.api.filters import CHOICE, CODE, NUMBER, TEXT, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class PolicyRuleRow(Row):
    """Service target, method and review of a segment; blank selectors fit everything."""

    category = serializers.CharField(source="category.path", allow_null=True, help_text="With everything below it.")

    class Meta:
        model = PolicyRule
        fields = (
            "id", "name", "position", "abc", "xyz", "demand_class", "category", "location_kind", "service_target",
            "method", "review_days", "is_active", "created_at", "updated_at",
        )  # fmt: skip


class PolicyRuleView(Listed, Detailed):
    """Rules in the order in which they are tried; the first that fits an item-location wins."""

    resource, model, row = "policy-rules", PolicyRule, PolicyRuleRow
    permissions: ClassVar = {"list": "policies.view_policyrule", "retrieve": "policies.view_policyrule"}
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
