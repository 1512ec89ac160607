"""Suppliers and terms for tests."""

from decimal import Decimal

import factory

from inventory.tests.factories import ItemFactory
from vendors.models import Supplier, SupplierItem


class SupplierFactory(factory.django.DjangoModelFactory):
    """A supplier in the company's currency."""

    class Meta:
        model = Supplier

    code = factory.Sequence(lambda number: f"SUP{number}")
    name = factory.Sequence(lambda number: f"Supplier {number}")


class SupplierItemFactory(factory.django.DjangoModelFactory):
    """Terms in boxes of 12 at 48 a box."""

    class Meta:
        model = SupplierItem

    supplier = factory.SubFactory(SupplierFactory)
    item = factory.SubFactory(ItemFactory)
    lead_time_days = Decimal(7)
    order_uom = "box"
    units_per_order_uom = Decimal(12)
    unit_price = Decimal(48)
