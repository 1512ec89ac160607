"""Planners' overrides of the forecast over REST, and the company's reasons for them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.models import ForecastOverride, OverrideReason
from forecasting.services import overrides, reasons
from inventory.api.items import CategoryRow, ItemRow
from inventory.api.locations import LocationRow
from inventory.models import Category, Item, Location
from stocksense.core.api.batches import Batched
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, TEXT, TIME
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed, Created
from stocksense.core.errors import FieldErrors

SAID = ("start_date", "end_date", "mode", "value", "reason", "comment", "expires_on")


class OverrideReasonRow(Row):
    """A reason that overrides are given."""

    class Meta:
        model = OverrideReason
        fields = ("id", "code", "name", "is_active", "created_at", "updated_at")


class OverrideReasonInput(Input):
    """A reason; its code is set once."""

    class Meta:
        model = OverrideReason
        fields = ("code", "name", "is_active")


class OverrideReasonView(MasterView):
    """The company's reasons; those that are not offered any more stay for what was written."""

    resource, model, row = "override-reasons", OverrideReason, OverrideReasonRow
    master, create_body, change_body = reasons.REASONS, OverrideReasonInput, OverrideReasonInput
    permissions: ClassVar = verbs("forecasting.overridereason")
    filter_fields: ClassVar = {"code": CODE, "is_active": EXACT}
    ordering_fields = ("code", "name")
    ordering = ("name",)


class ForecastOverrideRow(Row):
    """A change of the forecast over a span of days, in every forecast run until the span is past or it expires."""

    item = code("item.sku", "SKU of the item; null: see category.", null=True)
    item_id = ident("Id of the item.", null=True)
    category = code("category.path", "Path of the category, with everything below it; null: any.", null=True)
    category_id = ident("Id of the category.", null=True)
    location = code("location.code", "Code of the location; null: everywhere.", null=True)
    location_id = ident("Id of the location.", null=True)
    reason = code("reason.code", "Code of the reason.")
    author = code("author.email", "Who says so; null: an unattended import.", null=True)
    expandable = {
        "item": ("item", ItemRow), "category": ("category", CategoryRow), "location": ("location", LocationRow),
    }  # fmt: skip

    class Meta:
        model = ForecastOverride
        fields = (
            "id", "reference", "item", "item_id", "category", "category_id", "location", "location_id", *SAID,
            "author", "withdrawn_at", "created_at", "updated_at",
        )  # fmt: skip


class ForecastOverrideInput(Input):
    """An override: what it is about (nothing named: everything), when, how much and why."""

    item = Reference(Item, "sku", required=False, allow_null=True)
    category = Reference(Category, "path", required=False, allow_null=True)
    location = Reference(Location, "code", required=False, allow_null=True)
    reason = Reference(OverrideReason, "code")
    reference = serializers.CharField(required=False, max_length=64, help_text="Made up unless given.")

    class Meta:
        model = ForecastOverride
        fields = ("reference", "item", "category", "location", *SAID)


class PreviewBody(ForecastOverrideInput):
    """An override to look at, and the series whose buckets are shown."""

    override = serializers.IntegerField(required=False, help_text="Id of the override that would be changed so.")
    show_item = Reference(Item, "sku", required=False)
    show_location = Reference(Location, "code", required=False)

    class Meta(ForecastOverrideInput.Meta):
        fields = ("override", "show_item", "show_location", "item", "category", "location", *SAID)


class PreviewBucket(serializers.Serializer[Any]):
    """One bucket of the series that was asked about."""

    start = serializers.DateField()
    before = serializers.FloatField(help_text="Mean without it.")
    after = serializers.FloatField(help_text="Mean with it.")


