"""What signed-in people prove once more is counted by the one limiter, with Redis and without."""

import pytest
from allauth.account import app_settings
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django_redis.exceptions import ConnectionInterrupted

from stocksense.accounts.tests.factories import PASSWORD
from stocksense.accounts.tests.pages.conftest import code, confirmed, is_signed_in, signed_in, with_app, wrong_code

pytestmark = pytest.mark.django_db
NEW = "Four dull horses, 3 lakes"
REFUSED = 429


@pytest.fixture(params=["redis", "no redis"], autouse=True)
def either(request, monkeypatch):
    """Each test as things are, and with neither a cache nor a limiter in Redis."""
    if request.param == "redis":
        return
    request.getfixturevalue("no_redis")

    def gone(*_, **__):
        raise ConnectionInterrupted(None)

    for name in ("add", "get", "set", "delete"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, gone)


def changed(client, old: str, new: str = NEW):
    return client.post("/account/password/", {"oldpassword": old, "password1": new, "password2": new})


def test_allauth_counts_nothing_itself():
    assert app_settings.RATE_LIMITS == {}


def test_a_password_is_changed_by_whoever_knows_it(ada):
    client = confirmed(signed_in(ada))
    assert changed(client, PASSWORD).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_guesses_at_the_present_password_are_few(ada):
    client = confirmed(signed_in(ada))
    assert [changed(client, f"guess {number}").status_code for number in range(6)] == [200] * 5 + [REFUSED]
    assert changed(client, PASSWORD).status_code == REFUSED
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_guesses_when_confirming_who_it_is_are_few(ada):
    client = signed_in(ada)
    guesses = [client.post("/account/confirm/", {"password": f"guess {number}"}).status_code for number in range(6)]
    assert guesses == [200] * 5 + [REFUSED]


def test_an_app_is_set_up_and_signs_in(ada):
    client = confirmed(signed_in(ada))
    client.get("/account/two-factor/app/")
    secret = client.session["mfa.totp.secret"]
    assert client.post("/account/two-factor/app/", {"code": code(secret=secret)}).status_code == 302
    assert Authenticator.objects.filter(user=ada, type="totp").exists()


def test_codes_are_tried_a_few_times_when_an_app_is_set_up(ada):
    client = confirmed(signed_in(ada))
    client.get("/account/two-factor/app/")
    answers = [client.post("/account/two-factor/app/", {"code": "12345"}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [REFUSED]
    assert not Authenticator.objects.filter(user=ada).exists()


def test_codes_after_the_password_are_tried_a_few_times(ada):
    client = signed_in(with_app(ada))
    answers = [client.post("/account/two-factor/sign-in/", {"code": wrong_code()}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [REFUSED]
    assert not is_signed_in(client)


def test_passkeys_that_confirm_who_it_is_are_tried_a_few_times(ada):
    Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Key", "credential": {}})
    client = Client()
    client.force_login(ada)
    answers = [client.post("/account/passkeys/confirm/", {"credential": '{"id": 1}'}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [REFUSED]
