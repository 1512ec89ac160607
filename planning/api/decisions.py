"""Acts of people and rules over REST: what was decided, line by line, and undoing it as a whole."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from planning.models import DecisionBatch, DecisionEntry
from planning.services import decisions
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, TIME
from stocksense.core.api.masters import code, ident
from stocksense.core.api.rows import Children, Row
from stocksense.core.api.views import Detailed, Listed


class DecisionEntryRow(Row):
    """What an act did to one proposal or exception."""

    planned_order = serializers.IntegerField(source="planned_order_id", allow_null=True)
    exception = serializers.IntegerField(source="exception_id", allow_null=True)
    item = code("item.sku", "SKU of the item.")
    destination = code("destination.code", "Code of the location.")
    supplier = code("supplier.code", "Code of the supplier.", null=True)
    origin = code("origin.code", "Code of the location that goods come from.", null=True)

    class Meta:
        model = DecisionEntry
        fields = (
            "id", "planned_order", "exception", "exception_kind", "subject", "item", "destination", "supplier",
            "origin", "need_on", "decision", "proposed_quantity", "quantity", "value", "order_number",
        )  # fmt: skip


class DecisionRow(Row):
    """One act of a person (or of an auto-approve rule) on one or many lines."""

    scenario = code("scenario.name", "Name of the scenario.")
    run = serializers.IntegerField(source="run_id", help_text="Id of the plan run whose lines were decided.")
    actor = code("actor.email", "Who did it.")
    actor_id = ident("Id of that person.")
    rule = code("rule.name", "The auto-approve rule that did it in the actor's name.", null=True)
    undone_by = code("undone_by.email", "Who took it back.", null=True)
    children = {
        "entries": Children(DecisionEntryRow, DecisionEntry.objects.all, "batch_id"),
    }

    class Meta:
        model = DecisionBatch
        fields = (
            "id", "scenario", "run", "verb", "actor", "actor_id", "rule", "reason", "lines", "value", "created_at",
            "undone_at", "undone_by",
        )  # fmt: skip


class DecisionView(Listed, Detailed):
    """Every act, the newest first; undone ones stay."""

    resource, model, row = "decisions", DecisionBatch, DecisionRow
    permissions: ClassVar = {"list": "planning.view_decisionbatch", "retrieve": "planning.view_decisionbatch"}
    always_expanded = ("entries",)
    filter_fields: ClassVar = {
        "scenario": EXACT,
        "run": EXACT,
        "verb": CHOICE,
        "actor": CODE,
        "actor_id": EXACT,
        "rule": CODE,
        "created_at": TIME,
        "undone_at": (*TIME, "isnull"),
    }
    ordering_fields = ("id",)
    ordering = ("-id",)

    @command("planning.decide", if_match=False)
    def undo(self, request: Request, pk: str) -> Response:
        """Take an act back as a whole: drafts lose its lines, and what stood before stands again."""
        self.refuse_body()
        actor: Any = request.user
        decisions.undo_batch(batch_id=self.represent(pk)["id"], actor=actor)
        return self.shown(pk)
