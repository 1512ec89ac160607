"""Webhooks over REST: endpoints with their secrets shown once, and what was sent to them."""

from typing import Any, ClassVar

from django.db.models import Case, QuerySet, Value, When
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.core.api.commands import command
from stocksense.core.api.filters import CHOICE, EXACT, TEXT, TIME
from stocksense.core.api.masters import verbs
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed, Listed
from stocksense.core.api.writes import Changed, Removed
from stocksense.messaging.models import WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks import deliveries, endpoints
from stocksense.messaging.webhooks.addresses import LONGEST_URL

CHANGE = "messaging.change_webhookendpoint"


class WebhookRow(Row):
    """An address of another system that wants to hear news."""

    topics = serializers.ListField(child=serializers.ChoiceField(choices=[one.value for one in endpoints.OFFERED]))
    is_rotating = serializers.BooleanField(help_text="Whether the secret of before still signs beside the new one.")
    created_by = serializers.CharField(source="created_by.email", allow_null=True)

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "topics", "is_active", "is_rotating", "failing_since", "paused_at",
            "pause_reason", "created_by", "created_at", "updated_at",
        )  # fmt: skip


class WebhookWithSecret(serializers.Serializer[Any]):
    """The endpoint as GET shows it, with its new secret."""

    id = serializers.IntegerField()
    secret = serializers.CharField(help_text="Keep it: messages are verified with it, and nobody is shown it again.")


class NewWebhookRow(WebhookRow):
    """A new endpoint with its secret, shown this once."""

    secret = serializers.CharField(help_text="Keep it: messages are verified with it, and nobody is shown it again.")

    class Meta(WebhookRow.Meta):
        fields = (*WebhookRow.Meta.fields, "secret")


class WebhookBody(serializers.Serializer[Any]):
    """An endpoint."""

    url = serializers.CharField(max_length=LONGEST_URL)
    topics = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1, max_length=50)
    description = serializers.CharField(required=False, allow_blank=True, max_length=200)
    is_active = serializers.BooleanField(required=False)


class Count(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField()


class WebhookView(Listed, Detailed, Changed, Removed):
    """Endpoints of other systems. Their secrets are shown when they are made and never again."""

    resource, model, row = "webhooks", WebhookEndpoint, WebhookRow
    create_body, create_answer, change_body = WebhookBody, NewWebhookRow, WebhookBody
    permissions: ClassVar = verbs("messaging.webhookendpoint")
    # (an answer with a secret is kept nowhere, also not to be given again)
    without_idempotency_key = ("create", "rotate_secret")
    filter_fields: ClassVar = {"url": TEXT, "is_active": EXACT, "paused_at": (*TIME, "isnull")}
    ordering_fields = ("id",)
    ordering = ("id",)

    def queryset(self) -> "QuerySet[Any]":
        """Endpoints, and whether two secrets are live."""
        rotating = Case(When(previous_secret="", then=Value(False)), default=Value(True))
        return WebhookEndpoint.objects.annotate(is_rotating=rotating)

    def create(self, request: Request) -> Response:
        """Make an endpoint. 201 with its secret, which is shown this once."""
        made = endpoints.create_endpoint(actor=_actor(request), **self.valid(self.create_body))
        return self._with_secret(made, status=201)

    def change_one(self, found: Any, data: dict[str, Any]) -> None:
        """Other values of it."""
        endpoints.change_endpoint(endpoint_id=found.pk, actor=_actor(self.request), **data)

    def remove_one(self, found: Any) -> None:
        """The end of it, with its messages."""
        endpoints.remove_endpoint(endpoint_id=found.pk, actor=_actor(self.request))

    @command(CHANGE, answer=WebhookWithSecret, if_match=False)
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Give an endpoint a new secret. The present one signs beside it until `end-rotation`."""
        self.refuse_body()
        return self._with_secret(endpoints.rotate_secret(endpoint_id=self._id(pk), actor=_actor(request)))

    @command(CHANGE, answer=WebhookRow, if_match=False)
    def end_rotation(self, request: Request, pk: str) -> Response:
        """Sign an endpoint's messages with its new secret alone."""
        self.refuse_body()
        endpoints.end_rotation(endpoint_id=self._id(pk), actor=_actor(request))
        return self.shown(pk)

    @command(CHANGE, answer=WebhookRow, if_match=False)
    def resume(self, request: Request, pk: str) -> Response:
        """Send to a paused endpoint again, first what has waited for it."""
        self.refuse_body()
        endpoints.resume(endpoint_id=self._id(pk), actor=_actor(request))
        return self.shown(pk)

    @command(CHANGE, if_match=False, status=202)
    def test(self, request: Request, pk: str) -> Response:
        """Have a test message sent to an endpoint. 202 with the delivery's address."""
        self.refuse_body()
        made = endpoints.send_test(endpoint_id=self._id(pk), actor=_actor(request))
        address = f"/api/v1/webhook-deliveries/{made.pk}"
        answer = {"id": made.pk, "message_id": made.message_id, "url": address}
        return Response(answer, status=202, headers={"Location": address})

    @command(CHANGE, answer=Count, if_match=False)
    def replay_dead(self, request: Request, pk: str) -> Response:
        """Send every dead message of an endpoint again, each with its own id."""
        self.refuse_body()
        return Response({"count": deliveries.replay_dead(endpoint_id=self._id(pk), actor=_actor(request))})

    def _id(self, pk: str) -> int:
        return int(self.represent(pk)["id"])

    def _with_secret(self, made: endpoints.WithSecret, *, status: int = 200) -> Response:
        answer = self.shown(made.endpoint.pk, status=status)
        answer.data = {**answer.data, "secret": made.secret}
        answer["Cache-Control"] = "no-store"
        return answer


class WebhookDeliveryRow(Row):
    """One message to one endpoint."""

    webhook = serializers.IntegerField(source="endpoint_id", help_text="Id of the endpoint.")
    only_when_asked = ("body",)

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "webhook", "message_id", "topic", "state", "attempts", "next_attempt_at", "last_status",
            "last_error", "last_seconds", "created_at", "delivered_at", "body",
        )  # fmt: skip


class WebhookDeliveryView(Listed, Detailed):
    """What was sent, the newest first; taken messages are kept for 30 days, dead ones until they are replayed."""

    resource, model, row = "webhook-deliveries", WebhookDelivery, WebhookDeliveryRow
    permissions: ClassVar = {
        "list": "messaging.view_webhookdelivery",
        "retrieve": "messaging.view_webhookdelivery",
    }
    filter_fields: ClassVar = {
        "webhook": EXACT,
        "message_id": EXACT,
        "topic": CHOICE,
        "state": CHOICE,
        "created_at": TIME,
    }
    ordering_fields = ("id",)
    ordering = ("-id",)

    @command(CHANGE, answer=WebhookDeliveryRow, if_match=False)
    def replay(self, request: Request, pk: str) -> Response:
        """Send an ended message again, with its own id. 409 while it is still being tried."""
        self.refuse_body()
        deliveries.replay(delivery_ids=[self.represent(pk)["id"]], actor=_actor(request))
        return self.shown(pk)


def _actor(request: Request) -> Any:
    return request.user
