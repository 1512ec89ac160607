"""Codes of authenticator apps and recovery codes, checked as the pages check them, each good once."""

from datetime import timedelta

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from allauth.mfa.utils import decrypt
from django_redis.exceptions import ConnectionInterrupted

from stocksense.accounts import one_time, second_factor
from stocksense.accounts.models import OneTimeKind, User
from stocksense.core import redis

_CODE_REMEMBERED = timedelta(minutes=3)
_METHODS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)

has_second_factor = second_factor.has_second_factor
must_enrol = second_factor.must_enrol


def methods(user: User) -> tuple[str, ...]:
    """What a program may answer a challenge with: a passkey needs a browser."""
    held = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return tuple(kind.value for kind in _METHODS if kind.value in held)


def is_good(user: User, code: str) -> bool:
    """Whether this is a code of `user`, now used up."""
    return use(user, code) is not None


def use(user: User, code: str) -> Authenticator | None:
    """The app or the recovery codes that this code is of, which is used up now; None where it is not good."""
    for held in Authenticator.objects.filter(user=user).order_by("pk"):
        if held.type == Authenticator.Type.TOTP and _totp_good(held, code):
            break
        if held.type == Authenticator.Type.RECOVERY_CODES and RecoveryCodes(held).validate_code(code):
            break
    else:
        return None
    held.record_usage()
    return held


def mark_used(user: User, code: str) -> bool:
    """Use up a code of an authenticator app that was checked elsewhere; False where it was used before."""
    text = normalize_user_code(code)  # with spaces in it, it is the same code
    return one_time.use_code(OneTimeKind.TOTP_USED, user_id=user.pk, code=text, lifetime=_CODE_REMEMBERED)


def _totp_good(held: Authenticator, code: str) -> bool:
    try:
        good = TOTP(held).validate_code(code)
    except (ConnectionInterrupted, *redis.UNREACHABLE):
        # allauth remembers used codes in the cache. Without it our own note below still lets each code in once.
        good = validate_totp_code(decrypt(held.data["secret"]), code)
    return bool(good) and mark_used(held.user, code)
