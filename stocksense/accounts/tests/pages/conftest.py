"""People in browsers."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from stocksense.accounts.tests.factories import PASSWORD, UserFactory
from stocksense.company.models import CompanySettings

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def nothing_counted_before(db):
    """Limits and used codes of earlier tests are forgotten."""
    cache.clear()


@pytest.fixture
def ada():
    """A viewer with a password."""
    return UserFactory(name="Ada Byron")


@pytest.fixture
def mails(mailoutbox, django_capture_on_commit_callbacks):
    """Call with a function: runs it, delivers what it left for after the commit, and returns the new mails."""

    def sent_by(act):
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return mailoutbox[before:]

    return sent_by


def signed_in(user, client=None, **headers) -> Client:
    """A browser in which this person has given their password."""
    client = client or Client(headers=headers)
    client.post("/account/sign-in/", {"login": user.email, "password": PASSWORD})
    return client


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def confirmed(client) -> Client:
    """The same browser after the person confirmed who they are."""
    client.post("/account/confirm/", {"password": PASSWORD})
    return client


def with_app(user):
    """The same person with an authenticator app whose secret is `SECRET`."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def code(at: float | None = None, secret: str = SECRET) -> str:
    """What the app shows."""
    return format_hotp_value(hotp_value(secret, int(at or time.time()) // 30))


def wrong_code() -> str:
    now = time.time()
    shown = {code(now + 30 * step) for step in (-1, 0, 1)}
    return next(text for text in ("000000", "111111", "222222", "333333") if text not in shown)


def recovery_codes(user) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def require_of(*roles) -> None:
    """The company's setting."""
    CompanySettings.objects.filter(pk=1).update(second_factor_roles=[role.value for role in roles])
