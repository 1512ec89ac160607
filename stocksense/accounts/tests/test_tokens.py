"""Tokens of programs: sign-in, rotation, and everything that ends them at once."""

import dataclasses
import hashlib
import threading
import time

import pytest
from django.db import connection, transaction

from stocksense.accounts import principals, services
from stocksense.accounts.errors import CredentialRefused
from stocksense.accounts.models import SecurityEvent, TokenFamily, User
from stocksense.accounts.principals import cache
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.tests.conftest import PASSWORD, Program, in_parallel
from stocksense.accounts.tests.factories import UserFactory
from stocksense.accounts.tokens import claims
from stocksense.accounts.tokens.families import MOST_PER_USER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def planner():
    return UserFactory(role=Role.PLANNER)


def refused(answer, status: int, code: str) -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_a_program_signs_in_and_hears_who_it_is(program, planner):
    answer = program.login(planner)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access", "refresh", "token_type", "expires_in", "refresh_expires_at"}
    assert answer.json()["expires_in"] == 3600
    me = program.get("auth/me").json()
    assert (me["id"], me["email"], me["role"], me["kind"]) == (planner.pk, planner.email, "planner", "person")
    assert me["credential"] == {"kind": "jwt", "id": str(TokenFamily.objects.get().pk)}
    assert "planning.decide" in me["permissions"]
    assert "planning.approve_over_limit" not in me["permissions"]


def test_wrong_and_unknown_look_the_same(program, planner):
    wrong = program.login(planner, "not this one at all")
    unknown = program.post("auth/login", {"email": "nobody@example.com", "password": PASSWORD})
    refused(wrong, 401, "invalid_credentials")
    assert {k: v for k, v in wrong.json().items() if k != "request_id"} == {
        k: v for k, v in unknown.json().items() if k != "request_id"
    }


@pytest.mark.parametrize("body", [{}, {"email": "a@b.c"}, {"email": "a@b.c", "password": "x", "otp": "1"}])
def test_a_sign_in_that_is_not_one_is_refused_as_such(program, body):
    answer = program.post("auth/login", body)
    refused(answer, 400, "invalid")
    assert answer.json()["errors"][0]["pointer"] in {"/email", "/otp", "/password"}


