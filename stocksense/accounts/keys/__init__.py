"""API keys: `ssk_<public id>_<secret>`.

The secret has 256 random bits, so its plain SHA-256 is as hard to turn back as any slow hash, and is checked at every
request: a slow hash would only make requests slow. Slow hashes are for what people think up.
"""

import hashlib
import re
import secrets
from hmac import compare_digest

PREFIX = "ssk_"
_FORM = re.compile(r"ssk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


def new_public_id() -> str:
    """A random name for a key."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def written(public_id: str, secret: str) -> str:
    """The key as its user gets it, once."""
    return f"{PREFIX}{public_id}_{secret}"


def parsed(text: str) -> tuple[str, str] | None:
    """(public id, secret) of a key; None where it has not the form of one."""
    found = _FORM.fullmatch(text)
    return (found[1], found[2]) if found else None


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, *, stored: str, previous: str) -> tuple[bool, bool]:
    """(is the present secret, is the one before); both are always compared, in constant time."""
    given = digest(secret)
    return compare_digest(given, stored), compare_digest(given, previous or "-" * 64)
