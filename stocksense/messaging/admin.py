"""The outbox and webhooks: what waits, what failed, and setting things right."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from stocksense.core.admin.actions import post_action
from stocksense.core.admin.base import ReadOnlyAdmin, StockSenseModelAdmin
from stocksense.messaging.models import DeliveryState, OutboxMessage, WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks import addresses, deliveries, endpoints

CHANGE = "messaging.change_webhookendpoint"


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """News and how far its delivery is."""

    list_display = ("id", "topic", "state", "attempts", "created_at", "delivered_at")
    list_filter = ("state", "topic")
    ordering = ("-id",)


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where to, and what to tell."""

    topics = forms.MultipleChoiceField(
        choices=[(one.value, one.label) for one in endpoints.OFFERED],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What the receiver hears of.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "topics", "is_active")

    def clean_url(self) -> str:
        """The URL, where it may be sent to."""
        url: str = self.cleaned_data["url"]
        try:
            addresses.checked_url(url, addresses.rules())
        except addresses.AddressRefused as error:
            raise ValidationError(error.message) from error
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(StockSenseModelAdmin):
    """Addresses of other systems, and how they take what is sent."""

    form = WebhookForm
    list_display = ("url", "description", "hears", "state", "created_by", "created_at")
    list_filter = ("is_active", ("paused_at", admin.EmptyFieldListFilter))
    list_select_related = ("created_by",)
    search_fields = ("url__icontains", "description__icontains")
    readonly_fields = ("state", "sent")
    post_actions = ("send_test", "rotate_secret", "end_rotation", "resume", "replay_dead")

    def get_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        """The form; of an endpoint that is there also how it does."""
        return (*WebhookForm.Meta.fields, *(("state", "sent") if obj else ()))

    @admin.display(description="hears of")
    def hears(self, endpoint: WebhookEndpoint) -> str:
        """Its topics."""
        return ", ".join(endpoint.topics)

    @admin.display(description="state")
    def state(self, endpoint: WebhookEndpoint) -> str:
        """Whether it is sent to, and why not."""
        if not endpoint.is_active:
            return "switched off"
        if endpoint.paused_at:
            return f"paused: {endpoint.pause_reason}"
        return f"failing since {endpoint.failing_since:%-d %b %H:%M}" if endpoint.failing_since else "working"

    @admin.display(description="messages")
    def sent(self, endpoint: WebhookEndpoint) -> str:
        """The way to what was sent."""
        address = reverse("admin:messaging_webhookdelivery_changelist")
        return format_html(
            '<a class="ss-link" href="{}?endpoint__id__exact={}">What was sent to it</a>', address, endpoint.pk
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with a word on what is paused."""
        if request.method == "GET" and self.has_view_permission(request):
            for endpoint in WebhookEndpoint.objects.filter(paused_at__isnull=False, is_active=True)[:5]:
                said = f"{endpoint.url} is paused, its messages wait. {endpoint.pause_reason}"
                self.message_user(request, said, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """By the services: they make the secret."""
        values = {name: form.cleaned_data[name] for name in WebhookForm.Meta.fields}
        if change:
            endpoints.change_endpoint(endpoint_id=obj.pk, actor=request.user, **values)
            return
        made = endpoints.create_endpoint(actor=request.user, **values)
        obj.pk, obj._shown_once = made.endpoint.pk, made.secret

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None) -> Any:
        """The new endpoint's secret, this once."""
        return self._secret_page(request, obj, obj._shown_once)

    def delete_model(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        """By the service."""
        endpoints.remove_endpoint(endpoint_id=obj.pk, actor=request.user)

    @post_action(label="Send a test", permission=CHANGE)
    def send_test(self, request: HttpRequest, endpoint: WebhookEndpoint) -> str:
        """Have a test message delivered."""
        endpoints.send_test(endpoint_id=endpoint.pk, actor=request.user)
        return "A test message will be sent within seconds. See what was sent for how it went."

    @post_action(
        label="New secret",
        permission=CHANGE,
        confirm="The present secret signs beside the new one until you end it: receivers can change over meanwhile.",
    )
    def rotate_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        """A new secret, shown this once."""
        made = endpoints.rotate_secret(endpoint_id=endpoint.pk, actor=request.user)
        return self._secret_page(request, endpoint, made.secret)

    @post_action(
        label="End the old secret",
        permission=CHANGE,
        tone="danger",
        confirm="Receivers that still verify with the old secret will refuse what is sent.",
        available=lambda endpoint: bool(endpoint.previous_secret),
    )
    def end_rotation(self, request: HttpRequest, endpoint: WebhookEndpoint) -> str:
        """Only the new secret signs from now on."""
        endpoints.end_rotation(endpoint_id=endpoint.pk, actor=request.user)
        return "Messages are signed with the new secret alone."

    @post_action(label="Resume", permission=CHANGE, available=lambda endpoint: endpoint.paused_at is not None)
    def resume(self, request: HttpRequest, endpoint: WebhookEndpoint) -> str:
        """Send what waits."""
        endpoints.resume(endpoint_id=endpoint.pk, actor=request.user)
        return "What waited will be sent."

    @post_action(label="Replay dead messages", permission=CHANGE)
    def replay_dead(self, request: HttpRequest, endpoint: WebhookEndpoint) -> str:
        """Send every dead message again."""
        count = deliveries.replay_dead(endpoint_id=endpoint.pk, actor=request.user)
        return f"{count} messages will be sent again." if count else "There are no dead messages."

    def _secret_page(self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
        return self.secret_page(
            request,
            title="Secret of the webhook",
            heading=f"Secret for {endpoint.url}",
            said="Copy it to the receiver now: it is shown this once. Messages are verified with it.",
            secret=secret,
            back_url=reverse("admin:messaging_webhookendpoint_change", args=[endpoint.pk]),
        )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Messages to other systems, newest first."""

    list_display = (
        "created_at", "topic", "endpoint", "state", "attempts", "last_status", "last_error", "next_attempt_at",
    )  # fmt: skip
    list_filter = ("state", "topic", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("message_id__startswith",)
    post_actions = ("replay",)

    @post_action(
        label="Send again", permission=CHANGE, available=lambda delivery: delivery.state != DeliveryState.WAITING
    )
    def replay(self, request: HttpRequest, delivery: WebhookDelivery) -> str:
        """Send it again, with its id."""
        deliveries.replay(delivery_ids=[delivery.pk], actor=request.user)
        return "The message will be sent again."