def test_without_a_credential_the_answer_asks_for_one(program):
    answer = program.get("auth/me")
    refused(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_refresh_token_is_good_once(program, planner, either_redis):
    program.login(planner)
    first = program.tokens
    program.keep(program.post("auth/refresh", {"refresh": first["refresh"]}))
    assert program.get("auth/me").status_code == 200
    again = program.post("auth/refresh", {"refresh": first["refresh"]})
    refused(again, 401, "credential_refused")
    refused(program.get("auth/me"), 401, "authentication_failed")
    refused(program.post("auth/refresh", {"refresh": program.tokens["refresh"]}), 401, "credential_refused")
    event = SecurityEvent.objects.get(kind="refresh_reused")
    family = TokenFamily.objects.get()
    assert (event.user_id, event.address, event.detail) == (
        planner.pk, program.address, {"family": family.pk, "used": 1, "newest": 2},
    )  # fmt: skip
    assert family.end_reason == "refresh_reused"


def test_of_sixteen_refreshes_of_one_token_exactly_one_succeeds(program, planner, either_redis):
    program.login(planner)
    other = Program()
    other.login(planner)
    answers = in_parallel(lambda _: program.post("auth/refresh", {"refresh": program.tokens["refresh"]}), 16)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 15
    assert SecurityEvent.objects.filter(kind="refresh_reused").count() == 1
    won = next(answer for answer in answers if answer.status_code == 200).json()
    refused(program.get("auth/me", bearer=won["access"]), 401, "authentication_failed")
    assert other.get("auth/me").status_code == 200  # another sign-in of the same person lives on


def test_logout_ends_one_sign_in_at_once(program, planner, either_redis):
    other = Program()
    program.login(planner)
    other.login(planner)
    assert program.get("auth/me").status_code == 200
    assert program.post("auth/logout").status_code == 204
    refused(program.get("auth/me"), 401, "authentication_failed")
    refused(program.post("auth/refresh", {"refresh": program.tokens["refresh"]}, bearer=""), 401, "credential_refused")
    assert other.get("auth/me").status_code == 200


def test_logout_by_a_refresh_token_alone(program, planner):
    program.login(planner)
    assert program.post("auth/logout", {"refresh": program.tokens["refresh"]}, bearer="").status_code == 204
    refused(program.get("auth/me"), 401, "authentication_failed")
    refused(Program().post("auth/logout"), 401, "not_authenticated")


def by_logout_all(user, program):
    assert program.post("auth/logout-all").status_code == 204


def by_end_access(user, program):
    services.end_access(user=user, reason="test")


def by_new_password(user, program):
    user = User.objects.get(pk=user.pk)
    user.set_password("another long pass phrase")
    user.save()


def by_deactivation(user, program):
    user = User.objects.get(pk=user.pk)
    user.is_active = False
    user.save(update_fields=["is_active"])


def by_new_role(user, program):
    assign_role(user=user, role=Role.VIEWER)


def by_deletion(user, program):
    User.objects.get(pk=user.pk).delete()


WAYS = [by_logout_all, by_end_access, by_new_password, by_deactivation, by_new_role, by_deletion]


@pytest.mark.parametrize("end", WAYS)
def test_access_ends_at_once(end, planner, either_redis):
    programs = [Program(), Program()]
    for program in programs:
        program.login(planner)
        assert program.get("auth/me").status_code == 200
    end(planner, programs[0])
    for program in programs:
        refused(program.get("auth/me"), 401, "authentication_failed")
        refused(
            program.post("auth/refresh", {"refresh": program.tokens["refresh"]}, bearer=""), 401, "credential_refused"
        )


def test_access_ends_at_once_when_redis_goes_away_before_the_change(planner, settings):
    program = Program()
    program.login(planner)
    assert program.get("auth/me").status_code == 200
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    services.end_access(user=planner, reason="test")
    refused(program.get("auth/me"), 401, "authentication_failed")


def test_a_new_role_counts_with_the_next_sign_in(program, planner):
    program.login(planner)
    assign_role(user=planner, role=Role.APPROVER)
    program.login(planner)
    assert "planning.approve_over_limit" in program.get("auth/me").json()["permissions"]


def test_what_was_read_before_a_change_is_not_remembered_after_it(planner, monkeypatch):
    """A reader that is slow between its query and its note must not bring an ended access back."""
    program = Program()
    program.login(planner)
    cache.forget(f"user:{planner.pk}")
    read, changed = threading.Event(), threading.Event()
    load = principals._load

    def slow(*args, **options):
        record = load(*args, **options)
        read.set()
        assert changed.wait(20)
        return record

    monkeypatch.setattr(principals, "_load", slow)
    results = []

    def reader():
        results.append(principals.of_user(planner.pk))
        connection.close()

    thread = threading.Thread(target=reader)
    thread.start()
    assert read.wait(20)
    monkeypatch.setattr(principals, "_load", load)
    services.end_access(user=planner, reason="test")
    changed.set()
    thread.join(20)
    assert results[0].token_version < principals.of_user(planner.pk).token_version
    refused(program.get("auth/me"), 401, "authentication_failed")


def test_one_of_many_readers_fills_what_all_missed(planner):
    cache.forget(f"user:{planner.pk}")
    misses = [cache.read(f"user:{planner.pk}") for _ in range(3)]
    assert [bool(miss.token) for miss in misses] == [True, False, False]
    assert not cache.fill(misses[1], b"{}")
    assert cache.fill(misses[0], b'{"n": 1}')
    assert cache.read(f"user:{planner.pk}") == b'{"n": 1}'


def test_a_forgetting_that_is_lost_lets_nobody_in_for_longer_than_the_memory_lasts(planner, monkeypatch):
    program = Program()
    program.login(planner)
    program.get("auth/me")
    monkeypatch.setattr(cache, "forget", lambda *names: False)
    services.end_access(user=planner, reason="test")
    monkeypatch.undo()
    from stocksense.core import redis

    left = redis.guarded(lambda client: client.pttl(f"principal:user:{planner.pk}"))
    assert 0 < left <= cache.SECONDS * 1000 == 30_000
    fresh = Program()  # a token of the new version shows that what is remembered is old
    fresh.login(planner)
    assert fresh.get("auth/me").status_code == 200
    refused(program.get("auth/me"), 401, "authentication_failed")


def test_nothing_is_forgotten_for_a_change_that_is_rolled_back(program, planner):
    program.login(planner)
    with transaction.atomic():
        services.end_access(user=planner, reason="test")
        transaction.set_rollback(True)
    assert program.get("auth/me").status_code == 200


def test_a_password_changed_between_its_check_and_the_tokens_gives_none(planner, monkeypatch):
    from stocksense.accounts.tokens import sign_in

    start = sign_in.start_family

    def changed_meanwhile(**options):
        by_new_password(planner, None)
        return start(**options)

    monkeypatch.setattr(sign_in, "start_family", changed_meanwhile)
    refused(Program().login(planner), 401, "invalid_credentials")
    assert not TokenFamily.objects.exists()


def test_one_sign_in_too_many_ends_the_oldest(planner):
    first = Program()
    first.login(planner)
    for _ in range(MOST_PER_USER - 1):
        last = Program()
        last.login(planner)
    assert first.get("auth/me").status_code == 200
    Program().login(planner)
    refused(first.get("auth/me"), 401, "authentication_failed")
    assert last.get("auth/me").status_code == 200
    assert TokenFamily.objects.filter(ended_at=None).count() == MOST_PER_USER


def test_a_request_with_a_token_reads_redis_once_and_the_database_not_at_all(planner, django_assert_num_queries):
    from stocksense.accounts import credentials

    program = Program()
    program.login(planner)
    credentials.of_bearer(program.bearer)
    with django_assert_num_queries(0):
        found = credentials.of_bearer(program.bearer)
        assert found.user.has_perm("planning.decide")
        assert not found.user.has_perm("planning.approve_over_limit")
        assert found.user.is_authenticated
    read = User.objects.get(pk=planner.pk)
    for name in ("pk", "is_active", "is_staff", "is_superuser", "kind", "token_version"):
        assert getattr(found.user, name) == getattr(read, name)
    with django_assert_num_queries(1):
        assert found.user.email == planner.email


def test_a_superuser_may_everything_and_an_inactive_one_nothing():
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    found = principals.user_object(principals.of_user(root.pk))
    assert found.has_perm("planning.approve_over_limit")
    assert "planning.approve_over_limit" in found.get_all_permissions()
    User.objects.filter(pk=root.pk).update(is_active=False)
    assert not principals.user_object(principals.of_user(root.pk, fresh=True)).has_perm("planning.decide")


def test_without_redis_one_query_tells_all(planner, no_redis, django_assert_num_queries):
    from stocksense.accounts import credentials

    program = Program()
    program.login(planner)
    with django_assert_num_queries(1):
        assert credentials.of_bearer(program.bearer).user.has_perm("planning.decide")


def test_a_remembered_token_is_not_good_beyond_its_time(program, planner):
    program.login(planner)
    said = claims.access(program.bearer)
    assert claims.access(program.bearer) is said
    token = claims.Access(program.bearer.encode())
    token["exp"] = int(time.time()) - 60
    old = str(token)
    name = (hashlib.blake2b(old.encode(), digest_size=32).digest(), claims.keys())
    claims._verified.put(name, dataclasses.replace(said, expires_at=time.time() - 60))
    with pytest.raises(CredentialRefused):
        claims.access(old)


def test_a_remembered_token_is_not_good_once_its_key_is_dropped(program, planner, settings):
    program.login(planner)
    assert claims.access(program.bearer).user_id == planner.pk
    settings.JWT_KEYS = ["another key of more than 32 characters"]
    with pytest.raises(CredentialRefused):
        claims.access(program.bearer)


def test_of_a_remembered_token_nothing_else_is_taken_for_it(program, planner):
    program.login(planner)
    claims.access(program.bearer)
    head, body, signature = program.bearer.split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged in (f"{head}.{body}.{flipped}", f"{head}.{body}.", f"{program.bearer}x", program.bearer[:-2]):
        with pytest.raises(CredentialRefused):
            claims.access(forged)
