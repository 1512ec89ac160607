"""Guessing passwords: how many are looked at, and who is kept out by it."""

from time import sleep

import pytest
from django.test import Client

from stocksense.accounts.limits import sign_in
from stocksense.accounts.models import KnownAddress, User
from stocksense.accounts.services.people import set_password
from stocksense.accounts.tests.conftest import PASSWORD, Program, in_parallel
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def looked_at(monkeypatch) -> list:
    """Every look at a password."""
    seen: list = []
    check = User.check_password
    monkeypatch.setattr(User, "check_password", lambda self, raw: (seen.append(raw), check(self, raw))[1])
    set_ = User.set_password  # what is done for an address that is not known
    monkeypatch.setattr(User, "set_password", lambda self, raw: (seen.append(raw), set_(self, raw))[1])
    return seen


def limited(answer) -> bool:
    if answer.status_code != 429:
        return False
    assert 0 < int(answer["Retry-After"]) <= 86_400
    return True


def test_of_fifty_guesses_at_one_account_five_are_looked_at(looked_at, either_redis):
    user = UserFactory()
    looked_at.clear()
    answers = in_parallel(lambda n: Program(f"203.0.113.{n}").login(user, f"guess {n}"), 50)
    assert len(looked_at) == 5
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 45
    assert all(limited(answer) for answer in answers if answer.status_code == 429)
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_of_fifty_guesses_from_one_address_five_are_looked_at(looked_at, either_redis):
    users = [User.objects.create(email=f"many{n}@example.com") for n in range(25)]
    emails = [user.email for user in users] + [f"unknown{n}@example.com" for n in range(25)]
    program = Program()
    answers = in_parallel(lambda n: program.post("auth/login", {"email": emails[n], "password": "guess"}), 50)
    assert len(looked_at) == 5
    assert sum(limited(answer) for answer in answers) == 45


def test_pages_and_api_count_together(looked_at):
    user, page = UserFactory(), Client(REMOTE_ADDR="203.0.113.9")
    looked_at.clear()
    form = {"login": user.email, "password": "guess"}
    assert [page.post("/account/sign-in/", form).status_code for _ in range(3)] == [200] * 3
    program = Program("203.0.113.9")
    assert [program.login(user, "guess").status_code for _ in range(3)] == [401, 401, 429]
    answer = page.post("/account/sign-in/", {**form, "password": PASSWORD})
    assert limited(answer)
    assert b"Too many attempts" in answer.content
    assert len(looked_at) == 5


def test_the_right_password_counts_as_no_failure(looked_at):
    user, program = UserFactory(), Program()
    for _ in range(8):
        assert program.login(user).status_code == 200
    assert [program.login(user, "slip").status_code for _ in range(4)] == [401] * 4
    assert program.login(user).status_code == 200  # earlier slips are forgotten
    assert program.login(user, "slip").status_code == 401


def test_strangers_cannot_lock_a_person_out_of_their_usual_place():
    user, usual = UserFactory(), Program("192.0.2.10")
    assert usual.login(user).status_code == 200
    strangers = [Program(f"203.0.113.{n}").login(user, "guess").status_code for n in range(8)]
    assert strangers == [401] * 5 + [429] * 3
    assert limited(Program("192.0.2.99").login(user))
    assert usual.login(user).status_code == 200
    assert [usual.login(user, "slip").status_code for _ in range(6)] == [401] * 5 + [429]
    assert "192.0.2.10" not in str(list(KnownAddress.objects.values()))
    assert user.email not in str(list(KnownAddress.objects.values()))


def test_one_ipv6_site_is_one_address(looked_at):
    user = UserFactory()
    answers = [Program(f"2001:db8:1:2::{n:x}").post("auth/login", {"email": f"x{n}@y.z", "password": "g"})
               for n in range(1, 8)]  # fmt: skip
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert Program("2001:db8:1:3::1").login(user).status_code == 200


def test_waits_grow(settings):
    settings.SIGN_IN_LIMITS = {**settings.SIGN_IN_LIMITS, "account_and_address": ["2/s", "4/h"]}
    user, program = UserFactory(), Program()
    assert [program.login(user, "g").status_code for _ in range(3)] == [401, 401, 429]
    sleep(1.1)
    assert [program.login(user, "g").status_code for _ in range(2)] == [401, 401]
    sleep(1.1)
    answer = program.login(user)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 3500


def test_a_new_password_by_mail_ends_the_wait():
    user = UserFactory()
    for n in range(6):
        Program(f"203.0.113.{n}").login(user, "guess")
    assert limited(Program("192.0.2.99").login(user))
    set_password(user=user, password="a wholly other phrase", reason="password_reset")
    assert Program("192.0.2.99").login(user, "a wholly other phrase").status_code == 200


def test_addresses_not_seen_for_long_are_forgotten():
    sign_in.succeeded(sign_in.begin(email="a@b.c", address="192.0.2.1"))
    KnownAddress.objects.update(seen_at="2020-01-01T00:00Z")
    sign_in.succeeded(sign_in.begin(email="a@b.c", address="192.0.2.2"))
    assert sign_in.remove_old_addresses() == 1
    assert KnownAddress.objects.count() == 1
