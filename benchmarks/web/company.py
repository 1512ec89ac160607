"""A company for the web benchmarks: items with stock at some locations, and people who may plan."""

import random

ITEMS, LOCATIONS, PEOPLE = 10_000, 20, 1_000
PASSWORD = "Benchmark-only-1"  # noqa: S105  (a company made for one measurement and removed)


def fill() -> None:
    """Make it. Nothing of it comes from a real company."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group
    from django.db import connection

    from inventory.models import Category, Item, ItemLocation, Location, StockBalance
    from stocksense.accounts.models import User
    from stocksense.accounts.roles import Role

    chance = random.Random(1)  # noqa: S311
    categories = Category.objects.bulk_create(Category(name=f"C{n}", path=f"C{n}") for n in range(40))
    items = Item.objects.bulk_create(
        Item(
            sku=f"I{number:05d}",
            name=f"Item number {number}",
            category=categories[number % 40],
            unit_cost=f"{chance.uniform(1, 90):.2f}",
            unit_price=f"{chance.uniform(90, 120):.2f}",
        )
        for number in range(ITEMS)
    )
    places = Location.objects.bulk_create(Location(code=f"L{number:02d}") for number in range(LOCATIONS))
    ItemLocation.objects.bulk_create(ItemLocation(item=item, location=places[item.pk % LOCATIONS]) for item in items)
    StockBalance.objects.bulk_create(
        StockBalance(item=item, location=places[item.pk % LOCATIONS], quantity=chance.randrange(500)) for item in items
    )
    password = make_password(PASSWORD)
    people = User.objects.bulk_create(
        User(email=f"p{number}@example.com", password=password, is_staff=True) for number in range(PEOPLE)
    )
    planners = Group.objects.get(name=Role.PLANNER.value)
    User.groups.through.objects.bulk_create(
        User.groups.through(user_id=person.pk, group_id=planners.pk) for person in people
    )
    with connection.cursor() as cursor:
        for model in (Item, ItemLocation, StockBalance, User):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")
