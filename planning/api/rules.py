"""Auto-approve rules over REST."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Category, Location
from planning.models import AutoApproveRule
from planning.services import approval_rules, auto_approval
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TEXT, refuse_unknown
from stocksense.core.api.inputs import Input, Reference
from stocksense.core.api.masters import MasterView, code, ident, verbs
from stocksense.core.api.rows import Row
from vendors.models import Supplier

CONDITIONS = (
    "kind", "abc", "only_regular", "max_line_value", "max_order_value", "max_change_percent",
)  # fmt: skip


class AutoApproveRuleRow(Row):
    """Proposals that are approved after each nightly plan without asking; blank conditions fit everything."""

    author = code("author.email", "In whose name it approves: this person's rights and limit apply.")
    supplier = code("supplier.code", "Code of the supplier.", null=True)
    supplier_id = ident("Id of the supplier.", null=True)
    category = code("category.path", "Path of the category, with everything below it.", null=True)
    category_id = ident("Id of the category.", null=True)
    location = code("location.code", "Where the goods go.", null=True)
    location_id = ident("Id of that location.", null=True)

    class Meta:
        model = AutoApproveRule
        fields = (
            "id", "name", "position", "is_active", "author", "supplier", "supplier_id", "category", "category_id",
            "location", "location_id", *CONDITIONS, "created_at", "updated_at",
        )  # fmt: skip


class AutoApproveRuleInput(Input):
    """A rule; whoever sends it is its author."""

    supplier = Reference(Supplier, "code", required=False, allow_null=True)
    category = Reference(Category, "path", required=False, allow_null=True)
    location = Reference(Location, "code", required=False, allow_null=True)

    class Meta:
        model = AutoApproveRule
        fields = ("name", "position", "is_active", "supplier", "category", "location", *CONDITIONS)


class AutoApproveRuleView(MasterView):
    """Rules in the order in which they are tried."""

    resource, model, row = "auto-approve-rules", AutoApproveRule, AutoApproveRuleRow
    master, create_body, change_body = approval_rules.RULES, AutoApproveRuleInput, AutoApproveRuleInput
    permissions: ClassVar = verbs("planning.autoapproverule")
    filter_fields: ClassVar = {
        "name": TEXT,
        "is_active": EXACT,
        "kind": CHOICE,
        "supplier": CODE,
        "location": CODE,
        "position": NUMBER,
    }
    ordering_fields = ("position", "name")
    ordering = ("position",)

    @command("planning.view_autoapproverule", methods=("get",))
    def dry_run(self, request: Request, pk: str) -> Response:
        """Say what the rule, as it is, would have approved in each of the last plans, and what people did then."""
        refuse_unknown(request.query_params, ())
        found = self.represent(pk)
        rule = AutoApproveRule.objects.select_related("author", "category").get(pk=found["id"])
        return Response(
            {
                "results": [
                    {
                        "run": past.run.pk,
                        "as_of": past.run.as_of,
                        "lines": len(past.orders),
                        "value": past.value,
                        "people": dict(past.people),
                        "agreement": past.agreement,
                    }
                    for past in auto_approval.dry_run(rule=rule)
                ]
            }
        )
