"""Ending what a person has open."""

import logging

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from stocksense.accounts.models import User
from stocksense.accounts.tokens import sockets
from stocksense.accounts.tokens.ending import end_tokens

logger = logging.getLogger(__name__)


@transaction.atomic
def end_access(*, user: User, reason: str) -> None:
    """End every session, token and socket of `user` at once; `reason` is a word, such as `password_changed`.

    Every sign-in leaves a `UserSession`, so these are all there are. A new password and `is_active` end sessions by
    themselves as well; removing them keeps them from coming back when somebody is activated again.
    """
    end_tokens(user=user, reason=reason)
    ended = end_sessions(user=user)
    logger.info("access of user %s ended (%s): %d sessions", user.pk, reason, ended)


def end_sessions(*, user: AbstractBaseUser, only: int | None = None, keep: str = "") -> int:
    """End the sessions of `user` (one of them: `only`), all but the one with the key `keep`; returns how many."""
    sessions = UserSession.objects.filter(user_id=user.pk).exclude(session_key=keep)
    if only is not None:
        sessions = sessions.filter(pk=only)
    ended = list(sessions)
    for session in ended:
        session.end()
        identity = sockets.session_identity(session.session_key)
        sockets.close_after_commit(sockets.credential_group("session", identity), reason="session_ended")
    return len(ended)
