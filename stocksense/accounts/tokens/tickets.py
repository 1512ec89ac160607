"""Tickets: what a program shows a WebSocket instead of its credential. Good once, for 30 seconds."""

from datetime import timedelta

from stocksense.accounts import credentials, one_time
from stocksense.accounts.credentials import SignedIn
from stocksense.accounts.errors import CredentialRefused
from stocksense.accounts.models import OneTimeKind, User
from stocksense.core.api.credentials import Credential

SECONDS = 30
KINDS = ("jwt", "api_key")


def issue(*, user: User, credential: Credential) -> str:
    """A ticket that stands for this credential, as long as it is good."""
    return one_time.issue(
        OneTimeKind.SOCKET_TICKET,
        user_id=user.pk,
        lifetime=timedelta(seconds=SECONDS),
        by=credential.kind,
        id=credential.id,
        version=user.token_version,
    )


def redeem(text: str) -> SignedIn:
    """Who the ticket stands for; it is used up. Raises CredentialRefused for one that is not good, or not any more."""
    found = one_time.redeem(OneTimeKind.SOCKET_TICKET, text)
    if found is None:
        raise CredentialRefused("The ticket is not good, or was used before.")
    user_id, data = found
    return recheck(user_id=user_id, kind=data["by"], identity=data["id"], token_version=data["version"])


def recheck(*, user_id: int, kind: str, identity: str, token_version: int) -> SignedIn:
    """Who a credential stands for that was good before. Raises CredentialRefused where it is not good now."""
    if kind == "jwt":
        return credentials.of_family(user_id=user_id, family_id=int(identity), token_version=token_version, fresh=True)
    found = credentials.of_known_key(public_id=identity)
    if found.user.pk != user_id or found.token_version != token_version:
        raise CredentialRefused(credentials.REFUSED)
    return found
