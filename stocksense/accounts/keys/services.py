"""Making, changing, rotating and revoking API keys. Nobody grants what they do not have."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import transaction

from stocksense.accounts import events, keys, principals
from stocksense.accounts.errors import ExceedsOwnRights, KeyEnded
from stocksense.accounts.models import ApiKey, SecurityEventKind, User
from stocksense.accounts.tokens import sockets
from stocksense.core import clock
from stocksense.core.errors import InvalidInput


@transaction.atomic
def create_key(
    *,
    owner: User,
    name: str,
    permissions: Collection[str],
    expires_at: datetime,
    actor: User,
    rate_per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """(the key, its text for its user: it cannot be shown again).

    Raises ExceedsOwnRights where the key could do what `actor` or `owner` may not, InvalidInput for unknown
    permissions, an owner who is not active, and an end that is past or too far away.
    """
    require_possible(owner=owner, actor=actor, permissions=permissions, expires_at=expires_at)
    secret = keys.new_secret()
    key = ApiKey.objects.create(
        public_id=keys.new_public_id(),
        owner=owner,
        name=name.strip(),
        secret_hash=keys.digest(secret),
        permissions=sorted(set(permissions)),
        rate_per_minute=rate_per_minute,
        created_by=actor,
        expires_at=expires_at,
    )
    _told(SecurityEventKind.KEY_CREATED, key, actor, permissions=key.permissions)
    return key, keys.written(key.public_id, secret)


@transaction.atomic
def change_key(
    *,
    key: ApiKey,
    actor: User,
    name: str | None = None,
    permissions: Collection[str] | None = None,
    expires_at: datetime | None = None,
    rate_per_minute: int | None = None,
    own_rate: bool = True,
) -> ApiKey:
    """Change what is given; `own_rate=False` puts the key back under the limit of all keys.

    Raises as `create_key`; what the key may do already must be within the actor's rights too.
    """
    key = _locked(key, actor=actor)
    if name is not None:
        key.name = name.strip()
    if permissions is not None:
        _require_grantable(permissions, owner=key.owner, actor=actor)
        key.permissions = sorted(set(permissions))
    if expires_at is not None:
        _require_span(expires_at)
        key.expires_at = expires_at
    if rate_per_minute is not None or not own_rate:
        key.rate_per_minute = rate_per_minute if own_rate else None
    key.save()
    _told(SecurityEventKind.KEY_CHANGED, key, actor, permissions=key.permissions)
    return key


@transaction.atomic
def rotate_key(*, key: ApiKey, actor: User, overlap: timedelta | None = None) -> tuple[ApiKey, str]:
    """(the key, its new text); the secret before stays good for `overlap`, the one before that ends now.

    Raises ExceedsOwnRights where the key may do what `actor` may not: the actor gets to know the secret.
    """
    chosen = settings.API_KEY_ROTATION_OVERLAP if overlap is None else overlap
    if not timedelta() <= chosen <= settings.API_KEY_ROTATION_OVERLAP_MAX:
        raise InvalidInput(
            f"Both secrets can be good for at most {settings.API_KEY_ROTATION_OVERLAP_MAX.days} days.",
            field="overlap_hours",
        )
    key = _locked(key, actor=actor)
    secret, now = keys.new_secret(), clock.now()
    key.previous_hash, key.previous_expires_at = key.secret_hash, now + chosen
    key.secret_hash, key.rotated_at = keys.digest(secret), now
    key.save()
    _told(SecurityEventKind.KEY_ROTATED, key, actor, overlap_seconds=int(chosen.total_seconds()))
    return key, keys.written(key.public_id, secret)


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: User) -> ApiKey:
    """End the key at once, for good; nothing happens to one that was revoked before."""
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save()
        _told(SecurityEventKind.KEY_REVOKED, key, actor)
        sockets.close_after_commit(sockets.credential_group("api_key", key.public_id), reason="revoked")
    return key


def require_possible(*, owner: User, actor: User, permissions: Collection[str], expires_at: datetime) -> None:
    """Raises what `create_key` and `change_key` would for these values; for forms, which say it beside the field."""
    if not owner.is_active:
        raise InvalidInput(f"{owner} is not active.", field="owner")
    _require_span(expires_at)
    _require_grantable(permissions, owner=owner, actor=actor)


def grantable(*, owner: User, actor: User) -> list[str]:
    """The permissions that `actor` may put into a key of `owner`."""
    return [name for name in _known() if actor.has_perm(name) and owner.has_perm(name)]


def _locked(key: ApiKey, *, actor: User) -> ApiKey:
    held = ApiKey.objects.select_for_update(of=("self",)).select_related("owner").get(pk=key.pk)
    if held.revoked_at is not None or held.expires_at <= clock.now():
        raise KeyEnded("This key was revoked or has expired. Make a new one.")
    beyond = [name for name in held.permissions if not actor.has_perm(name)]
    if beyond:
        raise ExceedsOwnRights(f"The key may do what you may not: {', '.join(beyond)}.")
    return held


def _require_grantable(permissions: Collection[str], *, owner: User, actor: User) -> None:
    unknown = sorted(set(permissions) - set(_known()))
    if unknown:
        raise InvalidInput(f"There are no such permissions: {', '.join(unknown)}.", field="permissions")
    for person, words in ((actor, "you do not have"), (owner, f"{owner} does not have")):
        beyond = sorted(name for name in set(permissions) if not person.has_perm(name))
        if beyond:
            raise ExceedsOwnRights(f"The key would have permissions that {words}: {', '.join(beyond)}.")


def _require_span(expires_at: datetime) -> None:
    now = clock.now()
    if not now < expires_at <= now + settings.API_KEY_MAX_AGE + timedelta(minutes=5):
        raise InvalidInput(f"A key ends within {settings.API_KEY_MAX_AGE.days} days from now.", field="expires_at")


def _known() -> list[str]:
    rows = Permission.objects.order_by("content_type__app_label", "codename")
    return [f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename")]


def _told(kind: SecurityEventKind, key: ApiKey, actor: User, **detail: Any) -> None:
    events.record(kind, user_id=key.owner_id, actor=actor, key=key.public_id, **detail)
    principals.forget_user(key.owner_id)
