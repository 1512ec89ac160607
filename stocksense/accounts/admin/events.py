"""What happened to credentials, to look at."""

from typing import Any

from django.contrib import admin

from stocksense.accounts.models import SecurityEvent
from stocksense.core.admin.base import ReadOnlyAdmin


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    """Sign-ins, refusals, ended access and changed keys, newest first."""

    list_display = ("at", "kind", "user", "actor", "address", "details")
    list_filter = ("kind", "at")
    list_select_related = ("user", "actor")
    search_fields = ("user__email__istartswith", "address")
    search_help_text = "Start of the e-mail address, or the network address"
    ordering = ("-id",)
    fields = ("at", "kind", "user", "actor", "address", "details")

    @admin.display(description="details")
    def details(self, event: SecurityEvent) -> str:
        """As `name: value`; there is no secret in them."""
        return ", ".join(f"{name.replace('_', ' ')}: {_said(value)}" for name, value in event.detail.items())


def _said(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    more = len(value) - 3
    return ", ".join(str(one) for one in value[:3]) + (f" and {more} more" if more > 0 else "")
