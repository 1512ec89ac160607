"""What people of a supplier reach: their own orders and terms, shown without what is the company's business.

Whoever may not see all rows sees those of the supplier whose contact they are; without one, none. Rows of others do
not exist for them: the same 404 and the same empty lists as for what was never there. They get a row, filters and
orderings of their own (`own`), so nothing of the company's view can be asked for by name.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request

from stocksense.core.api.permissions import permitted
from stocksense.core.api.views import Detailed, Listed, Resource
from vendors.models import SupplierContact

REACH_OWN = "vendors.reach_own"
_FACE = ("row", "filterset", "search_fields", "ordering_fields", "ordering", "always_expanded")


class SupplierScoped(Listed, Detailed):
    """A resource that people of suppliers read their part of."""

    view_all: ClassVar[str]
    """The permission of those who see all of it."""
    own: ClassVar[type[Resource]]
    """Row, filters and orderings for the others; never routed itself."""
    sees_all = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Sign-in and permission; then whose view it is."""
        super().initial(request, *args, **kwargs)
        self.sees_all = permitted(request, self.view_all)
        if not self.sees_all:
            for name in _FACE:
                setattr(self, name, getattr(self.own, name))

    def queryset(self) -> "QuerySet[Any]":
        """All rows, or those of the caller's supplier."""
        rows = super().queryset()
        return rows if self.sees_all else self.own_rows(rows.filter(supplier_id__in=_suppliers_of(self.request)))

    def own_rows(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Of the supplier's rows those that it is to see."""
        return rows


def _suppliers_of(request: Request) -> "QuerySet[Any]":
    user: Any = request.user
    contacts = SupplierContact.objects.filter(user=user, supplier__is_active=True)
    return contacts.order_by().values("supplier_id")
