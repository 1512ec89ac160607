"""Every tracked table keeps each change of each row, however it was made, and who made it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection, connections, models, transaction
from django.db.models import F

from inventory.models import Category, Item, ItemLocation, Location
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.audit.services import baseline
from stocksense.audit.tests.rows import made_up, make
from stocksense.audit.tracking import event_models, kept_fields
from stocksense.core import context
from stocksense.core.database.copy import copy_rows
from stocksense.settings.env import BASE_DIR

pytestmark = pytest.mark.django_db

TRACKED = [pytest.param(model, id=model.pgh_tracked_model._meta.label) for model in event_models()]
WITHOUT_HISTORY = {
    "accounts.KnownAddress": "digests of the limiter",
    "accounts.LimitBucket": "counters of the limiter",
    "accounts.OneTimeToken": "secrets that live for minutes; their use is a security event",
    "accounts.SecurityEvent": "written once",
    "accounts.TokenFamily": "moves with every refresh; its ends are security events",
    "company.CurrentRun": "a pointer that moves with every run",
    "messaging.OutboxMessage": "a queue",
    "messaging.WebhookDelivery": "a queue that tells its own life",
    "messaging.IdempotencyKey": "answers kept for a day",
    "jobs.Job": "tells its own life",
    "jobs.JobStep": "progress",
    "ingestion.ImportBatch": "tells its own life",
    "ingestion.DataFeed": "when data was last loaded; imports tell",
    "inventory.Demand": "received, never edited here; an import replaces it by bucket",
    "inventory.SalesOrderLine": "a copy of what the selling system says",
    "inventory.ScheduledReceipt": "derived from orders, which are tracked",
    "inventory.StockBalance": "the sum of movements",
    "inventory.ItemLocationState": "derived",
    "inventory.StockMovement": "written once",
    "inventory.MovementKey": "written once",
    "vendors.SharedForecast": "derived from the plan",
    "forecasting.ForecastRun": "output of a run",
    "forecasting.Forecast": "output of a run",
    "forecasting.OverrideEffect": "output of a run",
    "forecasting.ForecastAccuracy": "derived from runs and demand",
    "forecasting.ForecastCoverage": "derived from runs and demand",
    "forecasting.ForecastChunk": "kept only while a run is computed",
    "forecasting.ForecastMiss": "derived from runs and demand",
    "forecasting.ForecastAggregate": "output of a run",
    "forecasting.ForecastModel": "derived from demand",
    "forecasting.CandidateScores": "derived from demand",
    "forecasting.EventUplift": "derived from demand",
    "policies.PolicyRun": "output of a run",
    "policies.Policy": "output of a run",
    "planning.PlanRun": "output of a run",
    "planning.PlannedOrder": "output of a run",
    "planning.Projection": "output of a run",
    "planning.PlanException": "output of a run",
    "planning.Pegging": "output of a run",
    "planning.DecisionEntry": "written once: the history of decisions itself",
    "planning.SavedView": "a person's own way of looking",
    "planning.DeskPreference": "a person's own way of looking",
    "planning.SkuList": "a person's own way of looking",
}
"""Why a table needs no history. A model that is neither tracked nor here is an oversight."""


def events(event_model, row_key) -> list:
    key = event_model.pgh_tracked_model._meta.pk.name
    return list(event_model.objects.filter(**{key: row_key}).order_by("pgh_id"))


def changed_field(model) -> tuple[str, object]:
    """A tracked field that can be given another value without breaking a rule, and that value."""
    kept = {field.name for field in kept_fields(model.pgh_event_model)}
    fields = [field for field in model._meta.concrete_fields if field.name in kept and not field.primary_key]
    ways = [
        (lambda field: isinstance(field, models.CharField) and not field.choices, made_up),
        (lambda field: isinstance(field, models.DecimalField), lambda _: Decimal("2.0000")),
        (lambda field: isinstance(field, models.DateField), made_up),
        (lambda field: isinstance(field, models.BooleanField), lambda _: None),
        (lambda field: field.is_relation, lambda field: make(field.related_model).pk),
    ]
    for fits, value in ways:
        for field in fields:
            if fits(field):
                return field.attname, value(field)
    raise AssertionError(model)


def test_every_table_is_tracked_or_says_why_not():
    tracked = {model.pgh_tracked_model._meta.concrete_model._meta.label for model in event_models()}
    own = {
        model._meta.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(BASE_DIR) and not Path(config.path).is_relative_to(BASE_DIR / ".venv")
        for model in config.get_models()
        if not (model._meta.proxy or hasattr(model, "pgh_tracked_model") or config.label == "audit")
    }
    assert own - tracked - set(WITHOUT_HISTORY) == set()
    assert set(WITHOUT_HISTORY) & tracked == set()


@pytest.mark.parametrize("event_model", TRACKED)
def test_every_way_of_changing_a_row_is_kept(event_model):
    model = event_model.pgh_tracked_model
    settings = model._meta.label == "company.CompanySettings"
    with context.acting(request_id="made"):
        row = model.objects.get() if settings else make(model)
    name, value = changed_field(model)
    column = model._meta.get_field(name).column if name in {f.name for f in model._meta.fields} else name
    first = getattr(row, name)
    value = (not first) if value is None else value

    with context.acting(request_id="bulk"):
        setattr(row, name, value)
        model._base_manager.bulk_update([row], [model._meta.get_field(name).name])
    with connection.cursor() as cursor:  # by hand, and nobody says who
        cursor.execute("SELECT set_config('stocksense.request_id', '', true)")
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" SET "{column}" = %s WHERE "{model._meta.pk.column}" = %s', [first, row.pk]
        )
    key = row.pk
    if not settings:
        with context.acting(request_id="removed"):
            model._base_manager.filter(pk=key)._raw_delete("default")

    kept = events(event_model, key)
    told = [(event.pgh_label, event.pgh_request_id) for event in kept if event.pgh_label != "baseline"]
    expected = [("insert", "made"), ("update", "bulk"), ("update", ""), ("delete", "removed")]
    assert [one for one in told if one[1] or one[0] == "update"] == (expected[1:3] if settings else expected)
    attribute = event_model._meta.get_field(model._meta.get_field(name).name).attname
    changes = [getattr(event, attribute) for event in kept if event.pgh_label == "update"]
    assert changes[0] == getattr(row, name)
    assert str(changes[0]) != str(changes[1])


@pytest.mark.parametrize("event_model", TRACKED)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET pgh_actor = 'me'", "DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"]
)
def test_the_serving_role_can_neither_change_nor_forge_history(event_model, statement):
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(event_model._meta.db_table))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE inventory_item DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP FUNCTION {function}() CASCADE",
        "CREATE TEMP TABLE mine (LIKE inventory_item);"
        "CREATE TRIGGER forged AFTER INSERT ON mine REFERENCING NEW TABLE AS new_values EXECUTE FUNCTION {function}()",
        "SELECT {function}()",
    ],
)
def test_the_serving_role_cannot_get_around_a_trigger(statement):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = 'inventory_item'::regclass AND proname LIKE '%%history_insert%%'"
        )
        (function,) = cursor.fetchone()
    before = Item.pgh_event_model.objects.count()
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner|can only be called as triggers")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(function=function))
    assert Item.pgh_event_model.objects.count() == before


def test_no_setting_switches_a_trigger_off():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{pgtrigger_history_insert_6bde7}', true)")
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'inventory_category'::regclass AND NOT tgisinternal"
        )
        names = ",".join(name for (name,) in cursor.fetchall())
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{names}}}"])
    row = Category.objects.create(path="tea", name="tea")
    assert [event.pgh_label for event in events(Category.pgh_event_model, row.pk)] == ["insert"]


def test_the_context_is_kept_with_the_row():
    ada = UserFactory(name="Ada", email="ada@example.com")
    with context.acting(actor=ada, channel="admin", request_id="r-1", reason="spring range"):
        row = Category.objects.create(path="tea", name="tea")
    (event,) = events(Category.pgh_event_model, row.pk)
    assert (event.pgh_actor_id, event.pgh_actor, event.pgh_channel, event.pgh_request_id, event.pgh_reason) == (
        ada.pk, "Ada <ada@example.com>", "admin", "r-1", "spring range"
    )  # fmt: skip
    assert (event.pgh_role, event.name) == ("stocksense_web", "tea")


def test_a_change_of_nothing_is_no_event():
    row = Category.objects.create(path="tea", name="tea")
    row.save()
    Category.objects.filter(pk=row.pk).update(updated_at=F("updated_at") + timedelta(days=1))
    assert len(events(Category.pgh_event_model, row.pk)) == 1


def test_what_was_rolled_back_did_not_happen():
    before = Category.pgh_event_model.objects.count()
    savepoint = transaction.savepoint()
    Category.objects.create(path="tea", name="tea")
    transaction.savepoint_rollback(savepoint)
    assert Category.pgh_event_model.objects.count() == before


def test_a_moved_primary_key_does_not_hide_a_change():
    row = Category.objects.create(path="tea", name="tea")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_category SET id = id + 1000000, name = 'x' WHERE id = %s", [row.pk])
    assert [event.name for event in events(Category.pgh_event_model, row.pk + 1_000_000)] == ["x"]


def test_rows_copied_and_merged_in_are_kept_with_their_context():
    columns = ["path", "name", "created_at", "updated_at"]
    with context.acting(request_id="copied", channel="import"):
        copy_rows(Category, columns, [(f"c{n}", f"c{n}", "2026-11-23", "2026-11-23") for n in range(3)])
    with context.acting(request_id="merged"), connection.cursor() as cursor:
        cursor.execute(
            "MERGE INTO inventory_category AS kept USING (VALUES ('c1', 'one'), ('c9', 'nine')) AS given (path, name)"
            " ON kept.path = given.path"
            " WHEN MATCHED THEN UPDATE SET name = given.name"
            " WHEN NOT MATCHED THEN INSERT (path, name, created_at, updated_at)"
            " VALUES (given.path, given.name, now(), now())"
        )
    kept = Category.pgh_event_model.objects.filter(path__in=["c0", "c1", "c2", "c9"])
    found = kept.values_list("path", "name", "pgh_label", "pgh_request_id")
    assert sorted(found) == [
        ("c0", "c0", "insert", "copied"), ("c1", "c1", "insert", "copied"), ("c1", "one", "update", "merged"),
        ("c2", "c2", "insert", "copied"), ("c9", "nine", "insert", "merged"),
    ]  # fmt: skip


def test_an_upsert_is_an_insert_or_an_update():
    statement = (
        "INSERT INTO inventory_category (path, name, created_at, updated_at) VALUES ('tea', %s, now(), now())"
        " ON CONFLICT (path) DO UPDATE SET name = EXCLUDED.name"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, ["one"])
        cursor.execute(statement, ["two"])
    kept = Category.pgh_event_model.objects.filter(path="tea").order_by("pgh_id")
    assert list(kept.values_list("pgh_label", "name")) == [("insert", "one"), ("update", "two")]


def test_signing_in_is_no_event_and_no_secret_is_kept():
    user = UserFactory(email="ada@example.com")
    before = len(events(User.pgh_event_model, user.pk))
    User.objects.filter(pk=user.pk).update(last_login="2026-11-23T10:00Z")
    assert len(events(User.pgh_event_model, user.pk)) == before
    columns = {field.name for field in User.pgh_event_model._meta.fields}
    assert columns & {"password", "last_login", "token_version"} == set()
    user.is_active = False
    user.save()
    assert len(events(User.pgh_event_model, user.pk)) == before + 1


def test_no_history_has_a_column_that_sounds_like_a_secret():
    from stocksense.core.logs.redaction import is_secret_name

    columns = [
        f"{model._meta.label}.{field.name}" for model in event_models() for field in kept_fields(model)
        if is_secret_name(field.name) or "hash" in field.name or "secret" in field.name
    ]  # fmt: skip
    assert columns == ["accounts.UserEvent.password_changed_at"]  # (a time, and no password)


def test_a_new_role_is_an_event_with_who_gave_it():
    boss, user = UserFactory(), UserFactory(role=Role.VIEWER)
    with context.acting(actor=boss):
        assign_role(user=user, role=Role.PLANNER)
    model = apps.get_model("accounts", "UserGroupEvent")
    told = model.objects.filter(user=user.pk, pgh_actor_id=boss.pk).order_by("pgh_id")
    names = dict(Group.objects.values_list("pk", "name"))
    assert [(event.pgh_label, names[event.group]) for event in told] == [("delete", "viewer"), ("insert", "planner")]


def test_events_of_all_tables_have_one_order():
    place = Location.objects.create(code="NORTH", kind="store")
    item = Item.objects.create(sku="TEA")
    pair = ItemLocation.objects.create(item=item, location=place)
    found = [
        Location.pgh_event_model.objects.filter(id=place.pk).latest("pgh_id").pgh_id,
        Item.pgh_event_model.objects.filter(id=item.pk).latest("pgh_id").pgh_id,
        ItemLocation.pgh_event_model.objects.filter(id=pair.pk).latest("pgh_id").pgh_id,
    ]
    assert found == sorted(found)
    assert len(set(found)) == 3


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_the_owner_is_named_where_nobody_else_is():
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE company_companysettings SET name = 'By hand'")
    event = apps.get_model("company", "CompanySettingsEvent").objects.latest("pgh_id")
    assert (event.pgh_actor_id, event.pgh_actor, event.pgh_role) == (None, "", "stocksense_owner")


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_a_table_whose_history_is_empty_begins_with_its_rows():
    row = Category.objects.create(path="tea", name="tea")
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE inventory_categoryevent")
    for using in ("default", "owner", "owner"):
        baseline.write_baselines(using)
    assert [(event.pgh_label, event.path) for event in events(Category.pgh_event_model, row.pk)] == [
        ("baseline", "tea")
    ]
