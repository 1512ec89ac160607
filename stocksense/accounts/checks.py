"""Settings that would make tokens weak are refused: by `manage.py check`, and by every process that starts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

LONGEST_ACCESS = timedelta(hours=1)
LONGEST_REFRESH = timedelta(days=7)
LONGEST_FAMILY = timedelta(days=90)
LARGEST_LEEWAY = 30
SHORTEST_KEY = 32


@register(Tags.security)
def token_settings(app_configs: Any = None, **_: Any) -> list[Error]:
    """What is wrong with the settings of tokens, as errors of Django's check framework."""
    return [Error(message, id=f"accounts.E{number:03}") for number, message in _faults()]


def refuse_weak_settings() -> None:
    """Raises ImproperlyConfigured where `token_settings` finds anything: servers run no checks when they start."""
    if found := [message for _, message in _faults()]:
        raise ImproperlyConfigured(" ".join(found))


def _faults() -> Iterator[tuple[int, str]]:
    jwt = settings.SIMPLE_JWT
    if not any(config.name == "stocksense.accounts" for config in apps.app_configs.values()):
        yield 1, "stocksense.accounts must be in INSTALLED_APPS: it stores which refresh tokens were used."
    if jwt.get("ALGORITHM") != "HS256":
        yield 2, "SIMPLE_JWT['ALGORITHM'] must be HS256, the one algorithm that tokens are signed and verified with."
    if not jwt.get("ISSUER") or not jwt.get("AUDIENCE"):
        yield 3, "SIMPLE_JWT must name ISSUER and AUDIENCE: tokens of other systems must not be good here."
    if not timedelta() < jwt["ACCESS_TOKEN_LIFETIME"] <= LONGEST_ACCESS:
        yield 4, "SIMPLE_JWT['ACCESS_TOKEN_LIFETIME'] must be at most an hour."
    if not timedelta() < jwt["REFRESH_TOKEN_LIFETIME"] <= LONGEST_REFRESH:
        yield 5, "SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] must be at most 7 days."
    if not jwt["REFRESH_TOKEN_LIFETIME"] <= settings.JWT_FAMILY_MAX_AGE <= LONGEST_FAMILY:
        yield 6, "JWT_FAMILY_MAX_AGE must be between the life of a refresh token and 90 days."
    if not 0 <= jwt.get("LEEWAY", 0) <= LARGEST_LEEWAY:
        yield 7, f"SIMPLE_JWT['LEEWAY'] must be between 0 and {LARGEST_LEEWAY} seconds."
    if any(len(key) < SHORTEST_KEY for key in settings.JWT_KEYS):
        yield 8, f"Every one of JWT_KEYS must be at least {SHORTEST_KEY} characters; `openssl rand -hex 32` makes one."
    if settings.SECRET_KEY in settings.JWT_KEYS:
        yield 9, "JWT_KEYS must not hold SECRET_KEY: a leaked one would open both."
    claims = (jwt.get("USER_ID_CLAIM"), jwt.get("TOKEN_TYPE_CLAIM"), jwt.get("JTI_CLAIM"))
    if claims != ("sub", "typ", "jti"):
        yield 10, "SIMPLE_JWT must keep USER_ID_CLAIM 'sub', TOKEN_TYPE_CLAIM 'typ' and JTI_CLAIM 'jti'."
    if timedelta(days=730) < settings.API_KEY_MAX_AGE:
        yield 11, "API_KEY_MAX_AGE must be at most two years."
