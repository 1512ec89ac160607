"""Programs of people with a second factor: a challenge, one code, tokens."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from stocksense.accounts.models import OneTimeToken, SecurityEvent, TokenFamily, User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.conftest import Program, in_parallel
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CompanySettings
from stocksense.core import clock

pytestmark = pytest.mark.django_db(transaction=True)


class Owner:
    def __init__(self) -> None:
        self.user = UserFactory(role=Role.APPROVER)
        self.secret = generate_totp_secret()
        TOTP.activate(self.user, self.secret)
        self.recovery = RecoveryCodes.activate(self.user).get_unused_codes()
        self.program = Program()

    def code(self) -> str:
        if time.time() % 30 > 26:  # a code that is about to change is waited out
            time.sleep(4.5)
        return format_hotp_value(hotp_value(self.secret, int(time.time()) // 30))

    def challenge(self) -> str:
        answer = self.program.login(self.user)
        assert answer.status_code == 202, answer.content
        assert set(answer.json()) == {"challenge", "expires_in", "methods"}
        assert answer.json()["methods"] == ["totp", "recovery_codes"]
        return answer.json()["challenge"]

    def answer(self, challenge: str, code: str):
        return self.program.post("auth/login/mfa", {"challenge": challenge, "code": code})


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_a_code_of_the_app_completes_the_sign_in(owner, either_redis):
    answer = owner.answer(owner.challenge(), owner.code())
    assert answer.status_code == 200, answer.content
    owner.program.keep(answer)
    assert owner.program.get("auth/me").json()["id"] == owner.user.pk
    assert TokenFamily.objects.get().second_factor


def test_a_challenge_and_a_code_are_good_once(owner, either_redis):
    first, second, code = owner.challenge(), owner.challenge(), owner.code()
    assert owner.answer(first, code).status_code == 200
    assert owner.answer(first, owner.recovery[0]).status_code == 401
    assert owner.answer(second, code).status_code == 401
    assert owner.answer(second, owner.recovery[0]).status_code == 200
    assert owner.answer(owner.challenge(), owner.recovery[0]).status_code == 401
    assert TokenFamily.objects.count() == 2


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_of_many_who_show_one_code_at_once_one_is_let_in(owner, kind, settings):
    settings.SIGN_IN_LIMITS = {**settings.SIGN_IN_LIMITS, "second_factor": ["100/min"]}
    challenges = [owner.challenge() for _ in range(8)]
    code = owner.code() if kind == "totp" else owner.recovery[3]
    answers = in_parallel(lambda n: owner.answer(challenges[n], code), 8)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


def test_of_many_who_show_one_challenge_at_once_one_is_let_in(owner, settings):
    settings.SIGN_IN_LIMITS = {**settings.SIGN_IN_LIMITS, "second_factor": ["100/min"]}
    challenge = owner.challenge()
    answers = in_parallel(lambda n: owner.answer(challenge, owner.recovery[n]), 6)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5
    assert len(RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()) == 9


def test_codes_cannot_be_guessed(owner):
    challenges = [owner.challenge() for _ in range(5)]
    answers = in_parallel(lambda n: owner.answer(challenges[n % 5], f"{n:06}"), 50)
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 0
    assert SecurityEvent.objects.filter(kind="second_factor_refused").count() == 5
    late = owner.answer(challenges[0], owner.code())
    assert late.status_code in {401, 429}


def test_a_challenge_ends_after_three_wrong_codes(owner, settings):
    settings.SIGN_IN_LIMITS = {**settings.SIGN_IN_LIMITS, "second_factor": ["100/min"]}
    challenge = owner.challenge()
    assert [owner.answer(challenge, "000000").status_code for _ in range(3)] == [401] * 3
    assert owner.answer(challenge, owner.recovery[0]).status_code == 401
    assert not OneTimeToken.objects.filter(kind="mfa_challenge").exists()


def test_a_challenge_ends_with_time_and_with_the_password(owner):
    late, changed = owner.challenge(), owner.challenge()
    OneTimeToken.objects.filter(pk=OneTimeToken.objects.earliest("pk").pk).update(
        expires_at=clock.now() - timedelta(seconds=1)
    )
    assert owner.answer(late, owner.recovery[0]).status_code == 401
    user = User.objects.get(pk=owner.user.pk)
    user.set_password("another long pass phrase")
    user.save()
    assert owner.answer(changed, owner.recovery[0]).status_code == 401
    assert not TokenFamily.objects.exists()


def test_a_challenge_opens_nothing_by_itself(owner):
    assert owner.program.get("auth/me", bearer=owner.challenge()).status_code == 401
    assert owner.program.post("auth/refresh", {"refresh": owner.challenge()}).status_code == 401


def test_where_the_role_needs_a_second_factor_a_password_alone_is_refused():
    CompanySettings.objects.update(second_factor_roles=["approver"])
    answer = Program().login(UserFactory(role=Role.APPROVER))
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing")
    assert "set up an authenticator app" in answer.json()["detail"]
    assert not TokenFamily.objects.exists()
    assert Program().login(UserFactory(role=Role.PLANNER)).status_code == 200
