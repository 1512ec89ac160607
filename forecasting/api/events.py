"""Demand events over REST."""

from typing import ClassVar

from rest_framework import serializers

from forecasting.models import DemandEvent
from inventory.api.items import ItemRow
from stocksense.core.api.filters import CHOICE, CODE, NUMBER, TEXT, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed


class DemandEventRow(Row):
    """A promotion or another happening that moves demand."""

    sku = serializers.CharField(source="item.sku")
    location = serializers.CharField(source="location.code", allow_null=True, help_text="Null: everywhere.")
    expandable = {"item": ("item", ItemRow)}

    class Meta:
        model = DemandEvent
        fields = (
            "id", "kind", "sku", "location", "start_date", "end_date", "price", "label", "created_at", "updated_at",
        )  # fmt: skip


class DemandEventView(Listed, Detailed):
    """What moves demand, the newest first."""

    resource, model, row = "demand-events", DemandEvent, DemandEventRow
    permissions: ClassVar = {"list": "forecasting.view_demandevent", "retrieve": "forecasting.view_demandevent"}
    filter_fields: ClassVar = {
        "kind": CHOICE,
        "sku": CODE,
        "location": (*CODE, "isnull"),
        "start_date": TIME,
        "end_date": (*TIME, "isnull"),
        "price": NUMBER,
        "label": TEXT,
        "updated_at": TIME,
    }
    ordering_fields = ("start_date", "end_date", "sku", "updated_at")
    ordering = ("-start_date",)
