"""API keys, service accounts and users over REST: what a key can do, what ends it, and that nobody gains by one."""

from datetime import timedelta

import pytest
from django.conf import settings as configured

from stocksense.accounts import credentials, principals
from stocksense.accounts.keys import services, usage
from stocksense.accounts.models import ApiKey, SecurityEvent, User, UserKind
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.tests.conftest import PASSWORD, Program
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import clock

pytestmark = pytest.mark.django_db(transaction=True)
SEE = "inventory.view_item"


def soon() -> str:
    return (clock.now() + timedelta(days=30)).isoformat()


@pytest.fixture
def admin() -> Program:
    user = UserFactory(role=Role.ADMIN)
    program = Program()
    program.login(user)
    program.user = user
    return program


def make(admin, **changed) -> dict:
    body = {"name": "nightly export", "permissions": [SEE], "expires_at": soon(), **changed}
    answer = admin.post("api-keys", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def with_key(key: str) -> Program:
    program = Program()
    program.bearer = key
    return program


def test_a_key_is_shown_once_and_stored_as_a_digest(admin):
    answer = admin.post("api-keys", {"name": "export", "permissions": [SEE], "expires_at": soon()})
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    made = answer.json()
    assert made["key"].startswith(f"ssk_{made['public_id']}_")
    stored = str(ApiKey.objects.values().get())
    assert made["key"].rpartition("_")[2] not in stored
    assert "key" not in admin.get(f"api-keys/{made['id']}").json()
    assert made["key"] not in admin.get("api-keys").content.decode()
    assert "hash" not in admin.get("api-keys").content.decode()
    event = SecurityEvent.objects.get(kind="key_created")
    assert (event.user_id, event.actor_id, event.detail["key"]) == (admin.user.pk, admin.user.pk, made["public_id"])


def test_a_key_reaches_what_it_was_given_and_no_more(admin, either_redis):
    program = with_key(make(admin)["key"])
    me = program.get("auth/me").json()
    assert (me["permissions"], me["credential"]["kind"]) == ([SEE], "api_key")
    assert program.get("items").status_code == 200
    assert program.get("users").status_code == 403
    assert program.post("items", {"sku": "A"}).status_code == 403


def test_a_key_can_never_do_more_than_its_owner(admin, either_redis):
    owner = UserFactory(role=Role.PLANNER)
    program = with_key(make(admin, owner=owner.email, permissions=[SEE, "inventory.add_item"])["key"])
    assert program.get("auth/me").json()["permissions"] == ["inventory.add_item", SEE]
    assign_role(user=owner, role=Role.VIEWER)
    assert program.get("auth/me").json()["permissions"] == [SEE]
    assert program.post("items", {"sku": "A"}).status_code == 403
    User.objects.get(pk=owner.pk).delete()
    assert program.get("auth/me").status_code == 401


def test_the_key_of_a_superuser_is_limited_too():
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    _, text = services.create_key(
        owner=root, name="x", permissions=[SEE], expires_at=clock.now() + timedelta(days=1), actor=root
    )
    program = with_key(text)
    assert program.get("auth/me").json()["permissions"] == [SEE]
    assert program.get("users").status_code == 403


def deactivate(admin, key):
    user = User.objects.get(pk=key["owner_id"])
    user.is_active = False
    user.save()


def revoke(admin, key):
    answer = admin.post(f"api-keys/{key['id']}/revoke")
    assert answer.status_code == 200
    assert answer.json()["revoked_at"]


def expire(admin, key):
    ApiKey.objects.update(expires_at=clock.now())
    principals.forget_now(key["owner_id"])


@pytest.mark.parametrize("end", [deactivate, revoke, expire])
def test_a_key_ends_at_once(admin, end, either_redis):
    key = make(admin, owner=UserFactory(role=Role.PLANNER).email)
    program = with_key(key["key"])
    assert program.get("auth/me").status_code == 200
    end(admin, key)
    assert program.get("auth/me").status_code == 401


def test_a_wrong_secret_is_refused_and_says_nothing(admin):
    key = make(admin)
    answers = [
        with_key(text).get("auth/me")
        for text in (key["key"][:-1] + ("A" if key["key"][-1] != "A" else "B"), f"ssk_{'0' * 16}_{'a' * 43}")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_while_a_key_is_rotated_two_secrets_are_good(admin, monkeypatch):
    first = make(admin)
    second = admin.post(f"api-keys/{first['id']}/rotate", {"overlap_hours": 2}).json()
    assert second["public_id"] == first["public_id"]
    both = [with_key(first["key"]), with_key(second["key"])]
    assert [program.get("auth/me").status_code for program in both] == [200, 200]
    third = admin.post(f"api-keys/{first['id']}/rotate", {"overlap_hours": 0}).json()
    programs = [*both, with_key(third["key"])]
    assert [program.get("auth/me").status_code for program in programs] == [401, 401, 200]
    assert SecurityEvent.objects.filter(kind="key_rotated").count() == 2


def test_the_secret_before_ends_with_the_overlap(admin):
    first = make(admin)
    admin.post(f"api-keys/{first['id']}/rotate", {"overlap_hours": 1})
    ApiKey.objects.update(previous_expires_at=clock.now() - timedelta(seconds=1))
    principals.forget_now(first["owner_id"])
    assert with_key(first["key"]).get("auth/me").status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"permissions": ["inventory.rule_the_world"]},
        {"permissions": "all"},
        {"rate_per_minute": 0},
        {"owner": "nobody@example.com"},
        {"secret_hash": "0" * 64},
        {"public_id": "0" * 16},
        {"revoked_at": None},
    ],
)
def test_keys_that_cannot_be_are_refused(admin, changed):
    body = {"name": "x", "permissions": [SEE], "expires_at": soon(), **changed}
    answer = admin.post("api-keys", body)
    assert answer.status_code in {400, 422}, answer.content
    assert not ApiKey.objects.exists()


