"""The access log over REST: who asked for what, and how it was answered."""

from typing import ClassVar

from stocksense.audit.api.exporting import ExportedByPermission
from stocksense.audit.models import AccessEntry
from stocksense.core.api.filters import CHOICE, CODE, EXACT, NUMBER, TIME, IdFilter
from stocksense.core.api.rows import Row
from stocksense.core.api.views import Detailed


class AccessEntryRow(Row):
    """One request to the API, or one attempt to sign in. Bodies and queries are not kept."""

    class Meta:
        model = AccessEntry
        fields = (
            "id", "at", "request_id", "user_id", "credential", "credential_id", "channel", "method", "route", "status",
            "duration_ms", "address",
        )  # fmt: skip


class AccessView(ExportedByPermission, Detailed):
    """The log of all API access, kept 30 days, newest first. It is written a second or so after the request."""

    resource, model, row = "access-log", AccessEntry, AccessEntryRow
    singular = "an entry of the access log"
    permissions: ClassVar = {"list": "audit.view_accessentry", "retrieve": "audit.view_accessentry"}
    filter_fields: ClassVar = {
        "user_id": IdFilter(field_name="user_id"),
        "request_id": EXACT,
        "credential": CHOICE,
        "credential_id": EXACT,
        "channel": CHOICE,
        "method": CHOICE,
        "route": CODE,
        "status": NUMBER[:-1],
        "duration_ms": NUMBER[1:-1],
        "at": TIME,
    }
    ordering_fields = ("at",)
    ordering = ("-at",)
