"""Ending what a person has open."""

import logging

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AbstractBaseUser

from stocksense.accounts.models import User

logger = logging.getLogger(__name__)


def end_access(*, user: User, reason: str) -> None:
    """End every session of `user` at once; `reason` is a word for the log, such as `password_changed`.

    Every sign-in leaves a `UserSession`, so these are all there are. A new password and `is_active` end sessions by
    themselves as well; removing them keeps them from coming back when somebody is activated again.
    """
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
    return len(ended)
