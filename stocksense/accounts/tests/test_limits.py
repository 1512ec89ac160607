"""The limiter: exact counts whoever asks at once, in Redis and in the database."""

import itertools
import threading

import pytest

from stocksense.accounts import limits
from stocksense.accounts.limits import Limit, bucket, database_store
from stocksense.accounts.models import LimitBucket
from stocksense.accounts.tests.conftest import in_parallel
from stocksense.core import redis

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = itertools.count()


@pytest.fixture(params=["redis", "database"])
def store(request, settings) -> str:
    """Redis as it is, or nobody at its address."""
    if request.param == "database":
        settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    return request.param


def a_limit(calls: int, seconds: int = 60) -> Limit:
    return Limit(bucket("test", next(NUMBERS)), calls, seconds)


def test_of_sixty_calls_at_once_exactly_twenty_are_allowed(store):
    limit = a_limit(20)
    results = in_parallel(lambda _: limits.take([limit]), 60)
    assert sum(taken.allowed for taken in results) == 20
    assert {taken.in_redis for taken in results} == {store == "redis"}
    assert sorted(taken.standings[0].remaining for taken in results if taken.allowed) == list(range(20))


def test_a_refused_call_says_when_to_come_back_and_counts_nowhere(store):
    narrow, wide = a_limit(1), a_limit(5)
    assert limits.take([narrow, wide]).allowed
    refused = limits.take([narrow, wide])
    assert not refused.allowed
    assert 58 <= refused.retry_after <= 60
    assert [standing.remaining for standing in refused.standings] == [0, 4]
    assert limits.take([wide]).standings[0].remaining == 3


def test_calls_leave_the_window_one_by_one(store):
    limit = a_limit(2, seconds=1)
    assert limits.take([limit]).allowed
    threading.Event().wait(0.6)
    assert limits.take([limit]).allowed
    refused = limits.take([limit])
    assert not refused.allowed
    assert 0 < refused.standings[0].reset_seconds <= 0.4
    threading.Event().wait(0.45)
    assert limits.take([limit]).allowed
    assert not limits.take([limit]).allowed


def test_a_call_given_back_leaves_its_place_free(store):
    limit = a_limit(2)
    first = limits.take([limit])
    limits.take([limit])
    limits.give_back(first)
    limits.give_back(first)
    assert limits.take([limit]).standings[0].remaining == 0
    refused = limits.take([limit])
    limits.give_back(refused)
    assert not limits.take([limit]).allowed


def test_cleared_buckets_are_empty(store):
    limit = a_limit(1)
    limits.take([limit])
    limits.clear([limit.key])
    assert limits.take([limit]).allowed


def test_two_limits_taken_in_either_order_by_many_wait_for_each_other_and_never_lock_up(store):
    one, two = a_limit(20), a_limit(20)
    results = in_parallel(lambda n: limits.take([one, two] if n % 2 else [two, one]), 40)
    assert sum(taken.allowed for taken in results) == 20


def test_a_redis_that_does_not_answer_is_left_alone_for_a_moment(settings, monkeypatch):
    settings.REDIS_URL = "unix:///nonexistent/other.sock"
    with pytest.raises(redis.UNREACHABLE):
        redis.run("return 1", keys=[], arguments=[])
    with pytest.raises(redis.RedisPaused):
        redis.run("return 1", keys=[], arguments=[])
    monkeypatch.setattr(redis, "_down_until", {settings.REDIS_URL: 0.0})
    with pytest.raises(redis.UNREACHABLE) as caught:
        redis.run("return 1", keys=[], arguments=[])
    assert not isinstance(caught.value, redis.RedisPaused)


def test_a_bucket_names_no_address_and_no_account():
    assert "ada@example.com" not in bucket("account", "ada@example.com")
    assert bucket("account", "ada", "b") != bucket("account", "ada|b", "")


def test_buckets_in_which_nothing_counts_are_removed(settings):
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    limits.take([a_limit(5, seconds=1)])
    limits.take([a_limit(5, seconds=600)])
    threading.Event().wait(1.1)
    assert database_store.remove_expired() == 1
    assert LimitBucket.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "rate"), [("20/min", (20, 60)), ("5/300s", (5, 300)), ("10/h", (10, 3600)), ("3/2d", (3, 172800))]
)
def test_rates_are_written_as_people_say_them(text, rate):
    assert limits.parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "5", "x/min", "5/", "5/fortnight", "0/min", "5/0s", "5/min/user"])
def test_a_rate_that_means_nothing_is_refused(text):
    with pytest.raises(ValueError, match=r"is no rate|allows nothing"):
        limits.parse_rate(text)
