"""Ending every token of a user, and noticing when somebody's access was changed by other means."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F

from stocksense.accounts import events, principals
from stocksense.accounts.models import ApiKey, SecurityEventKind, TokenFamily, User
from stocksense.accounts.tokens import sockets
from stocksense.accounts.tokens.families import end_families


@transaction.atomic
def end_tokens(*, user: User, reason: str, actor: User | None = None, address: str = "") -> None:
    """End every token and socket of `user` at once: logout everywhere, a new password, a deactivation.

    API keys stay: they are revoked one by one, and do nothing while their owner is not active.
    """
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    live = TokenFamily.objects.filter(user=user, ended_at=None).values_list("pk", flat=True)
    end_families(live, reason=reason)
    events.record(SecurityEventKind.ACCESS_ENDED, user_id=user.pk, actor=actor, address=address, reason=reason)
    principals.forget_user(user.pk)
    sockets.close_after_commit(sockets.user_group(user.pk), reason=reason)


def user_saved(instance: User, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """After a user was saved, by whoever: requests read them anew, sockets look whether they may stay."""
    if update_fields is None or not update_fields <= {"last_login"}:
        _changed(instance.pk)


def key_deleted(instance: ApiKey, **_: Any) -> None:
    """After a key's row went, with its owner's for example: it is not remembered any longer."""
    principals.forget_key(instance.public_id)


def grants_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    """After groups or permissions of a user were changed through the ORM, from either side."""
    if action in {"post_add", "post_remove", "post_clear"}:
        for user_id in (pk_set or ()) if reverse else [instance.pk]:
            _changed(user_id)


def session_ended(request: Any, user: AbstractBaseUser | None, **_: Any) -> None:
    """After somebody signed out of a page session: its sockets close."""
    if identity := sockets.session_identity(getattr(getattr(request, "session", None), "session_key", None)):
        sockets.close_after_commit(sockets.credential_group("session", identity), reason="signed_out")


def _changed(user_id: int) -> None:
    principals.forget_user(user_id)
    sockets.check_after_commit(sockets.user_group(user_id))