class PreviewAnswer(serializers.Serializer[Any]):
    """What the override would do to the current forecast."""

    reached = serializers.IntegerField(help_text="Series that it is about.")
    moved = serializers.IntegerField(help_text="Series whose forecast changes.")
    expected = serializers.FloatField(help_text="Units expected of them in the buckets it touches, without it.")
    total = serializers.FloatField(help_text="The same with it.")
    buckets = serializers.ListField(child=PreviewBucket(), allow_null=True)


class ForecastOverrideView(Listed, Detailed, Created, Changed, Batched):
    """Overrides by their span. They take effect with the next forecast run, and are withdrawn rather than deleted."""

    resource, model, row = "forecast-overrides", ForecastOverride, ForecastOverrideRow
    create_body, change_body = ForecastOverrideInput, ForecastOverrideInput
    permissions: ClassVar = {
        "list": "forecasting.view_forecastoverride",
        "retrieve": "forecasting.view_forecastoverride",
        "create": "forecasting.add_forecastoverride",
        "partial_update": "forecasting.change_forecastoverride",
    }
    filter_fields: ClassVar = {
        "reference": CODE,
        "item": (*CODE, "isnull"),
        "item_id": EXACT,
        "category": (*CODE, "isnull"),
        "location": (*CODE, "isnull"),
        "mode": CHOICE,
        "reason": CODE,
        "author": TEXT,
        "start_date": TIME,
        "end_date": TIME,
        "expires_on": (*TIME, "isnull"),
        "withdrawn_at": (*TIME, "isnull"),
        "updated_at": TIME,
    }
    ordering_fields = ("start_date", "end_date", "updated_at")
    ordering = ("start_date",)

    def create_one(self, data: dict[str, Any]) -> ForecastOverride:
        """A new override by the caller."""
        return overrides.create_override(actor=self.request.user, **data)

    def create_many(self, datas: Sequence[dict[str, Any]]) -> Sequence[ForecastOverride]:
        """New overrides by the caller, all or none."""
        return overrides.create_overrides(actor=self.request.user, rows=datas)

    def change_many(self, changes: Sequence[tuple[ForecastOverride, dict[str, Any]]]) -> None:
        """Other values of several, all or none."""
        overrides.change_overrides(actor=self.request.user, changes=changes)

    def change_one(self, found: ForecastOverride, data: dict[str, Any]) -> None:
        """Other values of it."""
        overrides.change_override(override=found, actor=self.request.user, **data)

    @command("forecasting.change_forecastoverride", answer=ForecastOverrideRow)
    def withdraw(self, request: Request, pk: str) -> Response:
        """Leave an override out of forecasts from the next run on."""
        self.valid()
        with self.changing(pk) as found:
            overrides.withdraw_override(override=found, actor=request.user)
        return self.shown(pk)

    @command("forecasting.change_forecastoverride", answer=ForecastOverrideRow)
    def reinstate(self, request: Request, pk: str) -> Response:
        """Put a withdrawn override in force again."""
        self.valid()
        with self.changing(pk) as found:
            overrides.reinstate_override(override=found, actor=request.user)
        return self.shown(pk)

    @command("forecasting.view_forecastoverride", on_collection=True, body=PreviewBody, answer=PreviewAnswer)
    def preview(self, request: Request) -> Response:
        """Show what an override would do, without saving it."""
        data = self.valid()
        item, location = data.pop("show_item", None), data.pop("show_location", None)
        draft = ForecastOverride(pk=data.pop("override", None), **data)
        if problems := overrides.problems_of(draft):
            raise FieldErrors(problems)
        seen = overrides.preview_override(
            draft=draft, item_id=item.pk if item else None, location_id=location.pk if location else None
        )
        return Response(
            {
                "reached": seen.reached,
                "moved": seen.moved,
                "expected": seen.expected,
                "total": seen.total,
                "buckets": seen.series
                and [
                    {"start": day, "before": before, "after": after}
                    for day, before, after in zip(
                        seen.series.days, seen.series.before.tolist(), seen.series.after.tolist(), strict=True
                    )
                ],
            }
        )
