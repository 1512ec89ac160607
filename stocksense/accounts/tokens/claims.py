"""The tokens themselves: one algorithm, our issuer and audience, a key named by its id, and nothing about the person.

A token carries the user's id (`sub`), the family (`fam`), the token version (`ver`) and, to refresh, the generation
(`gen`). Keys come from JWT_KEYS, or are derived from SECRET_KEY: the first signs, all verify, so a key is rotated by
putting a new one in front and dropping the old one a week later.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from stocksense.accounts.errors import CredentialRefused
from stocksense.core.bounded import Bounded

ALGORITHM = "HS256"
LONGEST_TOKEN = 2048
MOST_REMEMBERED = 4096
REQUIRED = ("sub", "fam", "ver", "typ", "jti", "iss", "aud", "iat", "nbf", "exp")


class KeyedBackend(TokenBackend):
    """Signs with the first of `keys` and verifies with the one that the token names."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(
            ALGORITHM,
            signing_key=keys[0],
            audience=api_settings.AUDIENCE,
            issuer=api_settings.ISSUER,
            leeway=api_settings.LEEWAY,
        )
        self.key_id = key_id(keys[0])
        self.keys = {key_id(key): key for key in keys}

    def encode(self, payload: dict[str, Any]) -> str:
        """The signed token, with the id of its key in the header."""
        claims = {**payload, "aud": self.audience, "iss": self.issuer, "nbf": payload["iat"]}
        return jwt.encode(claims, self.keys[self.key_id], algorithm=ALGORITHM, headers={"kid": self.key_id})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The claims of a token that is ours and good now. Raises TokenBackendError for any other."""
        try:
            header = jwt.get_unverified_header(token)
            key = self.keys.get(str(header.get("kid")))
            if key is None or header.get("alg") != ALGORITHM or header.get("crit"):
                raise TokenBackendError("Token is invalid")
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                leeway=self.get_leeway(),
                options={"require": list(REQUIRED), "strict_aud": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenBackendExpiredToken("Token is expired") from error
        except (jwt.InvalidTokenError, UnicodeError, ValueError) as error:
            raise TokenBackendError("Token is invalid") from error


class _Keyed:
    def get_token_backend(self) -> KeyedBackend:
        return backend()


class Access(_Keyed, AccessToken):
    """Good for an hour at most, and only while its family lives and its version is the user's."""


class Refresh(_Keyed, RefreshToken):  # type: ignore[misc]
    """Good once."""


def issue(kind: type[Token], **claims: Any) -> Any:
    """A new token with these claims besides the standard ones."""
    token = kind()
    for name, value in claims.items():
        token[name] = value
    return token


def read(kind: type[Token], text: str) -> Token:
    """The token in `text`. Raises CredentialRefused unless it is one of ours, of that kind, and good now."""
    if len(text) > LONGEST_TOKEN:
        raise CredentialRefused("The token is not valid.")
    try:
        token = kind(text.encode())  # type: ignore[arg-type]  # (the stub knows no encoded tokens)
        numbers = (int(token["sub"]), token["fam"], token["ver"], token.get("gen", 0))
    except (TokenError, ValueError, TypeError, KeyError, UnicodeError) as error:
        raise CredentialRefused("The token is not valid or has expired.") from error
    if not all(type(number) is int for number in numbers):
        raise CredentialRefused("The token is not valid.")
    return token


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says. `expires_at` is in Unix seconds."""

    user_id: int
    family_id: int
    token_version: int
    expires_at: float


_verified: "Bounded[tuple[bytes, tuple[str, ...]], AccessClaims]" = Bounded(MOST_REMEMBERED)


def access(text: str) -> AccessClaims:
    """The claims of an access token, as `read` finds them. Raises CredentialRefused.

    A signature is computed once: claims are remembered under the token's digest and the keys in use, in this process,
    until the token expires. Whether the family still lives is not remembered here.
    """
    name = (hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=32).digest(), keys())
    found = _verified.get(name)
    if found is not None and time.time() < found.expires_at:
        return found
    token = read(Access, text)
    found = AccessClaims(int(token["sub"]), token["fam"], token["ver"], float(token["exp"]))
    _verified.put(name, found)
    return found


def keys() -> tuple[str, ...]:
    """The secrets in use, the signing one first."""
    if settings.JWT_KEYS:
        return tuple(settings.JWT_KEYS)
    return tuple(_derived(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def backend() -> KeyedBackend:
    """The backend with the keys in use."""
    return _backend(keys())


def key_id(key: str) -> str:
    """The public name of a key."""
    return hashlib.sha256(b"stocksense key id|" + key.encode()).hexdigest()[:16]


@lru_cache(maxsize=8)
def _backend(chosen: tuple[str, ...]) -> KeyedBackend:
    return KeyedBackend(chosen)


@lru_cache(maxsize=8)
def _derived(secret: str) -> str:
    return hmac.new(secret.encode(), b"stocksense.accounts.tokens", hashlib.sha256).hexdigest()
