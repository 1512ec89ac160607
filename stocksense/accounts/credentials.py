"""Whether a bearer token, an API key or what a socket was opened with is good now, and whose it is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stocksense.accounts import keys, limits, principals
from stocksense.accounts.errors import CredentialRefused
from stocksense.accounts.keys import usage
from stocksense.accounts.limits import Limit, Taken
from stocksense.accounts.models import User
from stocksense.accounts.principals import KeyRecord, Principal
from stocksense.accounts.tokens import claims
from stocksense.core.api.credentials import Credential
from stocksense.core.bounded import Bounded

REFUSED = "The credential is not valid, has expired or was revoked."


@dataclass(frozen=True)
class SignedIn:
    """A user and by what they are signed in. `token_version` is the user's at that time."""

    user: User
    credential: Credential
    token_version: int
    taken: Taken | None = None
    """The call, where it was counted while the credential was looked at."""


Counted = Callable[[int, Credential | None], Sequence[Limit]]
"""The limits that a call of the user with this id, by this API key (None: by token), counts against."""

_keys_seen: "Bounded[str, tuple[int, Credential]]" = Bounded(1024)
"""Public id of a key → its owner's id and what it was when it was last good: what a call by it should count against."""


def of_bearer(text: str, *, counted: Counted | None = None) -> SignedIn:
    """Who a bearer token or API key stands for. Raises CredentialRefused where it is not good.

    With `counted` the call is counted in the same step, where what is remembered says that the credential is good.
    """
    return (of_api_key if text.startswith(keys.PREFIX) else of_access_token)(text, counted=counted)


def of_access_token(text: str, *, counted: Counted | None = None) -> SignedIn:
    """Who an access token stands for: its signature, claims, family and version are good. Raises CredentialRefused."""
    said = claims.access(text)
    asked = counted(said.user_id, None) if counted else ()
    return of_family(user_id=said.user_id, family_id=said.family_id, token_version=said.token_version, counted=asked)


def of_family(
    *, user_id: int, family_id: int, token_version: int, fresh: bool = False, counted: Sequence[Limit] = ()
) -> SignedIn:
    """Who a sign-in of a program stands for, while it lives. Raises CredentialRefused."""
    taken = None
    if counted and not fresh:
        principal, taken = principals.admitted(
            user_id, family_id=family_id, token_version=token_version, counted=counted
        )
    else:
        principal = principals.of_user(user_id, fresh=fresh)
    if not fresh and not _family_good(principal, family_id, token_version):
        principal = principals.of_user(user_id, fresh=True)  # what is remembered refuses nobody
    if principal is None or not _family_good(principal, family_id, token_version):
        raise CredentialRefused(REFUSED)
    credential = Credential(kind="jwt", id=str(family_id))
    return SignedIn(principals.user_object(principal), credential, token_version, taken)


def of_api_key(text: str, *, counted: Counted | None = None) -> SignedIn:
    """Who an API key stands for. Raises CredentialRefused unless secret, key and owner are good.

    What a call counts against is known from the key's last call in this process, and holds only where the key's owner
    and rate are still those; else nothing is counted here.
    """
    parts = keys.parsed(text)
    if parts is None:
        raise CredentialRefused(REFUSED)
    public_id, secret = parts
    taken = None
    if counted and (seen := _keys_seen.get(public_id)):
        owner_id, credential = seen
        record, taken = principals.admitted_key(
            public_id, secret_hash=keys.digest(secret), owner_id=owner_id, rate=credential.requests_per_minute,
            counted=counted(owner_id, credential),
        )  # fmt: skip
    else:
        record = principals.of_key(public_id)
    if record is None or not _secret_good(record, secret):
        if taken is not None:  # (it expired while it was remembered)
            limits.give_back(taken)
        record, taken = principals.of_key(public_id, fresh=True), None
    if record is None or not _secret_good(record, secret):
        raise CredentialRefused(REFUSED)
    usage.note(record.key_id)
    found = _of_record(record, taken)
    _keys_seen.put(public_id, (record.owner.user_id, found.credential))
    return found


def of_known_key(*, public_id: str) -> SignedIn:
    """Who a key stands for whose secret was checked before: it must still be good. Raises CredentialRefused."""
    record = principals.of_key(public_id, fresh=True)
    if record is None or not _key_good(record):
        raise CredentialRefused(REFUSED)
    return _of_record(record)


def _of_record(record: KeyRecord, taken: Taken | None = None) -> SignedIn:
    credential = Credential(
        kind="api_key",
        id=record.public_id,
        permissions=record.permissions,
        requests_per_minute=record.rate_per_minute,
    )
    user = principals.user_object(record.owner, scope=record.permissions)
    return SignedIn(user, credential, record.owner.token_version, taken)


def _family_good(principal: Principal | None, family_id: int, token_version: int) -> bool:
    return (
        principal is not None
        and principal.is_active
        and principal.token_version == token_version
        and family_id in principal.families
    )


def _key_good(record: KeyRecord) -> bool:
    return not record.revoked and record.owner.is_active and record.expires_at > time.time()


def _secret_good(record: KeyRecord, secret: str) -> bool:
    present, before = keys.matches(secret, stored=record.secret_hash, previous=record.previous_hash)
    return _key_good(record) and (present or (before and record.previous_expires_at > time.time()))
