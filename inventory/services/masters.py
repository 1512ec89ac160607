"""Items, categories, locations, lanes and planning settings as people and programs change them; imports write alone."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from inventory.models import Category, Demand, Item, ItemLocation, Lane, Location, StockBalance
from inventory.services import changes
from inventory.services.lane_graph import any_cycle, cycle_of
from stocksense.core import saving
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
_INSIDE = """
SELECT item.id FROM inventory_item item JOIN inventory_category own ON own.id = item.category_id
WHERE own.id = ANY (%(ids)s) OR EXISTS (SELECT FROM unnest(%(paths)s::text[]) above WHERE starts_with(own.path, above))
"""


def _check_item(item: Item) -> Problems:
    if item.pk is None or item.successor_id is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESSORS, {"start": item.successor_id, "item": item.pk})
        closes = cursor.fetchone() is not None
    return {"successor": ["The items would succeed each other in a circle."]} if closes else {}


def _check_lane(lane: Lane) -> Problems:
    if problems := _check_ends(lane):
        return problems
    if not lane.is_active:
        return {}
    others = _active_lanes([lane]).exclude(pk=lane.pk)
    return _circle(cycle_of((lane.origin_id, lane.destination_id), lane.item_id, others))


def _check_new_lanes(lanes: Sequence[Lane]) -> Problems:
    active = [lane for lane in lanes if lane.is_active]
    if (problems := saving.first_problems(_check_ends, lanes)) or not active:
        return problems
    rows = [*_active_lanes(active), *((lane.origin_id, lane.destination_id, lane.item_id) for lane in active)]
    return _circle(any_cycle(rows, items=_items_of(active)))


def _check_ends(lane: Lane) -> Problems:
    if lane.origin_id == lane.destination_id:
        return {"destination": ["A lane cannot end where it begins."]}
    return {}


def _active_lanes(lanes: Sequence[Lane]) -> "QuerySet[Lane, tuple[int, int, int | None]]":
    """Origin, destination and item of the lanes in use that these could close a circle with."""
    rows = Lane.objects.filter(is_active=True)
    if (items := _items_of(lanes)) is not None:
        rows = rows.filter(Q(item_id__in=items) | Q(item__isnull=True))
    return rows.order_by().values_list("origin_id", "destination_id", "item_id")


def _items_of(lanes: Sequence[Lane]) -> set[int] | None:
    """The only items that these lanes carry; None where one carries all."""
    items = {lane.item_id for lane in lanes if lane.item_id is not None}
    return None if any(lane.item_id is None for lane in lanes) else items


def _circle(cycle: Sequence[int]) -> Problems:
    if not cycle:
        return {}
    names = Location.objects.in_bulk(set(cycle))
    way = " → ".join(names[place].code for place in cycle)
    return {"destination": [f"This lane closes a cycle: {way}. Goods of one item cannot travel in a circle."]}


def _count_lanes(lanes: Sequence[Lane]) -> None:
    ends = [(lane.item_id, place) for lane in lanes for place in (lane.origin_id, lane.destination_id)]
    changes.count_changes((item, place) for item, place in ends if item is not None)
    changes.count_every(locations={place for item, place in ends if item is None})


def _count_pairs(rows: Sequence[ItemLocation]) -> None:
    changes.count_changes((row.item_id, row.location_id) for row in rows)


class CategoryMaster(Master[Category]):
    """The item tree: a category's path follows its name and the category above; those below move with it."""

    def new(self, *, actor: Any, **values: Any) -> Category:
        """A category whose path ends with its name."""
        return super().new(actor=actor, **values, path=_path(values.get("parent"), values.get("name", "")))

    def change(self, *, row: Category, actor: Any, **values: Any) -> Category:
        """Rename or move, with all that is below. Errors as `create`."""
        before = row.path
        path = _path(values.get("parent", row.parent), values.get("name", row.name))
        with transaction.atomic():
            self._queue()
            _move_below(before, path)  # first: what plans hear of is found by its path
            super().change(row=row, actor=actor, **values, path=path)
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
    while category.pk is not None and above is not None and above.pk not in seen:
        if above.pk == category.pk:
            problems["parent"] = ["A category cannot be below itself."]
            break
        seen.add(above.pk)
        above = Category.objects.filter(pk=above.parent_id).first() if above.parent_id else None
    return problems


def _count_categories(categories: Sequence[Category]) -> None:
    ids, paths = [category.pk for category in categories], [category.path + SEPARATOR for category in categories]
    with connection.cursor() as cursor:
        cursor.execute(_INSIDE, {"ids": ids, "paths": paths})
        inside = [item for (item,) in cursor.fetchall()]
    changes.count_every(items=inside)


class SettingsMaster(Master[ItemLocation]):
    """Planning settings of an item at a location; the pair itself stays while anything is known about it."""

    def known(self, rows: Sequence[ItemLocation]) -> "list[QuerySet[Any]]":
        """Stock and demand of these pairs."""
        pairs = ItemLocation.objects.filter(
            pk__in=[row.pk for row in rows], item=OuterRef("item"), location=OuterRef("location")
        )
        return [model._default_manager.filter(Exists(pairs)) for model in (StockBalance, Demand)]

    def remove(self, *, row: ItemLocation, actor: Any) -> None:
        """Delete a pair that was never stocked or sold. Raises NotAllowed, StillReferenced."""
        used = [str(found.model._meta.verbose_name_plural) for found in self.known([row]) if found.exists()]
        if used and actor.has_perm("inventory.delete_itemlocation"):
            raise StillReferenced(f"{row} has {', '.join(used)}. {self.instead}", used_by=used)
        super().remove(row=row, actor=actor)


ITEMS = Master(
    Item,
    touched=lambda items: changes.count_every(items=[item.pk for item in items]),
    check=_check_item,
    fixed=frozenset({"sku"}),
    unseen=frozenset({"name"}),
    graph=True,
    instead="End it instead: set its status to ended, or give it a last day (active_to).",
)
CATEGORIES = CategoryMaster(
    Category, touched=_count_categories, check=_check_category, graph=True, instead="Move what is in it first."
)
LOCATIONS = Master(
    Location,
    touched=lambda locations: changes.count_every(locations=[location.pk for location in locations]),
    fixed=frozenset({"code"}),
    unseen=frozenset({"name"}),
    instead="End its item-locations instead: give them a last day (active_to).",
)
LANES = Master(
    Lane,
    touched=_count_lanes,
    check=_check_lane,
    check_new=_check_new_lanes,
    fixed=frozenset({"origin", "destination", "item"}),
    graph=True,
    instead="End it instead: set it inactive (is_active).",
)
SETTINGS = SettingsMaster(
    ItemLocation,
    touched=_count_pairs,
    fixed=frozenset({"item", "location"}),
    instead="End it instead: give it a last day (active_to).",
)
