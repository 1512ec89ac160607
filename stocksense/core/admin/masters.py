"""Forms of master data that check and write as the API does."""

from typing import Any

from django import forms
from django.http import HttpRequest

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

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deleted, and counted."""
        self.master.touched([obj])
        super().delete_model(request, obj)