def test_nobody_grants_what_they_do_not_have(admin):
    """A key that may make keys makes none that may do more than itself, nor rotates one to learn its secret."""
    strong = make(admin, permissions=["accounts.add_apikey", "planning.decide", "accounts.change_apikey"])
    weak = with_key(
        make(admin, permissions=["accounts.add_apikey", "accounts.change_apikey", "accounts.view_apikey"])["key"]
    )
    before = ApiKey.objects.count()
    for permissions in (["planning.decide"], ["accounts.delete_apikey"], ["accounts.add_user"]):
        answer = weak.post("api-keys", {"name": "x", "permissions": permissions, "expires_at": soon()})
        assert (answer.status_code, answer.json()["code"]) == (403, "exceeds_own_rights")
    assert ApiKey.objects.count() == before
    answer = weak.post(f"api-keys/{strong['id']}/rotate")
    assert (answer.status_code, answer.json()["code"]) == (403, "exceeds_own_rights")
    assert with_key(strong["key"]).get("auth/me").status_code == 200
    etag = weak.get(f"api-keys/{strong['id']}")["ETag"]
    patched = weak.call("PATCH", f"api-keys/{strong['id']}", {"name": "mine"}, **{"If-Match": etag})
    assert patched.status_code == 403
    assert ApiKey.objects.get(pk=strong["id"]).name == "nightly export"
    assert weak.post("auth/logout-all").status_code == 403


def test_a_key_limited_to_making_users_makes_no_admin(admin):
    program = with_key(
        make(admin, permissions=["accounts.add_user", "accounts.change_user", "accounts.view_user"])["key"]
    )
    people = User.objects.count()
    for role in ("admin", "approver", "viewer"):
        for body in ({"email": "evil@example.com", "name": "x"}, {"kind": "service", "name": "x"}):
            answer = program.post("users", {**body, "role": role})
            assert answer.status_code == 403, answer.content
    assert User.objects.count() == people
    victim = UserFactory(role=Role.VIEWER)
    etag = program.get(f"users/{victim.pk}")["ETag"]
    raised = program.call("PATCH", f"users/{victim.pk}", {"role": "admin"}, **{"If-Match": etag})
    assert raised.status_code == 403
    assert [group.name for group in victim.groups.all()] == ["viewer"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PLANNER, Role.APPROVER, Role.SUPPLIER])
