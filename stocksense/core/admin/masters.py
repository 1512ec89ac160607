"""Forms of master data that check and write as the API does."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from stocksense.core.admin import uses
from stocksense.core.admin.base import StockSenseModelAdmin
from stocksense.core.masters import Master


class CheckedForm(forms.ModelForm):
    """A model form that also asks the master's check what its values mean together."""

    master: Master[Any]

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors:
            return
        for name, sentences in self.master.problems_of([self.instance]).get(0, {}).items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class MasterAdmin(StockSenseModelAdmin):
    """Admin of master data: written by its master, so that plans hear of it."""

    master: Master[Any]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, checked by the master."""
        kwargs.setdefault("form", type("CheckedForm", (CheckedForm,), {"master": self.master}))
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Written and counted."""
        self.master.save(obj)

    @property
    def instead(self) -> str:  # type: ignore[override]
        """What the master says to do with a row in use."""
        return self.master.instead

    def uses(self, rows: Sequence[Any], request: HttpRequest) -> list[uses.Use]:
        """With what the master knows besides foreign keys."""
        known = [uses.use(found, request, self.admin_site) for found in self.master.known(rows) if found.exists()]
        return [*super().uses(rows, request), *known]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Removed by the master."""
        self.master.remove(row=obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Removed by the master, all or none."""
        with transaction.atomic():
            rows = list(queryset.order_by("pk").select_for_update(of=("self",)))
            self.master.remove_many(rows=rows, actor=request.user)
