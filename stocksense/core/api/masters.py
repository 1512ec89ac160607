"""Resources of master data: created, changed by If-Match, deleted while nothing refers to them."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.core.api.inputs import Input
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.masters import Master


def verbs(label: str) -> dict[str, str]:
    """The permissions of a resource whose model is `app.model`: view to read, add, change and delete to write."""
    app, model = label.split(".")
    view, add, change, delete = (f"{app}.{verb}_{model}" for verb in ("view", "add", "change", "delete"))
    return {"list": view, "retrieve": view, "create": add, "partial_update": change, "destroy": delete}


class MasterView(Listed, Detailed):
    """Reads and the three changes of one kind of master data."""

    master: ClassVar[Master[Any]]
    input: ClassVar[type[Input]]

    def create(self, request: Request) -> Response:
        """Add a row."""
        row = self.master.create(actor=request.user, **self.valid(self.input))
        return self.shown(row.pk, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the fields that are given. Needs If-Match."""
        data = self.valid(self.input, partial=True)
        with self.changing(pk) as row:
            self.master.change(row=row, actor=request.user, **data)
        return self.shown(row.pk)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a row that nothing refers to. Needs If-Match."""
        with self.changing(pk) as row:
            self.master.remove(row=row, actor=request.user)
        return Response(status=204)


def code(source: str, help_text: str, *, null: bool = False) -> serializers.CharField:
    """A field of a row that shows the code of another row."""
    return serializers.CharField(source=source, allow_null=null, help_text=help_text)


def ident(help_text: str, *, null: bool = False) -> serializers.IntegerField:
    """A field of a row that shows the id of another row, beside its code."""
    return serializers.IntegerField(allow_null=null, help_text=help_text)
