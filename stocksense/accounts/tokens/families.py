"""A sign-in and the chain of tokens that comes of it. Only the newest refresh token is good, and only once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import Least
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from stocksense.accounts import events, principals
from stocksense.accounts.errors import CredentialRefused, InvalidCredentials
from stocksense.accounts.models import SecurityEventKind, TokenFamily, User
from stocksense.accounts.tokens import claims, sockets
from stocksense.core import clock

MOST_PER_USER = 50
"""Sign-ins of one user that live at once; one more ends the one refreshed longest ago."""
KEPT_AFTER_END = timedelta(days=8)
"""As long as a refresh token of a family can still be shown: its use tells of a theft."""


@dataclass(frozen=True)
class TokenPair:
    """What a program gets: an access token for requests, a refresh token for the next pair."""

    access: str
    refresh: str
    expires_in: int
    refresh_expires_at: datetime
    family_id: int


@transaction.atomic
def start_family(*, user: User, second_factor: bool, address: str = "") -> TokenPair:
    """The first pair of tokens of a sign-in.

    `user` is as read when the password was checked. Raises InvalidCredentials where the password was changed or the
    user deactivated since: the check then speaks of yesterday.
    """
    current = User.objects.select_for_update(of=("self",)).filter(pk=user.pk, is_active=True).first()
    if current is None or current.password != user.password:
        raise InvalidCredentials
    now = clock.now()
    live = TokenFamily.objects.filter(user=current, ended_at=None).order_by("-refreshed_at", "-pk")
    end_families(live.values_list("pk", flat=True)[MOST_PER_USER - 1 :], reason="too_many")
    family = TokenFamily.objects.create(
        user=current,
        second_factor=second_factor,
        created_at=now,
        refreshed_at=now,
        expires_at=now + _refresh_lifetime(),
    )
    events.record(SecurityEventKind.SIGNED_IN, user_id=user.pk, address=address, family=family.pk)
    principals.forget_user(user.pk)
    return _pair(family, current.token_version)


def refresh(*, token: str, address: str = "") -> TokenPair:
    """The next pair of tokens; the token given is used up by that.

    Raises CredentialRefused for any token that is not the newest of a living family. One that was used before ends
    the family: either its thief or its owner is holding a copy, and nobody can tell which. There is no grace for
    retries, which would let a thief in as well.
    """
    old = claims.read(claims.Refresh, token)
    user_id, family_id, generation, version = int(old["sub"]), old["fam"], old["gen"], old["ver"]
    principal = principals.of_user(user_id, fresh=True)
    if principal is None or not principal.is_active or principal.token_version != version:
        raise CredentialRefused("The token is not valid any more. Sign in again.")
    now = clock.now()
    latest = ExpressionWrapper(F("created_at") + settings.JWT_FAMILY_MAX_AGE, output_field=DateTimeField())
    # One UPDATE on the row's own columns: of many at once the database lets one find the generation it asks for.
    won = TokenFamily.objects.filter(
        pk=family_id, user_id=user_id, generation=generation, ended_at=None, expires_at__gt=now
    ).update(generation=F("generation") + 1, refreshed_at=now, expires_at=Least(now + _refresh_lifetime(), latest))
    if not won:
        _refuse(old, address)
    return _pair(TokenFamily.objects.get(pk=family_id), version)


def end_families(family_ids: Iterable[int], *, reason: str) -> int:
    """End sign-ins: their tokens are dead at once, their sockets closed. Returns how many lived until now."""
    live = TokenFamily.objects.filter(pk__in=list(family_ids), ended_at=None)
    with transaction.atomic():
        ended = list(live.select_for_update(of=("self",)).order_by("pk").values_list("pk", "user_id"))
        TokenFamily.objects.filter(pk__in=[pk for pk, _ in ended]).update(ended_at=clock.now(), end_reason=reason)
        for pk, user_id in ended:
            principals.forget_user(user_id)
            sockets.close_after_commit(sockets.credential_group("jwt", str(pk)), reason=reason)
    return len(ended)


def remove_ended() -> int:
    """Remove families of which no token could be good any more, for a while; returns how many went."""
    before = clock.now() - KEPT_AFTER_END
    return TokenFamily.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before)).delete()[0]


def _refuse(old: Token, address: str) -> None:
    family = TokenFamily.objects.filter(pk=old["fam"], user_id=int(old["sub"])).first()
    if family is not None and family.ended_at is None and family.generation > old["gen"]:
        with transaction.atomic():
            if end_families([family.pk], reason="refresh_reused"):
                events.record(
                    SecurityEventKind.REFRESH_REUSED,
                    user_id=family.user_id,
                    address=address,
                    family=family.pk,
                    used=old["gen"],
                    newest=family.generation,
                )
    raise CredentialRefused("The token was used before or its sign-in has ended. Sign in again.")


def _pair(family: TokenFamily, version: int) -> TokenPair:
    said = {"sub": str(family.user_id), "fam": family.pk, "ver": version}
    renew = claims.issue(claims.Refresh, **said, gen=family.generation)
    renew["exp"] = min(renew["exp"], int(family.expires_at.timestamp()))
    return TokenPair(
        access=str(claims.issue(claims.Access, **said)),
        refresh=str(renew),
        expires_in=int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
        refresh_expires_at=family.expires_at,
        family_id=family.pk,
    )


def _refresh_lifetime() -> timedelta:
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    return lifetime
