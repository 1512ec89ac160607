"""Items, categories, locations, lanes and planning settings as people and programs change them; imports write alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from inventory.models import Category, Demand, Item, ItemLocation, Lane, Location, StockBalance
from inventory.services import changes
from inventory.services.lane_graph import any_cycle, cycle_of
from stocksense.core import saving
from stocksense.core.errors import FieldErrors
from stocksense.core.masters import Change, Master
from stocksense.core.saving import Problems

SEPARATOR = "/"

_SUCCESSORS = """
WITH RECURSIVE given AS (SELECT * FROM unnest(%(ids)s::bigint[], %(successors)s::bigint[]) AS one (id, successor_id)),
chain AS (
    SELECT id AS start, successor_id AS id FROM given
    UNION
    SELECT chain.start, CASE WHEN given.id IS NULL THEN item.successor_id ELSE given.successor_id END
    FROM chain JOIN inventory_item item ON item.id = chain.id LEFT JOIN given ON given.id = chain.id
    WHERE chain.id <> chain.start
)
SELECT start FROM chain WHERE id = start
"""
_BELOW = """
WITH RECURSIVE inside AS (
    SELECT unnest(%s::bigint[]) AS id
    UNION
    SELECT category.id FROM inventory_category category JOIN inside ON category.parent_id = inside.id
)
SELECT id FROM inside
"""


def _check_items(items: Sequence[Item]) -> dict[int, Problems]:
    """New items succeed none yet; of a circle that several close together none is at fault alone."""
    known = [item for item in items if item.pk is not None]
    if not any(item.successor_id for item in known):
        return {}
    ids, successors = [item.pk for item in known], [item.successor_id for item in known]
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESSORS, {"ids": ids, "successors": successors})
        closing = {pk for (pk,) in cursor.fetchall()}
    circle: Problems = {"successor": ["The items would succeed each other in a circle."]}
    return _at_fault([place for place, item in enumerate(items) if item.pk in closing], circle)


def _check_lanes(lanes: Sequence[Lane]) -> Mapping[int, Problems]:
    if problems := saving.each(_check_ends)(lanes):
        return problems
    active = [lane for lane in lanes if lane.is_active]
    if not active:
        return {}
    others = _active_lanes(active).exclude(pk__in=[lane.pk for lane in lanes if lane.pk is not None])
    places = [place for place, lane in enumerate(lanes) if lane.is_active]
    if len(active) == 1:
        cycle = cycle_of((active[0].origin_id, active[0].destination_id), active[0].item_id, others)
    else:
        rows = [*others, *((lane.origin_id, lane.destination_id, lane.item_id) for lane in active)]
        cycle = any_cycle(rows, items=_items_of(active))
    return _at_fault(places, _circle(cycle))


def _at_fault(places: Sequence[int], problems: Problems) -> dict[int, Problems]:
    """The problems of the only row that they can be of. Raises FieldErrors where there are several."""
    if problems and len(places) > 1:
        raise FieldErrors(problems)
    return dict.fromkeys(places, problems) if problems else {}


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

    def new(self, **values: Any) -> Category:
        """A category whose path ends with its name."""
        return super().new(**values, path=_path(values.get("parent"), values.get("name", "")))

    def change_many(self, *, actor: Any, changes: Sequence[Change[Category]]) -> None:
        """Rename or move, with all that is below. Errors as `Master.change_many`."""
        with transaction.atomic():
            self.queue()
            ids = [row.pk for row, _ in changes]
            below = _below(ids)
            paths = _paths([*changes, *((category, {}) for category in below)])
            super().change_many(
                actor=actor, changes=[(row, {**values, "path": paths[row.pk]}) for row, values in changes]
            )
            _move(below, paths)

    def save(self, row: Category) -> Category:
        """As `Master.save`; the path is put together from the form's name and parent."""
        row.path = _path(row.parent, row.name)
        with transaction.atomic():
            super().save(row)
            below = _below([row.pk])
            _move(below, _paths([(category, {}) for category in (row, *below)]))
        return row


def _path(parent: Category | None, name: str) -> str:
    return f"{parent.path}{SEPARATOR}{name}" if parent is not None else name


