"""People and service accounts over REST. Nobody gives what they do not have, nor changes who may do more."""

from typing import Any, ClassVar, cast

from django.contrib.auth.models import Group
from django.db.models import OuterRef, QuerySet, Subquery
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.accounts import links, services
from stocksense.accounts.models import User, UserKind
from stocksense.accounts.roles import Role
from stocksense.accounts.services.people import require_may_manage, role_of
from stocksense.accounts.services.programs import create_service_account
from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, EXACT, TIME
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed, Created


class UserRow(Row):
    """A person or a service account."""

    role = serializers.CharField(source="role_name", allow_null=True, help_text="null: none, or a superuser.")

    class Meta:
        model = User
        fields = ("id", "email", "name", "kind", "role", "is_active", "is_superuser", "created_at", "last_login")


class UserInput(serializers.Serializer[Any]):
    """A person is invited by mail; a service account (`kind` service) has no address and works with API keys."""

    kind = serializers.ChoiceField(UserKind.choices, default=UserKind.PERSON)
    email = serializers.EmailField(max_length=254, required=False)
    name = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """People have an address that nobody else has, service accounts none."""
        if (attrs["kind"] == UserKind.PERSON) != ("email" in attrs):
            raise serializers.ValidationError({"email": ["A person has an e-mail address, a service account none."]})
        if "email" in attrs and User.objects.filter(email__iexact=attrs["email"]).exists():
            raise serializers.ValidationError({"email": ["Somebody has this address already."]})
        return attrs


class UserChange(serializers.Serializer[Any]):
    """What can be changed of a user."""

    name = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices)
    is_active = serializers.BooleanField()


class UserView(Listed, Detailed, Created, Changed):
    """Who signs in, and the programs that work here."""

    resource, model, row = "users", User, UserRow
    create_body, change_body = UserInput, UserChange
    permissions: ClassVar = {
        "list": "accounts.view_user",
        "retrieve": "accounts.view_user",
        "create": "accounts.add_user",
        "partial_update": "accounts.change_user",
    }
    filter_fields: ClassVar = {"email": EXACT, "kind": CHOICE, "is_active": EXACT, "created_at": TIME}
    ordering_fields = ("email", "created_at")
    ordering = ("email",)

    def queryset(self) -> "QuerySet[Any]":
        """Users with their role."""
        roles = Group.objects.filter(user=OuterRef("pk"), name__in=Role.values)
        return User.objects.annotate(role_name=Subquery(roles.values("name")[:1]))

    def create_one(self, data: dict[str, Any]) -> User:
        """Invite a person, or make a service account."""
        actor, role = cast("User", self.request.user), Role(data["role"])
        if data["kind"] == UserKind.SERVICE:
            return create_service_account(name=data["name"], role=role, actor=actor)
        user = User(email=data["email"], name=data["name"])
        user.set_unusable_password()
        services.create_person(user=user, role=role, actor=actor)
        services.invite(user=user, address=links.site_address(self.request._request), actor=actor)
        return user

    def change_one(self, found: User, data: dict[str, Any]) -> None:
        """Change name, role or access."""
        actor = cast("User", self.request.user)
        role = Role(data["role"]) if "role" in data else role_of(found)
        if role is None:
            raise serializers.ValidationError({"role": ["Give a role: the user has none."]})
        require_may_manage(actor=actor, user=found)
        is_active = data.get("is_active", found.is_active)
        services.change_person(user=found, role=role, is_active=is_active, actor=actor)
        if "name" in data:
            found.name = data["name"]
            found.save(update_fields=["name"])

    @command("accounts.change_user", answer=UserRow, if_match=False)
    def end_access(self, request: Request, pk: str) -> Response:
        """Sign the user out everywhere."""
        self.valid()
        with self.locked(pk) as found:
            require_may_manage(actor=cast("User", request.user), user=found)
            services.end_access(user=found, reason="ended_by_admin")
        return self.shown(pk)
