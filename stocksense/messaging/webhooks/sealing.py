"""Secrets of webhooks, unreadable in a copy of the database: sealed with a key made from SECRET_KEY."""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from stocksense.core.errors import Conflict

PREFIX = "whsec_"


class CannotOpen(Conflict):
    """The secret was sealed with another SECRET_KEY."""

    code = "secret_unreadable"


def new_secret() -> str:
    """A secret of 32 random bytes as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def seal(secret: str) -> str:
    """What is kept of it."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret. Raises CannotOpen where SECRET_KEY and its fallbacks are not those it was sealed with."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen("SECRET_KEY has changed: give this webhook a new secret, and its receiver too.") from error


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret_key: str | bytes) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"stocksense webhooks").derive
    return base64.urlsafe_b64encode(derive(force_bytes(secret_key)))