def _paths(changes: Sequence[Change[Category]]) -> dict[int, str]:
    """id → the path that it has once all of these changes are made; in a circle, which is refused later, any."""
    prefetch_related_objects([row for row, _ in changes], "parent")
    given = {row.pk: (values.get("parent", row.parent), values.get("name", row.name)) for row, values in changes}
    found: dict[int, str] = {}

    def path_of(category: Category) -> str:
        if category.pk in given and category.pk not in found:
            parent, name = given[category.pk]
            found[category.pk] = category.path
            found[category.pk] = f"{path_of(parent)}{SEPARATOR}{name}" if parent is not None else name
        return found.get(category.pk, category.path)

    return {row.pk: path_of(row) for row, _ in changes}


def _inside(ids: Sequence[int]) -> list[int]:
    """These categories and all that are below them."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [list(ids)])
        return [pk for (pk,) in cursor.fetchall()]


def _below(ids: Sequence[int]) -> list[Category]:
    return list(Category.objects.filter(pk__in=_inside(ids)).exclude(pk__in=ids).order_by("pk"))


def _move(below: Sequence[Category], paths: Mapping[int, str]) -> None:
    saving.update([row for row in below if saving.assign(row, {"path": paths[row.pk]})], {"path"})


def _check_categories(categories: Sequence[Category]) -> dict[int, Problems]:
    problems: dict[int, Problems] = {}
    parents: dict[int, int | None] = dict(Category.objects.order_by().values_list("pk", "parent_id"))
    parents |= {category.pk: category.parent_id for category in categories}
    circular = []
    for place, category in enumerate(categories):
        if SEPARATOR in category.name or category.name != category.name.strip():
            problems[place] = {"name": [f"A name holds no {SEPARATOR} and neither begins nor ends with a blank."]}
        if category.pk is not None and _is_below_itself(category.pk, parents):
            circular.append(place)
    found = _at_fault(circular, {"parent": ["A category cannot be below itself."]})
    return {place: {**problems.get(place, {}), **found.get(place, {})} for place in sorted({*problems, *found})}


def _is_below_itself(category_id: int, parents: Mapping[int, int | None]) -> bool:
    above, seen = parents.get(category_id), set[int]()
    while above is not None and above not in seen:
        if above == category_id:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


def _count_categories(categories: Sequence[Category]) -> None:
    inside = _inside([category.pk for category in categories])
    changes.count_every(items=list(Item.objects.filter(category__in=inside).order_by().values_list("pk", flat=True)))


class SettingsMaster(Master[ItemLocation]):
    """Planning settings of an item at a location; the pair itself stays while anything is known about it."""

    def known(self, rows: Sequence[ItemLocation]) -> "list[QuerySet[Any]]":
        """Stock and demand of these pairs."""
        pairs = ItemLocation.objects.filter(
            pk__in=[row.pk for row in rows], item=OuterRef("item"), location=OuterRef("location")
        )
        return [model._default_manager.filter(Exists(pairs)) for model in (StockBalance, Demand)]

    def in_use(self, rows: Sequence[ItemLocation]) -> dict[int, list[str]]:
        """Pairs that were ever stocked or sold are in use, too."""
        pair = {"item": OuterRef("item"), "location": OuterRef("location")}
        pairs = ItemLocation.objects.filter(pk__in=[row.pk for row in rows]).order_by()
        used = {pk: list(kinds) for pk, kinds in super().in_use(rows).items()}
        for model in (StockBalance, Demand):
            for pk in pairs.filter(Exists(model._default_manager.filter(**pair))).values_list("pk", flat=True):
                used[pk] = sorted([*used.get(pk, []), str(model._meta.verbose_name_plural)])
        return used


ITEMS = Master(
    Item,
    touched=lambda items: changes.count_every(items=[item.pk for item in items]),
    check_many=_check_items,
    fixed=frozenset({"sku"}),
    unseen=frozenset({"name"}),
    graph=True,
    instead="End it instead: set its status to ended, or give it a last day (active_to).",
)
CATEGORIES = CategoryMaster(
    Category, touched=_count_categories, check_many=_check_categories, graph=True, instead="Move what is in it first."
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
    check_many=_check_lanes,
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
