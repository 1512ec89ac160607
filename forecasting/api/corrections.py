"""Corrections of demand over REST: what the system and people say, undone and applied by command."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.models import DemandCorrection
from forecasting.services import corrections
from inventory.api.items import ItemRow
from inventory.api.locations import LocationRow
from inventory.models import Item, Location
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TIME
from stocksense.core.api.inputs import Reference
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Created

ADD, CHANGE = "forecasting.add_demandcorrection", "forecasting.change_demandcorrection"
VIEW = "forecasting.view_demandcorrection"


class DemandCorrectionRow(Row):
    """A signed change of the demand that is forecast from, in one bucket. Recorded demand itself never changes."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")
    author = code("author.email", "Who made it or decided on it; null: the system, each run anew.", null=True)
    expandable = {"item": ("item", ItemRow), "location": ("location", LocationRow)}

    class Meta:
        model = DemandCorrection
        fields = (
            "id", "item", "item_id", "location", "location_id", "date", "bucket_days", "kind", "quantity",
            "reason", "state", "author", "created_at", "updated_at",
        )  # fmt: skip


class DemandCorrectionInput(serializers.Serializer[Any]):
    """What a planner knows of one bucket. Another one of the same bucket takes its place."""

    item = Reference(Item, "sku")
    location = Reference(Location, "code")
    date = serializers.DateField(help_text="A day of the bucket, which must be over.")
    quantity = serializers.DecimalField(
        max_digits=15, decimal_places=3, help_text="Units to add to what was recorded; below zero: to take away."
    )
    reason = serializers.CharField(max_length=200)


class DemandCorrectionView(Listed, Detailed, Created):
    """Corrections of demand, the newest buckets first: outliers, stock-outs, and what planners say."""

    resource, model, row = "demand-corrections", DemandCorrection, DemandCorrectionRow
    permissions: ClassVar = {"list": VIEW, "retrieve": VIEW, "create": ADD}
    create_body = DemandCorrectionInput
    filter_fields: ClassVar = {
        "item": CODE,
        "item_id": EXACT,
        "location": CODE,
        "location_id": EXACT,
        "date": TIME,
        "kind": CHOICE,
        "state": CHOICE,
        "quantity": NUMBER,
        "author": ("exact", "isnull"),
        "updated_at": TIME,
    }
    ordering_fields = ("date", "updated_at")
    ordering = ("-date",)

    def create_one(self, data: dict[str, Any]) -> DemandCorrection:
        """What a planner says."""
        day = data.pop("date")
        return corrections.correct_demand(day=day, actor=self.request.user, **data)  # type: ignore[arg-type]

    @command(CHANGE, answer=DemandCorrectionRow, if_match=False)
    def undo(self, request: Request, pk: str) -> Response:
        """Let what was recorded count, for good: no later run makes the correction again. 409 where it is undone."""
        self.valid()
        with self.locked(pk) as found:
            corrections.undo_correction(correction_id=found.pk, actor=self.request.user)  # type: ignore[arg-type]
        return self.shown(pk)

    @command(CHANGE, answer=DemandCorrectionRow, if_match=False)
    def apply(self, request: Request, pk: str) -> Response:
        """Let a proposed or undone correction count. 409 where it counts already."""
        self.valid()
        with self.locked(pk) as found:
            corrections.apply_correction(correction_id=found.pk, actor=self.request.user)  # type: ignore[arg-type]
        return self.shown(pk)
