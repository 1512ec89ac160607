"""Demand history over REST."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.stock import DAYS, PAIR, bounded
from inventory.models import Demand
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Listed

RECENT_DAYS = 92
"""How far back demand is listed where nothing else is asked for."""

MOST_ROWS = 1000
_COLUMNS = {"item": "sku"}
"""What a field is called in files, where it differs."""


class DemandRow(Row):
    """What customers took in one bucket; a bucket without a row is a zero."""

    item = code("item.sku", "SKU of the item.")
    item_id = ident("Id of the item.")
    location = code("location.code", "Code of the location.")
    location_id = ident("Id of the location.")

    class Meta:
        model = Demand
        fields = (
            "id",
            "item",
            "item_id",
            "location",
            "location_id",
            "date",
            "bucket_days",
            "quantity",
            "returned_quantity",
            "price",
            "in_stock",
            "promotion",
        )


class DemandRowInput(serializers.Serializer[Any]):
    """One bucket, in the grain that the company forecasts in. Fields that are left out stay as they are."""

    item = serializers.CharField(max_length=64, help_text="SKU of the item.")
    location = serializers.CharField(max_length=64, help_text="Code of the location.")
    date = serializers.DateField(help_text="First local day of the bucket.")
    quantity = serializers.DecimalField(max_digits=15, decimal_places=3, help_text="Below zero: it is a return.")
    returned_quantity = serializers.DecimalField(max_digits=15, decimal_places=3, min_value=0, required=False)
    price = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0, required=False)
    in_stock = serializers.BooleanField(required=False)
    promotion = serializers.CharField(max_length=64, required=False)


class DemandInput(serializers.Serializer[Any]):
    """Buckets to add or correct: all of them or none."""

    rows: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=DemandRowInput(), allow_empty=False, max_length=MOST_ROWS
    )


class DemandMerged(serializers.Serializer[Any]):
    """What became of the rows."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()


class DemandView(Listed):
    """Demand by location, item and date. Lists reach back 92 days unless `date` says otherwise."""

    resource, model, row = "demand", Demand, DemandRow
    permissions: ClassVar = {"list": "inventory.view_demand", "create": "inventory.add_demand"}
    create_body, create_answer, create_statuses = DemandInput, DemandMerged, (200,)
    filter_fields: ClassVar = {**PAIR, "date": DAYS}
    ordering = ("location_id", "item_id", "date")

    def queryset(self) -> "QuerySet[Any]":
        """Demand, by default of the last quarter: the table is parted by year and holds tens of millions of rows."""
        return bounded(super().queryset(), self.request, "date", days=RECENT_DAYS)

    def create(self, request: Request) -> Response:
        """Merge up to 1,000 buckets, as a demand file is merged. Sent twice they count once."""
        from stocksense.ingestion import services
        from stocksense.ingestion.errors import RowsRejected

        rows = [
            {_COLUMNS.get(name, name): value for name, value in row.items()} for row in self.valid(DemandInput)["rows"]
        ]
        try:
            counts = services.import_rows(kind="demand", rows=rows, actor=request.user)
        except RowsRejected as error:
            raise serializers.ValidationError({"rows": _by_row(error)}) from error
        return Response({"new": counts.new, "changed": counts.changed, "same": counts.same})


def _by_row(error: Any) -> dict[str, dict[str, list[str]]]:
    fields = {column: field for field, column in _COLUMNS.items()}
    found: dict[str, dict[str, list[str]]] = {}
    for row in error.rows:
        name = fields.get(row.column, row.column) or "non_field_errors"
        found.setdefault(str(row.index), {}).setdefault(name, []).append(row.reason)
    return found
