"""The outbox, to see what waits and what failed."""

from django.contrib import admin

from stocksense.core.admin.base import ReadOnlyAdmin
from stocksense.messaging.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """News and how far its delivery is."""

    list_display = ("id", "topic", "state", "attempts", "created_at", "delivered_at")
    list_filter = ("state", "topic")
    ordering = ("-id",)
