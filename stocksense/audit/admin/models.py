"""Seals, to look at."""

from django.contrib import admin

from stocksense.audit.models import Seal
from stocksense.core.admin.base import ReadOnlyAdmin


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """What past days held; `manage.py verify_audit` compares."""

    list_display = ("number", "day", "table", "rows", "hash", "sealed_at")
    list_filter = ("table",)
    ordering = ("-number",)
