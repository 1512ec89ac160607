"""Items and places for tests."""

from decimal import Decimal

import factory

from inventory.models import Item, ItemLocation, Location, LocationKind, StockBalance


class ItemFactory(factory.django.DjangoModelFactory):
    """An item counted in pieces."""

    class Meta:
        model = Item

    sku = factory.Sequence(lambda number: f"SKU-{number:03}")
    name = factory.Sequence(lambda number: f"Item {number}")
    unit_cost = Decimal(4)
    unit_price = Decimal(7)


class LocationFactory(factory.django.DjangoModelFactory):
    """A store."""

    class Meta:
        model = Location

    code = factory.Sequence(lambda number: f"L{number:02}")
    name = factory.Sequence(lambda number: f"Store {number}")
    kind = LocationKind.STORE


class ItemLocationFactory(factory.django.DjangoModelFactory):
    """An item at a location."""

    class Meta:
        model = ItemLocation

    item = factory.SubFactory(ItemFactory)
    location = factory.SubFactory(LocationFactory)


class StockBalanceFactory(factory.django.DjangoModelFactory):
    """Stock of the default lot."""

    class Meta:
        model = StockBalance

    item = factory.SubFactory(ItemFactory)
    location = factory.SubFactory(LocationFactory)
    quantity = Decimal(10)
