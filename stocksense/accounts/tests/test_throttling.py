"""Limits on API calls: exact under load, said in headers, and never in anybody's way by mistake."""

from datetime import timedelta

import pytest

from stocksense.accounts.keys import services
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.conftest import Program, in_parallel
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import clock, redis

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def caller(settings) -> Program:
    user = UserFactory(role=Role.ADMIN)
    program = Program()
    program.login(user)
    program.user = user
    settings.API_LIMITS = {"user": "20/min", "key": "10/min", "anonymous": "5/min"}
    return program


def test_of_sixty_calls_at_twenty_a_minute_exactly_twenty_succeed(caller, either_redis):
    answers = in_parallel(lambda _: caller.get("auth/me"), 60)
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 40
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_attempts"
    assert 0 < int(refused["Retry-After"]) <= 60


def test_answers_say_what_is_left(caller):
    answer = caller.get("auth/me")
    assert answer["RateLimit-Policy"] == '"user";q=20;w=60'
    assert answer["RateLimit"] in ('"user";r=19;t=60', '"user";r=19;t=59')
    for _ in range(19):
        caller.get("auth/me")
    refused = caller.get("auth/me")
    assert refused.status_code == 429
    assert refused["RateLimit"].startswith('"user";r=0;t=')


def test_each_user_and_each_key_has_a_count_of_its_own(caller):
    other = Program()
    other.login(UserFactory())
    _, text = services.create_key(
        owner=caller.user, name="x", permissions=[], expires_at=clock.now() + timedelta(days=1), actor=caller.user,
        rate_per_minute=3,
    )  # fmt: skip
    program = Program()
    program.bearer = text
    answers = [program.get("auth/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"user";q=20;w=60, "key";q=3;w=60'
    assert caller.get("auth/me")["RateLimit"].startswith('"user";r=16;')  # the refused call counted nowhere
    assert other.get("auth/me")["RateLimit"].startswith('"user";r=19;')


def test_a_scope_has_a_count_of_its_own(caller, settings):
    settings.API_SCOPE_LIMITS = {**settings.API_SCOPE_LIMITS, "ticket": "2/min"}
    answers = [caller.post("auth/ticket") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[0]["RateLimit-Policy"] == '"user";q=20;w=60, "ticket";q=2;w=60'
    assert caller.get("auth/me").status_code == 200


def test_visitors_are_counted_by_address(caller):
    visitor, other = Program(), Program()
    answers = [visitor.post("auth/refresh", {"refresh": "x"}).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert other.post("auth/refresh", {"refresh": "x"}).status_code == 401


def test_a_token_that_is_not_good_any_more_counts_against_nobody(caller, either_redis):
    ended = caller.bearer
    caller.get("auth/me")
    caller.post("auth/logout")
    assert [caller.get("auth/me", bearer=ended).status_code for _ in range(3)] == [401] * 3
    caller.login(caller.user)
    assert caller.get("auth/me")["RateLimit"].startswith('"user";r=17;')  # two calls before, this one


def test_a_call_by_token_is_one_round_trip_of_redis(caller, monkeypatch):
    caller.get("auth/me")
    scripts = []
    real = redis._run
    monkeypatch.setattr(redis, "_run", lambda *words: scripts.append(words[1]) or real(*words))
    assert caller.get("auth/me")["RateLimit"].startswith('"user";r=18;')
    assert len(scripts) == 1
