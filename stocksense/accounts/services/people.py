"""Making people and changing what they are. Nobody gets or gives more than the giver has."""

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from stocksense.accounts.limits import sign_in
from stocksense.accounts.models import User, UserKind
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.services.access import end_access
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed


def role_of(user: User) -> Role | None:
    """The person's role; None for somebody without one."""
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in Role if role.value in names), None)


def acts_as_admin(actor: User) -> bool:
    """Whether `actor` manages people now: not by a credential that is limited to some permissions."""
    return actor.scope is None and is_admin(actor)


def is_admin(user: User) -> bool:
    """Whether the person manages people: a superuser, or active in the role admin."""
    return user.is_superuser or role_of(user) is Role.ADMIN


def may_grant(*, actor: User, role: Role) -> bool:
    """Whether `actor` may give this role: admins any, others none that may do something they may not."""
    if acts_as_admin(actor):
        return True
    return role is not Role.ADMIN and _permissions_of_role(role) <= actor.get_all_permissions()


def may_manage(*, actor: User, user: User) -> bool:
    """Whether `actor` may change this person's address, password, role and access.

    Superusers are managed by superusers, admins by admins, anybody else by those who may do all that they may.
    """
    if user.is_superuser or is_admin(user):
        return acts_as_admin(actor) and (actor.is_superuser or not user.is_superuser)
    return acts_as_admin(actor) or user.get_all_permissions() <= actor.get_all_permissions()


def require_may_manage(*, actor: User, user: User) -> None:
    """Raise NotAllowed where `actor` may not manage `user`, or is `user`: nobody raises or resets themselves."""
    if actor.pk == user.pk:
        raise NotAllowed("You cannot change your own role or access. Ask another admin.")
    if not may_manage(actor=actor, user=user):
        raise NotAllowed(f"You cannot change {user}, who may do more than you.")


@transaction.atomic
def create_person(*, user: User, role: Role, actor: User) -> User:
    """Save a new person with this role. People of the house may open the admin, suppliers never.

    Raises NotAllowed where `actor` may not give the role; nothing is saved then.
    """
    if not may_grant(actor=actor, role=role):
        raise NotAllowed(f"You cannot give the role {role.label.lower()}, which may do more than you.", role=role.value)
    user.is_superuser = False
    user.is_staff = role is not Role.SUPPLIER and user.kind == UserKind.PERSON
    user.save()
    assign_role(user=user, role=role)
    return user


def require_may_change(*, user: User, role: Role, is_active: bool, actor: User) -> None:
    """Raise NotAllowed where `actor` may not give `user` this role and access, Conflict where no admin were left."""
    before = User.objects.get(pk=user.pk)
    held = role_of(before)
    if held is role and before.is_active == is_active:
        return
    require_may_manage(actor=actor, user=before)
    if held is not role and not may_grant(actor=actor, role=role):
        raise NotAllowed(f"You cannot give the role {role.label.lower()}, which may do more than you.", role=role.value)
    stays_admin = is_active and (before.is_superuser or role is Role.ADMIN)
    if not stays_admin and set(_admins().values_list("pk", flat=True)) == {before.pk}:
        raise Conflict(f"{before} is the last admin. Make somebody else an admin first.")


@transaction.atomic
def change_person(*, user: User, role: Role, is_active: bool, actor: User) -> None:
    """Give `user` this role and access, and end what they have open where they have less than before.

    Raises what `require_may_change` does; nothing is changed then.
    """
    _lock_admins(user)
    require_may_change(user=user, role=role, is_active=is_active, actor=actor)
    before = User.objects.get(pk=user.pk)
    user.is_active = is_active
    user.is_staff = role is not Role.SUPPLIER and user.kind == UserKind.PERSON
    User.objects.filter(pk=user.pk).update(is_active=user.is_active, is_staff=user.is_staff)
    assign_role(user=user, role=role)
    if before.is_active and not is_active:
        end_access(user=user, reason="deactivated")
    elif before.is_staff and not user.is_staff:
        end_access(user=user, reason="left_the_house")


@transaction.atomic
def set_password(*, user: User, password: str, reason: str) -> None:
    """Set a password and end every session and token of the person. Raises InvalidInput for service accounts."""
    if getattr(user, "kind", "person") != "person":
        raise InvalidInput("A service account has no password: it works with API keys.")
    user.set_password(password)
    user.save(update_fields=["password"])
    end_access(user=user, reason=reason)
    sign_in.forgive(email=user.email)


def _admins() -> "QuerySet[User]":
    """Active people who manage people."""
    admins = Q(is_superuser=True) | Q(groups__name=Role.ADMIN.value)
    return User.objects.filter(pk__in=User.objects.filter(admins, is_active=True).values("pk"))


def _lock_admins(user: User) -> None:
    """Lock all admins and `user`, in order of key, so that two admins cannot demote each other at once."""
    rows = User.objects.filter(Q(pk=user.pk) | Q(pk__in=_admins().values("pk")))
    list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def _permissions_of_role(role: Role) -> set[str]:
    rows = Permission.objects.filter(group__name=role.value).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}
