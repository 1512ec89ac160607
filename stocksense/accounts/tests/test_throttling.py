"""Limits on API calls: exact under load, said in headers, and never in anybody's way by mistake."""

from datetime import timedelta

import pytest

from stocksense.accounts import principals
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


@pytest.fixture
def scripts(monkeypatch) -> list[str]:
    """The scripts that Redis is asked to run from now on."""
    found: list[str] = []
    real = redis._run
    monkeypatch.setattr(redis, "_run", lambda *words: found.append(words[1]) or real(*words))
    return found


@pytest.fixture
def with_key(caller) -> Program:
    """A program with a key of the caller's that was used once, at three calls a minute."""
    key, text = services.create_key(
        owner=caller.user, name="x", permissions=[], expires_at=clock.now() + timedelta(days=1), actor=caller.user,
        rate_per_minute=3,
    )  # fmt: skip
    program = Program()
    program.bearer, program.key = text, key
    assert program.get("auth/me")["RateLimit"].startswith('"user";r=19;')
    return program


def left(answer) -> list[int]:
    """Calls left of each limit that the answer tells of."""
    return [int(part.partition(";r=")[2].partition(";")[0]) for part in answer["RateLimit"].split(", ")]


def test_a_call_by_token_is_one_round_trip_of_redis(caller, scripts):
    caller.get("auth/me")
    scripts.clear()
    assert left(caller.get("auth/me")) == [18]
    assert len(scripts) == 1


def test_a_call_by_key_is_one_round_trip_of_redis_from_the_second_on(with_key, scripts):
    assert left(with_key.get("auth/me")) == [18, 1]
    assert len(scripts) == 1
    assert [with_key.get("auth/me").status_code for _ in range(2)] == [200, 429]


def test_a_key_with_another_rate_counts_against_that_one_at_once(with_key, caller):
    services.change_key(key=with_key.key, actor=caller.user, rate_per_minute=7)
    answer = with_key.get("auth/me")
    assert answer["RateLimit-Policy"] == '"user";q=20;w=60, "key";q=7;w=60'
    assert left(answer) == [18, 5]  # both calls count: the bucket is the key's


def test_a_key_that_is_not_good_any_more_counts_against_nobody(either_redis, with_key, caller):
    for wrong in (f"{with_key.bearer[:-4]}AAAA", with_key.bearer[:-1] + "B"):  # (which none ends with)
        assert with_key.get("auth/me", bearer=wrong).status_code == 401
    services.revoke_key(key=with_key.key, actor=caller.user)
    assert [with_key.get("auth/me").status_code for _ in range(2)] == [401, 401]
    assert left(caller.get("auth/me")) == [18]


def test_a_call_by_a_key_that_ran_out_while_it_was_remembered_is_given_back(with_key, caller, monkeypatch):
    later = principals.of_key(with_key.key.public_id).expires_at + 1
    monkeypatch.setattr("stocksense.accounts.credentials.time.time", lambda: later)
    assert with_key.get("auth/me").status_code == 401
    monkeypatch.undo()
    assert left(with_key.get("auth/me")) == [18, 1]
