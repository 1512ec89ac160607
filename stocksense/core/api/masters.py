"""Resources of master data: created, changed by If-Match, deleted while nothing refers to them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers

from stocksense.core import masters
from stocksense.core.api.batches import Batched
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed, Created, Removed
from stocksense.core.masters import Master


def verbs(label: str) -> dict[str, str]:
    """The permissions of a resource whose model is `app.model`: view to read, add, change and delete to write."""
    app, model = label.split(".")
    view, add, change, delete = (f"{app}.{verb}_{model}" for verb in ("view", "add", "change", "delete"))
    return {"list": view, "retrieve": view, "create": add, "partial_update": change, "destroy": delete}


class MasterView(Listed, Detailed, Created, Changed, Removed, Batched):
    """Reads and the three changes of one kind of master data."""

    master: ClassVar[Master[Any]]

    def create_one(self, data: dict[str, Any]) -> Model:
        """A new row."""
        made: Model = self.master.create(actor=self.request.user, **data)
        return made

    def create_many(self, datas: Sequence[dict[str, Any]]) -> Sequence[Model]:
        """New rows, all or none."""
        return self.master.create_many(actor=self.request.user, rows=datas)

    def change_many(self, changes: Sequence[tuple[Any, dict[str, Any]]]) -> None:
        """Other values of several, all or none."""
        self.master.change_many(changes=changes, actor=self.request.user)

    def remove_many(self, rows: Sequence[Any]) -> None:
        """The end of several, all or none."""
        self.master.remove_many(rows=rows, actor=self.request.user)

    def acting(self) -> AbstractContextManager[None]:
        """Plans hear of a batch once all of it is done."""
        return masters.told_last()

    def lock_first(self) -> None:
        """Whoever makes rows of a graph waits for others before any row is locked; so does whoever changes some."""
        self.master.queue()

    def change_one(self, found: Any, data: dict[str, Any]) -> None:
        """Other values of it."""
        self.master.change(row=found, actor=self.request.user, **data)

    def remove_one(self, found: Any) -> None:
        """The end of it."""
        self.master.remove(row=found, actor=self.request.user)


def code(source: str, help_text: str, *, null: bool = False) -> serializers.CharField:
    """A field of a row that shows the code of another row."""
    return serializers.CharField(source=source, allow_null=null, help_text=help_text)


def ident(help_text: str, *, null: bool = False) -> serializers.IntegerField:
    """A field of a row that shows the id of another row, beside its code."""
    return serializers.IntegerField(allow_null=null, help_text=help_text)
