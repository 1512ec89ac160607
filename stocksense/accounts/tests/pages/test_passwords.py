"""Passwords: what they must be like, and links that set them."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.test import Client
from kombu.exceptions import OperationalError

from stocksense.accounts import links, services, tasks
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import PASSWORD, UserFactory
from stocksense.accounts.tests.pages.conftest import is_signed_in, signed_in

GUESSED = "“password” with digits or signs around it is guessed quickly. Use several unrelated words."
NEW = "Four dull horses, 3 lakes"
RESET = "/account/password/reset/"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("Short-1", ["This password is too short. It must contain at least 12 characters."]),
        ("lowercase-words-7", ["Add an upper-case letter."]),
        ("Nineteen ravens", ["Add a digit."]),
        ("NINETEEN7RAVENS", ["Add a lower-case letter and a sign such as ! - or a space."]),
        ("nineteenravens", ["Add an upper-case letter, a digit and a sign such as ! - or a space."]),
        (
            "Password1234!",
            [GUESSED],
        ),
        (
            "P@ssw0rd-2026",
            [GUESSED.replace("password", "p@ssw0rd")],
        ),
        ("Aa1!Aa1!Aa1!Aa1!", ["Use at least 5 different characters."]),
        ("Ada.Byron-1815", ["The password is too similar to the name."]),
        ("Aa1!" + "xyzuvw" * 43, ["Use at most 256 characters."]),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(password, told):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(email="countess@example.com", name="Ada Byron"))
    assert refused.value.messages == told


@pytest.mark.parametrize("password", [NEW, "Nine-ravens-7", "Дуб-Кедр-Сосна 9", "x" * 8 + "Yz-123456abc"])
def test_a_good_password_is_taken(password):
    validate_password(password, User(email="countess@example.com", name="Ada Byron"))


def link_in(message) -> str:
    return re.search(r"https?://[^/]+(/account/password/link/\S+)", message.body).group(1)


def ask(client, mails, email):
    answers = []
    sent = mails(lambda: answers.append(client.post(RESET, {"email": email})))
    return answers[0], sent


def set_by_link(link, password=NEW, client=None):
    client = client or Client()
    page = client.get(link, follow=True)
    return page, client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})


def test_a_link_sets_the_password_once_and_ends_every_session(client, ada, mails):
    thief = signed_in(ada)
    answer, sent = ask(client, mails, ada.email.upper())
    assert (answer.url, [message.to for message in sent]) == ("/account/password/reset/sent/", [[ada.email]])
    changed = mails(lambda: set_by_link(link_in(sent[0])))
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert [message.subject for message in changed] == ["Your StockSense password was changed"]
    assert thief.get("/account/").status_code == 302
    page, _ = set_by_link(link_in(sent[0]), "Other-words-77 here")
    assert b"This link no longer works" in page.content
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_the_link_leads_nowhere_signed_in(client, ada, mails):
    _, sent = ask(client, mails, ada.email)
    set_by_link(link_in(sent[0]), client=client)
    assert not is_signed_in(client)


def test_asking_tells_nobody_who_has_an_account(client, ada, mails, django_assert_num_queries):
    UserFactory(email="gone@example.com", is_active=False)
    answers = [ask(client, mails, email) for email in (ada.email, "nobody@example.com", "gone@example.com")]
    assert [len(sent) for _, sent in answers] == [1, 0, 0]
    assert {(answer.status_code, answer.url, answer.content) for answer, _ in answers} == {
        (302, "/account/password/reset/sent/", b"")
    }
    for email in (ada.email, "nobody@example.com"):
        with django_assert_num_queries(1):  # the company's settings; the worker looks for the person
            client.post(RESET, {"email": email})


@pytest.mark.parametrize(("age", "works"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)])
def test_a_reset_link_ends_after_an_hour(ada, monkeypatch, age, works):
    token = links.PasswordLinks().make_token(ada)
    later = links.PasswordLinks()._now() + age
    monkeypatch.setattr(links.PasswordLinks, "_now", lambda self: later)
    assert links.PasswordLinks().check_token(ada, token) is works


@pytest.mark.parametrize(("age", "works"), [(timedelta(days=6), True), (timedelta(days=8), False)])
def test_an_invitation_ends_after_a_week(monkeypatch, age, works):
    invited = User.objects.create_user("new@example.com")
    token = links.PasswordLinks().make_token(invited)
    later = links.PasswordLinks()._now() + age
    monkeypatch.setattr(links.PasswordLinks, "_now", lambda self: later)
    assert links.PasswordLinks().check_token(invited, token) is works


def test_a_link_ends_with_the_address_the_access_and_the_next_sign_in(ada):
    def token():
        return links.PasswordLinks().make_token(ada)

    def good(text):
        return links.PasswordLinks().check_token(User.objects.get(pk=ada.pk), text)

    first = token()
    assert good(first)
    User.objects.filter(pk=ada.pk).update(email="new@example.com")
    assert not good(first)
    ada.refresh_from_db()
    second = token()
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert not good(second)
    User.objects.filter(pk=ada.pk).update(is_active=True)
    signed_in(ada)
    assert not good(second)
    assert not good("")
    assert not good("abc-def")


def test_mails_link_to_the_deployments_address_whatever_host_was_asked(ada, mails, settings):
    settings.PUBLIC_URL = "https://stock.example.com"
    poisoned = Client(headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    _, sent = ask(poisoned, mails, ada.email)
    assert "https://stock.example.com/account/password/link/" in sent[0].body
    assert "evil" not in sent[0].body


def test_a_host_that_is_not_ours_is_refused_before_any_mail(ada, mails, settings):
    settings.ALLOWED_HOSTS = ["stock.example.com"]
    answer, sent = ask(Client(headers={"host": "evil.example"}), mails, ada.email)
    assert (answer.status_code, sent) == (400, [])


def test_changing_the_password_keeps_this_session_and_ends_the_others(ada, mails):
    own, thief = signed_in(ada), signed_in(ada)
    wrong = own.post("/account/password/", {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
    assert "This is not your current password." in wrong.content.decode()
    given = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    sent = mails(lambda: own.post("/account/password/", given))
    assert [message.subject for message in sent] == ["Your StockSense password was changed"]
    assert [own.get("/account/").status_code, thief.get("/account/").status_code] == [200, 302]
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_the_page_says_what_a_new_password_lacks(ada):
    own = signed_in(ada)
    page = own.post("/account/password/", {"oldpassword": PASSWORD, "password1": "oak", "password2": "oak"})
    text = page.content.decode()
    assert "at least 12 characters" in text
    assert "Add an upper-case letter, a digit and a sign such as ! - or a space." in text
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_an_invited_person_sets_their_password_and_signs_in(mails, rf):
    boss = UserFactory(role=Role.ADMIN, name="Bo Boss")
    new = User.objects.create_user("new@example.com", name="New Person")
    sent = mails(lambda: services.invite(user=new, address="https://stock.example.com", actor=boss))
    assert "Bo Boss made a StockSense account for you." in sent[0].body
    set_by_link(link_in(sent[0]))
    client = Client()
    client.post("/account/sign-in/", {"login": "new@example.com", "password": NEW})
    assert is_signed_in(client)


def test_without_the_queue_mails_are_sent_at_once(ada, mails, monkeypatch):
    monkeypatch.setattr(tasks.send_password_link, "apply_async", _unreachable)
    monkeypatch.setattr(tasks.send_mail, "apply_async", _unreachable)
    answer, sent = ask(Client(), mails, ada.email)
    assert (answer.status_code, len(sent)) == (302, 1)


def test_without_the_queue_and_the_mail_server_pages_are_answered(ada, mails, monkeypatch):
    monkeypatch.setattr(tasks.send_password_link, "apply_async", _unreachable)
    monkeypatch.setattr(tasks.send_mail, "apply_async", _unreachable)
    monkeypatch.setattr(outbox.EmailMessage, "send", _unreachable_server)
    answer, sent = ask(Client(), mails, ada.email)
    assert (answer.status_code, sent) == (302, [])


def _unreachable(*_, **__):
    raise OperationalError


def _unreachable_server(*_, **__):
    raise ConnectionRefusedError


def test_argon2_makes_new_hashes_and_others_are_made_anew_at_sign_in(ada, settings, client):
    from stocksense.settings import identity

    settings.PASSWORD_HASHERS = [*identity.PASSWORD_HASHERS, "django.contrib.auth.hashers.MD5PasswordHasher"]
    signed_in(ada, client)
    assert is_signed_in(client)
    ada.refresh_from_db()
    assert ada.password.startswith("argon2$argon2id$")
    assert client.get("/account/").status_code == 200