@pytest.mark.parametrize("path", ["users", "api-keys"])
def test_users_and_keys_are_for_admins(role, path):
    program = Program()
    program.login(UserFactory(role=role))
    assert program.get(path).status_code == 403
    assert program.post(path, {}).status_code == 403


def test_a_service_account_works_with_keys_only(admin):
    made = admin.post("users", {"kind": "service", "name": "Nightly ERP", "role": "planner"})
    assert made.status_code == 201, made.content
    account = User.objects.get(pk=made.json()["id"])
    assert (account.kind, account.is_staff, account.has_usable_password()) == (UserKind.SERVICE, False, False)
    program = with_key(make(admin, owner=account.email, permissions=["planning.decide"])["key"])
    assert program.get("auth/me").json()["kind"] == "service"
    account.set_password(PASSWORD)  # even so
    account.save()
    assert Program().login(account).status_code == 401


def test_an_admin_invites_changes_and_deactivates_people(admin, mailoutbox):
    made = admin.post("users", {"email": "new@example.com", "name": "New", "role": "planner"})
    assert made.status_code == 201, made.content
    assert [mail.to for mail in mailoutbox] == [["new@example.com"]]
    path = f"users/{made.json()['id']}"
    answer = admin.call("PATCH", path, {"role": "viewer", "is_active": False}, **{"If-Match": made["ETag"]})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["role"], answer.json()["is_active"]) == ("viewer", False)
    again = admin.post("users", {"email": "NEW@example.com", "name": "New", "role": "planner"})
    assert again.status_code == 400


@pytest.mark.parametrize(
    "field", ["is_superuser", "is_staff", "password", "token_version", "groups", "user_permissions"]
)
def test_fields_that_are_nobody_s_to_set_are_refused(admin, field):
    body = {"email": "new@example.com", "name": "New", "role": "viewer", field: True}
    assert admin.post("users", body).status_code == 400
    assert not User.objects.filter(email="new@example.com").exists()
    victim = UserFactory()
    etag = admin.get(f"users/{victim.pk}")["ETag"]
    assert admin.call("PATCH", f"users/{victim.pk}", {field: True}, **{"If-Match": etag}).status_code == 400


def test_nobody_changes_their_own_role_or_a_superuser(admin):
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    for pk in (admin.user.pk, root.pk):
        etag = admin.get(f"users/{pk}")["ETag"]
        answer = admin.call("PATCH", f"users/{pk}", {"role": "viewer", "is_active": False}, **{"If-Match": etag})
        assert answer.status_code == 403
        assert User.objects.get(pk=pk).is_active


def test_use_is_noted_once_a_minute_and_written_together(admin, either_redis):
    keys = [make(admin) for _ in range(2)]
    for key in keys:
        for _ in range(3):
            assert with_key(key["key"]).get("auth/me").status_code == 200
    if either_redis == "redis":
        assert not ApiKey.objects.filter(last_used_at__isnull=False).exists()
        assert usage.write_notes() == 2
    assert usage.write_notes() == 0
    assert ApiKey.objects.filter(last_used_at__isnull=False).count() == 2


def test_a_request_with_a_key_needs_no_query(admin, django_assert_num_queries):
    key = make(admin)["key"]
    credentials.of_bearer(key)
    with django_assert_num_queries(0):
        assert credentials.of_bearer(key).user.has_perm(SEE)


def test_the_oldest_key_allowed_is_a_setting():
    assert timedelta(days=365) == configured.API_KEY_MAX_AGE
