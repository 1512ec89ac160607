"""Service accounts: users that stand for programs, and work with API keys only."""

import secrets

from django.db import transaction
from django.utils.text import slugify

from stocksense.accounts.models import User, UserKind
from stocksense.accounts.roles import Role, assign_role
from stocksense.accounts.services.people import may_grant
from stocksense.core.errors import InvalidInput, NotAllowed


@transaction.atomic
def create_service_account(*, name: str, role: Role, actor: User) -> User:
    """A user for a program, with a role and without a password.

    Raises NotAllowed where `actor` may not give the role, InvalidInput without a name.
    """
    if not name.strip():
        raise InvalidInput("Name the program that the account is for.", field="name")
    if not may_grant(actor=actor, role=role):
        raise NotAllowed(f"You cannot give the role {role.label.lower()}, which may do more than you.", role=role.value)
    address = f"{slugify(name)[:40] or 'program'}-{secrets.token_hex(3)}@service.invalid"
    user = User.objects.create_user(address, None, name=name.strip()[:150], kind=UserKind.SERVICE)
    assign_role(user=user, role=role)
    return user
