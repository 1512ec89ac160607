"""Why something was changed travels from the form into the history; so do passwords and second factors."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from inventory.models import Category
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.audit.services import reads
from stocksense.core import context

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client) -> User:
    user = UserFactory(role=Role.ADMIN, name="Ada")
    client.force_login(user)
    return user


def test_a_form_asks_why_and_the_history_tells(client, ada):
    category = Category.objects.create(path="Drinks", name="Drinks")
    page = reverse("admin:inventory_category_change", args=[category.pk])
    assert 'name="_reason"' in client.get(page).content.decode()
    client.post(page, {"path": "Drinks", "name": "Beverages", "_reason": "as the ERP has it"})
    change = reads.of_object(category)[0]
    assert (change.action, change.reason, change.channel) == ("update", "as the ERP has it", "admin")
    client.post(page, {"path": "Drinks", "name": "Drinks"})
    assert reads.of_object(category)[0].reason == ""


def test_deleting_asks_why_and_the_history_tells(client, ada):
    category = Category.objects.create(path="Drinks", name="Drinks")
    delete = reverse("admin:inventory_category_delete", args=[category.pk])
    page = client.get(delete).content.decode()
    assert page.index("<form") < page.index('name="_reason"') < page.rindex("</form>")
    client.post(delete, {"post": "yes", "_reason": "never used"})
    change = reads.changes(reads.Query(kinds=["inventory.category"]), size=1)[0]
    assert (change.action, change.reason) == ("delete", "never used")


def test_deleting_several_asks_why_once(client, ada):
    rows = [Category.objects.create(path=name, name=name) for name in ("A", "B", "C")]
    several = {"action": "delete_selected", "_selected_action": [row.pk for row in rows[:2]]}
    address = reverse("admin:inventory_category_changelist")
    assert 'name="_reason"' in client.post(address, several).content.decode()
    client.post(address, several | {"post": "yes", "_reason": "a typing error"})
    changes = reads.changes(reads.Query(kinds=["inventory.category"]), size=2)
    assert [(change.action, change.reason) for change in changes] == [("delete", "a typing error")] * 2
    assert list(Category.objects.all()) == rows[2:]


def test_whoever_may_only_look_is_not_asked(client):
    client.force_login(UserFactory(role=Role.VIEWER))
    category = Category.objects.create(path="Drinks", name="Drinks")
    page = client.get(reverse("admin:inventory_category_change", args=[category.pk]))
    assert 'name="_reason"' not in page.content.decode()


def test_a_reason_stays_in_a_form_that_was_refused(client, ada):
    category = Category.objects.create(path="Drinks", name="Drinks")
    page = client.post(
        reverse("admin:inventory_category_change", args=[category.pk]), {"path": "", "_reason": "because <b>"}
    )
    assert 'value="because &lt;b&gt;"' in page.content.decode()


def test_a_changed_password_is_in_the_history_and_its_hash_is_not(ada):
    person = UserFactory()
    before = len(reads.of_object(person))
    with context.acting(actor=ada, reason="forgot it"):
        person.set_password("another long pass phrase")
        person.save()
    changes = reads.of_object(person)
    assert len(changes) == before + 1
    assert [entry.name for entry in changes[0].fields] == ["password_changed_at"]
    assert (changes[0].reason, changes[0].actor_id) == ("forgot it", ada.pk)
    stale = User.objects.get(pk=person.pk)
    User.objects.filter(pk=person.pk).update(password="!raw")
    latest = User.objects.get(pk=person.pk).password_changed_at
    assert latest > stale.password_changed_at
    stale.name = "Stale"
    stale.save(update_fields=["name", "password_changed_at"])
    assert User.objects.get(pk=person.pk).password_changed_at == latest


def test_factors_come_and_go_in_the_history_without_their_secret(ada):
    person = UserFactory()
    factor = Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "QCANARY"})
    Authenticator.objects.filter(pk=factor.pk).update(data={"secret": "QOTHER"})
    factor.delete()
    found = [change for change in reads.of_object(person) if change.kind == "accounts.secondfactor"]
    found = found or reads.changes(reads.Query(kinds=["accounts.secondfactor"]))
    assert [change.action for change in found] == ["delete", "insert"]
    assert "QCANARY" not in str(found)
    assert {entry.name: entry.after for entry in found[1].fields}["type"] == "TOTP Authenticator"
