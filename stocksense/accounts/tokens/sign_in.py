"""Signing a program in for a person: password, second factor where there is one, tokens."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest

from stocksense.accounts import events, one_time
from stocksense.accounts.errors import InvalidCredentials, SecondFactorMissing, SecondFactorRefused
from stocksense.accounts.limits import give_back, sign_in
from stocksense.accounts.models import OneTimeKind, OneTimeToken, SecurityEventKind, User
from stocksense.accounts.tokens import codes
from stocksense.accounts.tokens.families import TokenPair, start_family
from stocksense.core.addresses import client_address

CHALLENGE_LIFETIME = timedelta(minutes=5)
CODES_PER_CHALLENGE = 3


@dataclass(frozen=True)
class Challenge:
    """The password was right; a second factor is wanted, by one of `methods`."""

    token: str
    expires_in: int
    methods: tuple[str, ...]


def sign_in_by_password(*, request: HttpRequest, email: str, password: str) -> TokenPair | Challenge:
    """Tokens, or the question for the second factor of those who have one.

    Raises InvalidCredentials, TooManyAttempts, and SecondFactorMissing where the role demands what is not set up.
    """
    address = client_address(request.META)
    user = authenticate(request, email=email, password=password)
    if not isinstance(user, User):
        events.record(SecurityEventKind.SIGN_IN_REFUSED, address=address)
        raise InvalidCredentials
    if codes.has_second_factor(user):
        return _challenge(user)
    if codes.must_enrol(user):
        raise SecondFactorMissing(
            "Your role needs two-factor sign-in. Sign in on the pages, set up an authenticator app, then try again."
        )
    return start_family(user=user, second_factor=False, address=address)


def answer_challenge(*, challenge: str, code: str, address: str) -> TokenPair:
    """Tokens for a challenge and a code of the authenticator app, or a recovery code.

    A challenge is good once, for a few minutes and few codes; so is a code. Raises SecondFactorRefused,
    TooManyAttempts, and InvalidCredentials where the password was changed since.
    """
    pair, user_id = _answered(challenge, code.strip(), address)
    if pair is None:
        if user_id is not None:
            events.record(SecurityEventKind.SECOND_FACTOR_REFUSED, user_id=user_id, address=address)
        raise SecondFactorRefused("The code or the challenge is not good, or was used before. Sign in again.")
    return pair


@transaction.atomic
def _answered(challenge: str, code: str, address: str) -> tuple[TokenPair | None, int | None]:
    asked = one_time.find_locked(OneTimeKind.MFA_CHALLENGE, challenge)
    if asked is None:
        return None, None
    taken = sign_in.begin_second_factor(user_id=asked.user_id)
    user = User.objects.filter(pk=asked.user_id, is_active=True, token_version=asked.data["version"]).first()
    if user is None or not codes.is_good(user, code):
        _count_down(asked)
        return None, asked.user_id
    asked.delete()
    give_back(taken)
    return start_family(user=user, second_factor=True, address=address), user.pk


def _challenge(user: User) -> Challenge:
    # As it is now: a hash that was made anew while the password was checked has moved the version.
    current = User.objects.get(pk=user.pk)
    if current.password != user.password or not current.is_active:
        raise InvalidCredentials
    token = one_time.issue(
        OneTimeKind.MFA_CHALLENGE,
        user_id=user.pk,
        lifetime=CHALLENGE_LIFETIME,
        attempts=CODES_PER_CHALLENGE,
        version=current.token_version,
    )
    return Challenge(token, int(CHALLENGE_LIFETIME.total_seconds()), codes.methods(user))


def _count_down(asked: OneTimeToken) -> None:
    if asked.attempts_left <= 1:
        asked.delete()
        return
    asked.attempts_left -= 1
    asked.save(update_fields=["attempts_left"])
