"""Who may change whom: nobody gets or gives more than they have, and somebody is always left to manage people."""

import threading

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client

from stocksense.accounts import services
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.accounts.tests.pages.conftest import is_signed_in, signed_in
from stocksense.core.errors import Conflict, NotAllowed

STRONG = {"password1": "Four dull horses, 3 lakes", "password2": "Four dull horses, 3 lakes"}


@pytest.fixture
def boss():
    return UserFactory(role=Role.ADMIN, name="Bo Boss")


@pytest.fixture
def clerk():
    """Somebody who may manage people and nothing else, by a group of the company's own."""
    person = UserFactory(role=Role.VIEWER)
    group = Group.objects.create(name="people clerks")
    group.permissions.set(Permission.objects.filter(content_type__app_label="accounts", codename__endswith="_user"))
    person.groups.add(group)
    return User.objects.get(pk=person.pk)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user) -> str:
    return f"/admin/accounts/user/{user.pk}/change/"


def standing(user) -> tuple:
    fresh = User.objects.get(pk=user.pk)
    roles = tuple(fresh.groups.order_by("name").values_list("name", flat=True))
    return roles, fresh.is_active, fresh.is_staff, fresh.is_superuser, fresh.password, fresh.email


def form(user, **changes) -> dict:
    return {"email": user.email, "name": user.name, "is_active": "on", "role": "viewer", **changes}


def test_an_admin_makes_nobody_a_superuser(boss, ada):
    browser(boss).post(page(ada), form(ada, is_superuser="on", is_staff="on", groups="1", user_permissions="1"))
    assert standing(ada)[3] is False
    browser(boss).post(page(boss), form(boss, is_superuser="on", role="admin"))
    assert standing(boss)[3] is False
    new = {"email": "new@example.com", "role": "viewer", "is_superuser": "on", "usable_password": "true", **STRONG}
    browser(boss).post("/admin/accounts/user/add/", new)
    assert User.objects.get(email="new@example.com").is_superuser is False


def test_an_admin_does_not_reach_into_a_superusers_account(boss, mailoutbox):
    root = UserFactory(is_superuser=True, role=Role.VIEWER)
    before = standing(root)
    client = browser(boss)
    assert client.post(page(root), form(root, email="mine@example.com")).status_code == 403
    assert client.post(f"/admin/accounts/user/{root.pk}/password/", STRONG).status_code == 403
    for action in ("send_link", "lost_second_factor", "end_sessions"):
        assert client.post(f"/admin/accounts/user/{root.pk}/do/{action}/", {"confirmed": "yes"}).status_code == 403
    assert standing(root) == before
    assert mailoutbox == []


def test_nobody_changes_their_own_role_access_or_address(boss, clerk):
    UserFactory(role=Role.ADMIN)
    for person, role in ((boss, "viewer"), (clerk, "admin")):
        before = standing(person)
        browser(person).post(page(person), form(person, role=role, is_active="", email="other@example.com"))
        assert standing(person) == before
        with pytest.raises(NotAllowed):
            services.change_person(user=person, role=Role(role), is_active=True, actor=person)
        assert standing(person) == before
    assert browser(boss).post(f"/admin/accounts/user/{boss.pk}/password/", STRONG).status_code == 403


def test_who_manages_people_without_being_admin_gives_no_role_above_their_own(clerk, ada, boss):
    client = browser(clerk)
    answer = client.post(page(ada), form(ada, role="planner"))
    assert "You cannot give the role planner, which may do more than you." in answer.content.decode()
    assert standing(ada)[0] == ("viewer",)
    new = {"email": "new@example.com", "role": "admin", "usable_password": "true", **STRONG}
    assert "may do more than you" in client.post("/admin/accounts/user/add/", new).content.decode()
    assert not User.objects.filter(email="new@example.com").exists()
    before = standing(boss)
    assert client.post(page(boss), form(boss)).status_code == 403
    assert client.post(f"/admin/accounts/user/{boss.pk}/password/", STRONG).status_code == 403
    assert standing(boss) == before


def test_the_last_admin_is_neither_deactivated_nor_demoted(boss):
    root = UserFactory(is_superuser=True, role=Role.VIEWER, is_active=False)
    with pytest.raises(Conflict, match="Bo Boss is the last admin"):
        services.change_person(user=boss, role=Role.VIEWER, is_active=True, actor=root)
    with pytest.raises(Conflict):
        services.change_person(user=boss, role=Role.ADMIN, is_active=False, actor=root)
    assert standing(boss)[:3] == (("admin",), True, True)
    UserFactory(role=Role.ADMIN)
    services.change_person(user=boss, role=Role.VIEWER, is_active=True, actor=root)
    assert standing(boss)[0] == ("viewer",)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_do_not_both_succeed():
    pair = [UserFactory(role=Role.ADMIN), UserFactory(role=Role.ADMIN)]
    start, outcomes = threading.Barrier(2), []

    def demote(actor, other):
        start.wait()
        try:
            services.change_person(user=other, role=Role.VIEWER, is_active=True, actor=User.objects.get(pk=actor.pk))
            outcomes.append("done")
        except (Conflict, NotAllowed):
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=order) for order in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert User.objects.filter(groups__name="admin").count() == 1


def test_people_are_not_deleted(boss, ada):
    client = browser(boss)
    assert client.post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"}
    client.post("/admin/accounts/user/", action)
    assert User.objects.filter(pk=ada.pk).exists()


def test_deactivating_on_the_page_ends_the_sessions(boss, ada):
    session = signed_in(ada)
    answer = browser(boss).post(page(ada), form(ada, is_active=""))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert session.get("/admin/").status_code == 302
    assert standing(ada)[1] is False


def test_an_admins_new_password_for_somebody_ends_their_sessions(boss, ada):
    session = signed_in(ada)
    answer = browser(boss).post(f"/admin/accounts/user/{ada.pk}/password/", {**STRONG, "usable_password": "true"})
    assert answer.status_code == 302
    assert session.get("/admin/").status_code == 302


def test_an_invited_person_gets_role_and_mail_and_no_password(boss, mails):
    new = {"email": "new@example.com", "name": "New", "role": "planner", "usable_password": "false"}
    (mail,) = mails(lambda: browser(boss).post("/admin/accounts/user/add/", new))
    person = User.objects.get(email="new@example.com")
    assert (mail.to, mail.subject) == (["new@example.com"], "Your StockSense account")
    assert standing(person)[:4] == (("planner",), True, True, False)
    assert not person.has_usable_password()
    assert not is_signed_in(signed_in(person))


def test_a_changed_address_is_told_to_the_old_one_and_ends_sessions(boss, ada, mails):
    session, old = signed_in(ada), ada.email
    (mail,) = mails(lambda: browser(boss).post(page(ada), form(ada, email="new@example.com")))
    assert (mail.to, mail.subject) == ([old], "Your StockSense address was changed")
    assert "Bo Boss changed the address of your account to new@example.com." in mail.body
    assert session.get("/admin/").status_code == 302


def test_a_person_made_a_supplier_leaves_the_admin(boss, ada):
    session = signed_in(ada)
    browser(boss).post(page(ada), form(ada, role="supplier"))
    assert standing(ada)[:3] == (("supplier",), True, False)
    assert session.get("/admin/").status_code == 302


def test_pages_of_factors_sessions_and_groups_are_not_in_the_admin(boss):
    client = browser(boss)
    for path in ("mfa/authenticator", "usersessions/usersession", "account/emailaddress", "auth/group"):
        assert client.get(f"/admin/{path}/").status_code == 404
