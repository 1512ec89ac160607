"""Items, categories, locations, lanes and planning settings, changed one at a time; imports change them in bulk."""

from typing import Any

from django.db import connection
from django.db.models import Q

from inventory.models import Category, Demand, Item, ItemLocation, Lane, Location, StockBalance
from inventory.services import changes
from inventory.services.lane_graph import cycle_of
from stocksense.core.errors import StillReferenced
from stocksense.core.masters import Master
from stocksense.core.saving import Problems

SEPARATOR = "/"

_SUCCESSORS = """
WITH RECURSIVE chain AS (
    SELECT id, successor_id, 1 AS depth FROM inventory_item WHERE id = %(start)s
    UNION ALL
    SELECT item.id, item.successor_id, depth + 1 FROM inventory_item item JOIN chain ON item.id = chain.successor_id
    WHERE depth < 1000 AND chain.id <> %(item)s
)
SELECT 1 FROM chain WHERE id = %(item)s
"""
_MOVE_BELOW = """
UPDATE inventory_category SET path = %(path)s || substr(path, %(length)s), updated_at = now()
WHERE starts_with(path, %(below)s)
"""


def _check_item(item: Item) -> Problems:
    if item.pk is None or item.successor_id is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESSORS, {"start": item.successor_id, "item": item.pk})
        closes = cursor.fetchone() is not None
    return {"successor": ["The items would succeed each other in a circle."]} if closes else {}


def _check_lane(lane: Lane) -> Problems:
    if lane.origin_id == lane.destination_id:
        return {"destination": ["A lane cannot end where it begins."]}
    if not lane.is_active:
        return {}
    others = Lane.objects.filter(is_active=True).exclude(pk=lane.pk)
    if lane.item_id is not None:
        others = others.filter(Q(item_id=lane.item_id) | Q(item__isnull=True))
    rows = others.order_by().values_list("origin_id", "destination_id", "item_id")
    cycle = cycle_of((lane.origin_id, lane.destination_id), lane.item_id, rows)
    if not cycle:
        return {}
    names = Location.objects.in_bulk(set(cycle))
    way = " → ".join(names[place].code for place in cycle)
    return {"destination": [f"This lane closes a cycle: {way}. Goods of one item cannot travel in a circle."]}


def _count_lane(lane: Lane) -> None:
    items = None if lane.item_id is None else [lane.item_id]
    changes.count_every(items=items, locations=[lane.origin_id, lane.destination_id])


def _count_pair(row: ItemLocation) -> None:
    changes.count_changes([(row.item_id, row.location_id)])


class CategoryMaster(Master[Category]):
    """The item tree: a category's path follows its name and the category above; those below move with it."""

    def create(self, *, actor: Any, **values: Any) -> Category:
        """A new category. Raises NotAllowed, FieldErrors, AlreadyThere."""
        return super().create(actor=actor, **values, path=_path(values.get("parent"), values.get("name", "")))

    def change(self, *, row: Category, actor: Any, **values: Any) -> Category:
        """Rename or move, with all that is below. Errors as `create`."""
        before = row.path
        path = _path(values.get("parent", row.parent), values.get("name", row.name))
        super().change(row=row, actor=actor, **values, path=path)
        _move_below(before, row.path)
        return row

    def save(self, row: Category) -> Category:
        """As `Master.save`; the path is put together from the form's name and parent."""
        before = Category.objects.filter(pk=row.pk).values_list("path", flat=True).first() if row.pk else None
        row.path = _path(row.parent, row.name)
        super().save(row)
        _move_below(before or row.path, row.path)
        return row


def _path(parent: Category | None, name: str) -> str:
    return f"{parent.path}{SEPARATOR}{name}" if parent is not None else name


def _move_below(before: str, path: str) -> None:
    if before != path:
        with connection.cursor() as cursor:
            cursor.execute(_MOVE_BELOW, {"path": path, "length": len(before) + 1, "below": before + SEPARATOR})


def _check_category(category: Category) -> Problems:
    problems: Problems = {}
    if SEPARATOR in category.name or category.name != category.name.strip():
        problems["name"] = [f"A name holds no {SEPARATOR} and neither begins nor ends with a blank."]
    above, seen = category.parent, set[int]()
    while above is not None and above.pk not in seen:
        if above.pk == category.pk:
            problems["parent"] = ["A category cannot be below itself."]
            break
        seen.add(above.pk)
        above = Category.objects.filter(pk=above.parent_id).first() if above.parent_id else None
    return problems


def _count_category(category: Category) -> None:
    below = Q(category_id=category.pk) | Q(category__path__startswith=category.path + SEPARATOR)
    changes.count_every(items=list(Item.objects.filter(below).values_list("pk", flat=True)))


class SettingsMaster(Master[ItemLocation]):
    """Planning settings of an item at a location; the pair itself stays while anything is known about it."""

    def remove(self, *, row: ItemLocation, actor: Any) -> None:
        """Delete a pair that was never stocked or sold. Raises NotAllowed, StillReferenced."""
        pair = {"item_id": row.item_id, "location_id": row.location_id}
        used = [
            str(model._meta.verbose_name_plural)
            for model in (StockBalance, Demand)
            if model._default_manager.filter(**pair).exists()
        ]
        if used and actor.has_perm("inventory.delete_itemlocation"):
            raise StillReferenced(f"{row} has {', '.join(used)}. {self.instead}", used_by=used)
        super().remove(row=row, actor=actor)


ITEMS = Master(
    Item,
    touched=lambda item: changes.count_every(items=[item.pk]),
    check=_check_item,
    fixed=frozenset({"sku"}),
    unseen=frozenset({"name"}),
    graph=True,
    instead="End it instead: status ended, or a last day in active_to.",
)
CATEGORIES = CategoryMaster(
    Category, touched=_count_category, check=_check_category, graph=True, instead="Move what is in it first."
)
LOCATIONS = Master(
    Location,
    touched=lambda location: changes.count_every(locations=[location.pk]),
    fixed=frozenset({"code"}),
    unseen=frozenset({"name"}),
    instead="End its item-locations instead (active_to).",
)
LANES = Master(
    Lane,
    touched=_count_lane,
    check=_check_lane,
    fixed=frozenset({"origin", "destination", "item"}),
    graph=True,
    instead="End it instead: is_active false.",
)
SETTINGS = SettingsMaster(
    ItemLocation,
    touched=_count_pair,
    fixed=frozenset({"item", "location"}),
    instead="End it instead: a last day in active_to.",
)
