"""API keys over REST. The text of a key is in the answer that made or rotated it, and nowhere after."""

from datetime import timedelta
from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.accounts.keys import services
from stocksense.accounts.models import ApiKey, User
from stocksense.core.api.commands import command
from stocksense.core.api.filters import EXACT, NUMBER, TIME
from stocksense.core.api.inputs import Instant, Reference
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed

PRIVATE = {"Cache-Control": "no-store"}


class ApiKeyRow(Row):
    """An API key without its secret."""

    owner = serializers.CharField(source="owner.email", help_text="For whom the key acts.")
    owner_id = serializers.IntegerField(help_text="Id of the owner.")
    created_by = serializers.CharField(source="created_by.email", allow_null=True, help_text="Who made it.")

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "public_id",
            "name",
            "owner",
            "owner_id",
            "permissions",
            "rate_per_minute",
            "created_by",
            "created_at",
            "rotated_at",
            "previous_expires_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        )


class NewApiKeyRow(ApiKeyRow):
    """An API key with its text, shown this once."""

    key = serializers.CharField(help_text="Send it as `Authorization: Bearer …`. It cannot be shown again.")

    class Meta(ApiKeyRow.Meta):
        fields = (*ApiKeyRow.Meta.fields, "key")


class ApiKeyInput(serializers.Serializer[Any]):
    """A key: what for, what it may do, until when."""

    name = serializers.CharField(max_length=100)
    permissions = serializers.ListField(child=serializers.CharField(max_length=150), max_length=500)
    expires_at = Instant()
    rate_per_minute = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    owner = Reference(User, "email", required=False)


class ApiKeyChange(serializers.Serializer[Any]):
    """What can be changed of a key."""

    name = serializers.CharField(max_length=100)
    permissions = serializers.ListField(child=serializers.CharField(max_length=150), max_length=500)
    expires_at = Instant()
    rate_per_minute = serializers.IntegerField(min_value=1, max_value=1_000_000, allow_null=True)


class RotateInput(serializers.Serializer[Any]):
    """For how long the secret before stays good."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=168, required=False)


class ApiKeyView(Listed, Detailed):
    """Keys of programs. They may do no more than their owner, nor than whoever makes them."""

    resource, model, row = "api-keys", ApiKey, ApiKeyRow
    create_body, create_answer, change_body = ApiKeyInput, NewApiKeyRow, ApiKeyChange
    permissions: ClassVar = {
        "list": "accounts.view_apikey",
        "retrieve": "accounts.view_apikey",
        "create": "accounts.add_apikey",
        "partial_update": "accounts.change_apikey",
    }
    without_idempotency_key = ("create", "rotate")  # a stored answer would keep the key
    filter_fields: ClassVar = {"owner_id": EXACT, "public_id": EXACT, "expires_at": TIME, "revoked_at": NUMBER}
    ordering_fields = ("created_at", "expires_at")
    ordering = ("-created_at",)

    def create(self, request: Request) -> Response:
        """Make a key. 201 with its text, which is shown this once."""
        data = self.valid(self.create_body)
        actor = cast("User", request.user)
        owner = data.pop("owner", None) or User.objects.get(pk=actor.pk)
        key, text = services.create_key(owner=owner, actor=actor, **data)
        return self._with_text(key, text, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a key that is good."""
        data = self.valid(self.change_body, partial=True)
        own_rate = data.get("rate_per_minute", 0) is not None
        with self.changing(pk) as key:
            services.change_key(key=key, actor=cast("User", request.user), own_rate=own_rate, **data)
        return self.shown(pk)

    @command("accounts.change_apikey", body=RotateInput, answer=NewApiKeyRow, if_match=False)
    def rotate(self, request: Request, pk: str) -> Response:
        """Give the key a new secret. The one before stays good for a while."""
        hours = self.valid().get("overlap_hours")
        with self.locked(pk) as key:
            overlap = None if hours is None else timedelta(hours=hours)
            key, text = services.rotate_key(key=key, actor=cast("User", request.user), overlap=overlap)
        return self._with_text(key, text)

    @command("accounts.delete_apikey", answer=ApiKeyRow, if_match=False)
    def revoke(self, request: Request, pk: str) -> Response:
        """End the key at once."""
        self.valid()
        with self.locked(pk) as key:
            services.revoke_key(key=key, actor=cast("User", request.user))
        return self.shown(pk)

    def _with_text(self, key: ApiKey, text: str, *, status: int = 200) -> Response:
        answer = self.shown(key.pk, status=status)
        answer.data["key"] = text
        answer["Cache-Control"] = PRIVATE["Cache-Control"]
        return answer
