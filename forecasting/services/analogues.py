"""The items that planners say new ones will sell like."""

from typing import Any

from forecasting.models import ItemAnalogue
from stocksense.core.masters import Master
from stocksense.core.saving import Problems


def _check(row: ItemAnalogue) -> Problems:
    if row.item_id is not None and row.item_id == row.analogue_id:
        return {"analogue": ["An item is no analogue of itself."]}
    return {}


class AnalogueMaster(Master[ItemAnalogue]):
    """Choices of planners; whoever makes or changes one has chosen it."""

    def new(self, *, actor: Any, **values: Any) -> ItemAnalogue:
        """A choice of the actor's."""
        return super().new(actor=actor, **values, chosen_by=actor)

    def change(self, *, row: ItemAnalogue, actor: Any, **values: Any) -> ItemAnalogue:
        """Another weight or scale. Errors as `create`."""
        return super().change(row=row, actor=actor, **values, chosen_by=actor)


ANALOGUES = AnalogueMaster(ItemAnalogue, check=_check)
"""Which items stand in for a new one until it has a history: the next forecast run reads them."""
