"""Closing the WebSockets of those whose access ends."""

import hashlib

from django.db import transaction

from stocksense.core import channel


def user_group(user_id: int) -> str:
    """The group of all sockets of a user."""
    return f"access.user.{user_id}"


def credential_group(kind: str, identity: str) -> str:
    """The group of the sockets that one credential opened: a sign-in, an API key, a session."""
    return f"access.{kind}.{identity}"


def session_identity(session_key: str | None) -> str:
    """A session's name outside the session store: its key would let others in."""
    return hashlib.sha256(f"session|{session_key}".encode()).hexdigest()[:32] if session_key else ""


def close_after_commit(group: str, *, reason: str) -> None:
    """Close the sockets of a group once the running transaction is committed.

    A message may be lost: sockets also check their credential themselves, every minute.
    """
    transaction.on_commit(lambda: channel.tell(group, {"type": "access.ended", "reason": reason}))


def check_after_commit(group: str) -> None:
    """Have the sockets of a group look at once whether their credential is still good."""
    transaction.on_commit(lambda: channel.tell(group, {"type": "access.check"}))
