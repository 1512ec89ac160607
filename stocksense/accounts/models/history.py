"""Roles, what they may do, and second factors, with their history: tables of Django's and allauth's own."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group

from stocksense.accounts.models.users import User
from stocksense.audit.tracking import tracked


@tracked(name="GroupEvent")
class TrackedGroup(Group):
    """A role, or another group of people."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "group"


@tracked()
class GroupPermission(Group.permissions.through):  # type: ignore[name-defined,misc]
    """A permission that everybody in a group has."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "permission of a group"
        verbose_name_plural = "permissions of groups"


@tracked()
class UserGroup(User.groups.through):  # type: ignore[name-defined,misc]
    """A person's place in a group: a role that somebody has."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "role of a user"
        verbose_name_plural = "roles of users"


@tracked()
class UserPermission(User.user_permissions.through):  # type: ignore[name-defined,misc]
    """A permission that one person has besides those of the role."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "permission of a user"
        verbose_name_plural = "permissions of users"


@tracked(exclude=["data", "last_used_at"])
class SecondFactor(Authenticator):  # type: ignore[misc]
    """An authenticator app, passkey or set of recovery codes that somebody has. Its secret is not in the history."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "second factor"
