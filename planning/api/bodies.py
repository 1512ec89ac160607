"""Bodies of decisions, and what is answered to them."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from planning.services.decisions import DecisionResult
from stocksense.core.api.rows import Json

MOST_AT_ONCE = 1000
LONGEST_REASON = 300
LARGEST_ID = 2**63 - 1


def _quantity(help_text: str, **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=33, decimal_places=18, help_text=help_text, **options)


class QuantityById(serializers.DictField):
    """Quantities by planned order id."""

    child = serializers.DecimalField(max_digits=33, decimal_places=18)

    def to_internal_value(self, data: Any) -> dict[int, Decimal]:
        """Ids as numbers. Raises ValidationError for other keys."""
        found: Mapping[str, Decimal] = super().to_internal_value(data)
        wrong = [key for key in found if not (key.isdecimal() and len(key) < 19)]
        if wrong:
            raise serializers.ValidationError({key[:40]: ["This is no id of a planned order."] for key in wrong})
        return {int(key): value for key, value in found.items()}


class OfRun(serializers.Serializer[Any]):
    """What every decision says: of which plan the caller speaks, and why."""

    run = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, help_text="The plan run that was looked at. A newer one: 409."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class Many(OfRun):
    """A decision on several lines, all or none."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=MOST_AT_ONCE
    )


class ApproveOne(OfRun):
    """Order this proposal."""

    quantity = _quantity("Order this instead, stock units.", required=False)
    seen = _quantity("`quantity_to_order` as it was looked at; another by now: 409.", required=False)


class ApproveMany(Many):
    """Order these proposals: one draft per supplier or origin and destination."""

    quantities = QuantityById(required=False, help_text="Other quantities, by planned order id, stock units.")
    seen = QuantityById(required=False, help_text="`quantity_to_order` as it was looked at, by planned order id.")


class EditOne(OfRun):
    """Set what approving will order."""

    quantity = _quantity("Stock units.")


class Snooze(serializers.Serializer[Any]):
    """Until when."""

    until = serializers.DateField(required=False, help_text="Until the plan of this day.")
    until_change = serializers.BooleanField(required=False, help_text="Until the plan says something else.")


class SnoozeOne(OfRun, Snooze):
    """Put this aside."""


class SnoozeMany(Many, Snooze):
    """Put these aside."""


class NumberedOrder(serializers.Serializer[Any]):
    """A draft."""

    id = serializers.IntegerField()
    number = serializers.CharField()


class Decided(serializers.Serializer[Any]):
    """What came of a decision."""

    decision = serializers.IntegerField(
        allow_null=True, help_text="Id of the act, to undo it as a whole; null where nothing was left to decide."
    )
    decided = serializers.ListField(child=serializers.IntegerField(), help_text="Ids that were decided now.")
    already_decided = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids that had been decided before, and were left as they are."
    )
    purchase_orders = NumberedOrder(many=True, help_text="Drafts made or added to.")
    transfer_orders = NumberedOrder(many=True, help_text="Drafts made or added to.")


def told(result: DecisionResult, ids: Collection[int]) -> Json:
    """`Decided` of a result."""
    decided = sorted(row.pk for row in (*result.decided, *result.exceptions))
    return {
        "decision": result.batch.pk if result.batch else None,
        "decided": decided,
        "already_decided": sorted(set(ids) - set(decided)),
        "purchase_orders": [{"id": order.pk, "number": order.number} for order in result.purchase_orders],
        "transfer_orders": [{"id": order.pk, "number": order.number} for order in result.transfer_orders],
    }
