"""Whether somebody must set up a second factor before anything else.

Which roles must have one is a setting of the company, an app above this one, which says how to read it.
"""

from collections.abc import Callable, Collection

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from stocksense.accounts.models import User
from stocksense.accounts.roles import Role

Roles = Collection[str]
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_read: Callable[[], Roles] = tuple


def read_roles_with(read: Callable[[], Roles]) -> None:
    """Use `read` to learn which roles must have a second factor. Called once, while apps load."""
    global _read
    _read = read


def has_second_factor(user: AbstractBaseUser) -> bool:
    """Whether an authenticator app or a passkey is set up (recovery codes alone are none)."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=_FACTORS).exists())


def is_required_of(user: User, roles: Roles | None = None) -> bool:
    """Whether the person's role must have a second factor; superusers count as admins."""
    required = _read() if roles is None else roles
    if not required:
        return False
    if user.is_superuser and Role.ADMIN in required:
        return True
    return user.groups.filter(name__in=required).exists()


def must_enrol(user: AbstractBaseUser | AnonymousUser, roles: Roles | None = None) -> bool:
    """Whether this person must set up a second factor first. `roles`: the setting, where it is known already."""
    if not isinstance(user, User):
        return False
    return is_required_of(user, roles) and not has_second_factor(user)
