"""Signing in: where it leads, what it tells strangers, what it refuses."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import PASSWORD, UserFactory
from stocksense.accounts.tests.pages.conftest import is_signed_in, signed_in

SIGN_IN = "/account/sign-in/"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
]


def test_the_admin_leads_to_the_sign_in_page_and_that_back_to_the_page_asked_for(client, ada):
    first = client.get("/admin/jobs/job/?q=x")
    second = client.get(first.url)
    assert second.url == f"{SIGN_IN}?next=%2Fadmin%2Fjobs%2Fjob%2F%3Fq%3Dx"
    assert b'name="next" value="/admin/jobs/job/?q=x"' in client.get(second.url).content
    done = client.post(SIGN_IN, {"login": ada.email, "password": PASSWORD, "next": "/admin/jobs/job/?q=x"})
    assert done.url == "/admin/jobs/job/?q=x"
    assert client.get(done.url).status_code == 200


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_led_to_another_site(client, ada, wanted):
    asked = client.get("/admin/login/", {"next": wanted})
    assert asked.url.startswith(f"{SIGN_IN}?next=")
    page = client.get(asked.url)
    assert page.status_code == 200
    done = client.post(asked.url, {"login": ada.email, "password": PASSWORD, "next": wanted})
    assert done.url == "/"
    again = client.get("/admin/login/", {"next": wanted})
    assert again.url == "/admin/"
    out = client.post("/account/sign-out/", {"next": wanted})
    assert out.url == SIGN_IN
    assert not is_signed_in(client)


def test_there_is_no_sign_up_and_no_changing_of_addresses(client):
    names = {pattern for pattern in get_resolver().reverse_dict if isinstance(pattern, str)}
    assert {"account_login", "account_logout", "mfa_authenticate"} <= names
    assert not names & {"account_signup", "account_email", "account_signup_by_passkey", "account_confirm_email"}
    for name in ("account_signup", "account_email", "mfa_signup_webauthn"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert client.post("/account/signup/", {"email": "new@example.com"}).status_code == 404
    assert User.objects.count() == 0


def test_strangers_learn_nothing_from_a_refusal(ada):
    UserFactory(email="gone@example.com", is_active=False)
    User.objects.create_user("invited@example.com")
    tries = [(ada.email, "wrong"), ("nobody@example.com", "wrong"), ("gone@example.com", PASSWORD)]
    tries += [("invited@example.com", "wrong"), ("gone@example.com", "wrong")]
    pages = set()
    for email, password in tries:
        client = Client()
        answer = client.post(SIGN_IN, {"login": email, "password": password})
        assert not is_signed_in(client)
        text = answer.content.decode().replace(email, "…")
        pages.add((answer.status_code, re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)))
    assert len(pages) == 1
    assert "do not belong together" in pages.pop()[1]


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com", "gone@example.com", "invited@example.com"])
def test_a_refusal_costs_one_hash_whoever_it_is(client, monkeypatch, email):
    UserFactory(email="ada@example.com")
    UserFactory(email="gone@example.com", is_active=False)
    User.objects.create_user("invited@example.com")
    hashed, encode = [], MD5PasswordHasher.encode

    def counted(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    client.post(SIGN_IN, {"login": email, "password": "wrong password"})
    assert len(hashed) == 1


def test_signing_in_changes_the_session_so_that_a_planted_one_is_worth_nothing(client, ada):
    client.get(SIGN_IN)
    client.session["planted"] = True
    planted = client.session
    planted["mark"] = "attacker"
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    signed_in(ada, client)
    assert is_signed_in(client)
    assert client.session.session_key != planted.session_key
    attacker = Client()
    attacker.cookies["sessionid"] = planted.session_key
    assert attacker.get("/account/").status_code == 302


def test_case_and_spaces_of_the_address_do_not_matter(client, ada):
    client.post(SIGN_IN, {"login": f" {ada.email.upper()} ", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_service_accounts_sign_in_nowhere(client, mails):
    robot = UserFactory(email="erp@example.com", kind="service")
    signed_in(robot, client)
    assert not is_signed_in(client)
    assert mails(lambda: client.post("/account/password/reset/", {"email": robot.email})) == []


def test_suppliers_have_an_account_and_never_the_admin(client):
    supplier = UserFactory(role=Role.SUPPLIER, is_staff=False)
    signed_in(supplier, client)
    assert client.get("/", follow=True).redirect_chain == [("/account/", 302)]
    assert b"My account" in client.get("/account/").content
    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/admin/login/").status_code == 403
    assert client.get("/admin/planning/plannedorder/").status_code == 302


def test_signing_out_needs_a_post_and_ends_the_session(client, ada):
    signed_in(ada, client)
    key = client.session.session_key
    assert client.get("/account/sign-out/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/admin/logout/", follow=True).redirect_chain[-1][0] == SIGN_IN
    thief = Client()
    thief.cookies["sessionid"] = key
    assert thief.get("/account/").status_code == 302


POSTS = {
    "account_login": {"login": "ada@example.com", "password": PASSWORD},
    "account_logout": {},
    "account_reauthenticate": {"password": PASSWORD},
    "account_change_password": {"oldpassword": PASSWORD, "password1": "Nine-7-ravens", "password2": "Nine-7-ravens"},
    "account_set_password": {"password1": "Nine-7-ravens", "password2": "Nine-7-ravens"},
    "account_reset_password": {"email": "ada@example.com"},
    "account_end_other_sessions": {},
    "mfa_authenticate": {"code": "000000"},
    "mfa_reauthenticate": {"code": "000000"},
    "mfa_activate_totp": {"code": "000000"},
    "mfa_deactivate_totp": {},
    "mfa_generate_recovery_codes": {},
    "mfa_login_webauthn": {"credential": "{}"},
    "mfa_reauthenticate_webauthn": {"credential": "{}"},
    "mfa_add_webauthn": {"credential": "{}"},
}


@pytest.mark.parametrize("name", POSTS)
def test_every_form_needs_its_token(name, mails):
    ada = UserFactory(email="ada@example.com")
    strict = Client(enforce_csrf_checks=True)
    if name != "account_login":
        strict.force_login(ada)
    before = User.objects.values("password").get()
    refused = []
    assert mails(lambda: refused.append(strict.post(reverse(name), POSTS[name]))) == []
    assert refused[0].status_code == 403
    assert is_signed_in(strict) is (name != "account_login")
    assert User.objects.values("password").get() == before
