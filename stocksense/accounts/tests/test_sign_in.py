"""People sign in by e-mail, in whatever case it is typed."""

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from stocksense.accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def test_the_case_of_an_address_does_not_matter_when_signing_in():
    user = User.objects.create_user("Ada.Byron@Example.com", PASSWORD)
    assert authenticate(username="ada.byron@example.COM", password=PASSWORD) == user
    assert authenticate(username="ada.byron@example.com", password="wrong") is None


def test_an_address_differing_by_case_is_the_same_person():
    User.objects.create_user("ada@example.com")
    refused = pytest.raises(IntegrityError, match="user_email_unique")
    with refused, transaction.atomic():
        User.objects.create_user("ADA@example.com")
    assert User.objects.count() == 1


def test_a_form_says_so_before_the_database_does():
    User.objects.create_user("ada@example.com")
    with pytest.raises(ValidationError, match="user_email_unique"):
        User(email="ADA@example.com", password="x").full_clean()


def test_a_person_who_is_not_active_cannot_sign_in():
    User.objects.create_user("ada@example.com", PASSWORD, is_active=False)
    assert authenticate(username="ada@example.com", password=PASSWORD) is None


def test_a_person_without_a_password_cannot_sign_in():
    user = User.objects.create_user("ada@example.com")
    assert not user.has_usable_password()
    assert authenticate(username="ada@example.com", password="") is None


def test_a_superuser_opens_the_admin_and_may_do_everything():
    user = User.objects.create_superuser("root@example.com", PASSWORD)
    assert user.is_staff
    assert user.has_perm("planning.approve_over_limit")


@pytest.mark.parametrize(
    ("name", "email", "shown", "short"),
    [("Ada Byron", "ada@example.com", "Ada Byron", "Ada"), ("", "ada@example.com", "ada@example.com", "ada")],
)
def test_a_person_is_shown_by_name_else_by_address(name, email, shown, short):
    user = User(name=name, email=email)
    assert (str(user), user.get_full_name(), user.get_short_name()) == (shown, shown, short)
