"""The items that planners say new ones will sell like."""

from forecasting.models import ItemAnalogue
from stocksense.core.masters import Master
from stocksense.core.saving import Problems


def _check(row: ItemAnalogue) -> Problems:
    if row.item_id is not None and row.item_id == row.analogue_id:
        return {"analogue": ["An item is no analogue of itself."]}
    return {}


ANALOGUES = Master(ItemAnalogue, check=_check, author="chosen_by")
"""Which items stand in for a new one until it has a history: the next forecast run reads them."""
