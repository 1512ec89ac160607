"""Service accounts, API keys and security events in the admin."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from stocksense.accounts import principals
from stocksense.accounts.keys import services
from stocksense.accounts.models import ApiKey, SecurityEvent, SecurityEventKind, User, UserKind
from stocksense.accounts.roles import Role
from stocksense.accounts.services.people import role_of
from stocksense.accounts.services.programs import create_service_account
from stocksense.accounts.tests.factories import UserFactory
from stocksense.audit.services import reads
from vendors.models import Supplier, SupplierContact

pytestmark = pytest.mark.django_db

KEY = re.compile(r"ssk_[A-Za-z0-9]+_[A-Za-z0-9_-]{20,}")


@pytest.fixture
def ada(client) -> User:
    user = UserFactory(role=Role.ADMIN, name="Ada")
    client.force_login(user)
    return user


@pytest.fixture
def program(ada) -> User:
    return create_service_account(name="ERP export", role=Role.PLANNER, actor=ada)


@pytest.fixture
def key(program, ada) -> ApiKey:
    made, _ = services.create_key(
        owner=program, name="nightly", permissions=["inventory.view_item"], actor=ada,
        expires_at=timezone.now() + timedelta(days=30),
    )  # fmt: skip
    return made


def url(page: str, *args: object) -> str:
    return reverse(f"admin:accounts_{page}", args=args)


def _form(**changed: object) -> dict[str, object]:
    ends = timezone.localtime() + timedelta(days=20)
    return {
        "name": "nightly", "permissions": ["inventory.view_item", "inventory.view_location"],
        "expires_at_0": f"{ends:%Y-%m-%d}", "expires_at_1": "12:00:00", "rate_per_minute": "", **changed,
    }  # fmt: skip


def test_a_program_gets_an_account_and_no_password(client, ada):
    answer = client.post(url("serviceaccount_add"), {"name": "ERP export", "role": "viewer"})
    made = User.objects.get(kind=UserKind.SERVICE)
    assert answer.status_code == 302
    assert (made.name, role_of(made), made.has_usable_password(), made.is_staff) == (
        "ERP export", Role.VIEWER, False, False
    )  # fmt: skip
    assert made.name in client.get(url("serviceaccount_changelist")).content.decode()
    assert made.name not in client.get(url("user_changelist")).content.decode()


def test_an_account_that_is_switched_off_ends_its_keys(client, program, key):
    page = url("serviceaccount_change", program.pk)
    answer = client.post(
        page, {"name": "ERP", "role": "viewer", "api_keys-TOTAL_FORMS": 0, "api_keys-INITIAL_FORMS": 0}
    )
    assert answer.status_code == 302
    program.refresh_from_db()
    assert (program.name, program.is_active, role_of(program)) == ("ERP", False, Role.VIEWER)
    assert principals.of_key(key.public_id, fresh=True).owner.is_active is False


def test_a_key_is_shown_once_and_then_never(client, ada, program):
    page = client.post(url("apikey_add"), _form(owner=program.pk))
    (text,) = set(KEY.findall(page.content.decode()))
    made = ApiKey.objects.get()
    assert "no-store" in page["Cache-Control"]
    assert text.startswith(f"ssk_{made.public_id}_")
    assert made.permissions == ["inventory.view_item", "inventory.view_location"]
    assert (made.owner, made.created_by) == (program, ada)
    for later in ("apikey_changelist", "apikey_change", "apikey_history"):
        shown = client.get(url(later, *([made.pk] if later != "apikey_changelist" else []))).content.decode()
        assert not KEY.findall(shown), later
        assert made.secret_hash not in shown, later
    answer = client.get("/api/v1/items", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"permissions": ["accounts.view_user"]}, "ERP export does not have"),
        ({"permissions": ["nobody.knows_this"]}, "not one of the available choices"),
        ({"expires_at_0": "2090-01-01"}, "days from now"),
        ({"expires_at_0": "2020-01-01"}, "days from now"),
        ({"permissions": []}, "This field is required"),
    ],
)
def test_a_key_that_cannot_be_is_refused_beside_its_field(client, ada, program, changed, said):
    page = client.post(url("apikey_add"), _form(owner=program.pk, **changed))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not ApiKey.objects.exists()


def test_nobody_makes_a_key_for_another_person(client, ada):
    other = UserFactory(role=Role.VIEWER)
    page = client.post(url("apikey_add"), _form(owner=other.pk))
    assert "not one of the available choices" in page.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_changed_and_keeps_its_owner_and_secret(client, ada, program, key):
    before = key.secret_hash
    answer = client.post(url("apikey_change", key.pk), _form(name="hourly", owner=ada.pk, rate_per_minute=5))
    key.refresh_from_db()
    assert answer.status_code == 302
    assert (key.name, key.owner, key.rate_per_minute, key.secret_hash) == ("hourly", program, 5, before)
    assert key.permissions == ["inventory.view_item", "inventory.view_location"]


def test_rotating_asks_first_and_shows_the_new_text(client, key):
    do = url("apikey_do", key.pk, "rotate")
    assert client.get(do).status_code == 405
    before = key.secret_hash
    assert "stays good for a day" in client.post(do).content.decode()
    key.refresh_from_db()
    assert key.secret_hash == before
    page = client.post(do, {"confirmed": "yes"})
    key.refresh_from_db()
    assert (len(set(KEY.findall(page.content.decode()))), key.previous_hash) == (1, before)


def test_revoking_is_for_good(client, key):
    client.post(url("apikey_do", key.pk, "revoke"), {"confirmed": "yes", "_reason": "laptop stolen"})
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client.post(url("apikey_change", key.pk), _form()).status_code == 403
    change = reads.of_object(key)[0]
    assert (change.reason, change.actor.split(" ")[0]) == ("laptop stolen", "Ada")
    assert SecurityEvent.objects.filter(kind=SecurityEventKind.KEY_REVOKED).count() == 1


def test_security_events_are_shown_and_never_changed(client, ada, key):
    page = client.get(url("securityevent_changelist")).content.decode()
    assert "key created" in page.lower()
    assert "permissions: inventory.view_item" in page
    event = SecurityEvent.objects.first()
    assert client.get(url("securityevent_change", event.pk)).status_code == 200
    assert client.post(url("securityevent_change", event.pk), {}).status_code == 403


def test_a_suppliers_person_is_linked_on_their_own_page(client, ada):
    person = UserFactory(role=Role.SUPPLIER, is_staff=False, name="Ben")
    supplier = Supplier.objects.create(code="ONE", name="One")
    page = url("user_change", person.pk)
    assert "supplier_contact-TOTAL_FORMS" in client.get(page).content.decode()
    assert "supplier_contact-TOTAL_FORMS" not in client.get(url("user_change", UserFactory().pk)).content.decode()
    answer = client.post(
        page,
        {
            "email": person.email, "name": "Ben", "role": "supplier", "is_active": "on",
            "supplier_contact-TOTAL_FORMS": 1, "supplier_contact-INITIAL_FORMS": 0,
            "supplier_contact-0-supplier": supplier.pk, "supplier_contact-0-user": person.pk,
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.content
    assert SupplierContact.objects.get().supplier == supplier
