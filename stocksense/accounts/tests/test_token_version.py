"""The database moves a user's token version on with whatever access rests on, and never back."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def version(user: User) -> int:
    return User.objects.values_list("token_version", flat=True).get(pk=user.pk)


def change_password(user):
    user.set_password("another long pass phrase")
    user.save(update_fields=["password"])


def change_in_bulk(user):
    User.objects.update(is_active=False)


def change_by_sql(user):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_superuser = true")


def change_role(user):
    assign_role(user=user, role=Role.ADMIN)


def grant_permission(user):
    user.user_permissions.add(Permission.objects.get(codename="decide"))


def take_all_groups(user):
    user.groups.clear()


@pytest.mark.parametrize(
    "change", [change_password, change_in_bulk, change_by_sql, change_role, grant_permission, take_all_groups]
)
def test_the_version_moves_on(change):
    user, other = UserFactory(), UserFactory()
    before, others = version(user), version(other)
    change(user)
    assert version(user) > before
    if change not in (change_in_bulk, change_by_sql):
        assert version(other) == others


def test_what_access_does_not_rest_on_leaves_it_where_it_is():
    user = UserFactory()
    before = version(user)
    User.objects.update(name="Another", last_login="2026-01-01T00:00Z", is_staff=False)
    assign_role(user=user, role=Role.VIEWER)
    assert version(user) == before


def test_a_stale_object_saved_whole_does_not_bring_an_old_version_back():
    user = UserFactory()
    stale = User.objects.get(pk=user.pk)
    User.objects.filter(pk=user.pk).update(token_version=40)
    stale.name = "Saved late"
    stale.save()
    assert (version(user), User.objects.get(pk=user.pk).name) == (40, "Saved late")


def test_a_scope_limits_what_a_user_may_and_adds_nothing():
    planner, root = UserFactory(role=Role.PLANNER), User.objects.create_superuser("root@example.com")
    for user in (User.objects.get(pk=planner.pk), root):
        user.scope = frozenset({"planning.decide", "inventory.view_item", "company.no_such_thing"})
        assert user.has_perm("planning.decide")
        assert not user.has_perm("planning.approve")
        assert user.has_perms(["planning.decide", "inventory.view_item"])
        assert user.get_all_permissions() >= {"planning.decide", "inventory.view_item"}
        assert "planning.approve" not in user.get_all_permissions()
        assert user.has_module_perms("planning")
        assert not user.has_module_perms("vendors")
    viewer = UserFactory(role=Role.VIEWER)
    viewer.scope = frozenset({"planning.decide"})
    assert not viewer.has_perm("planning.decide")
